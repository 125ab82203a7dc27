//! The threads of the flame graph, with what each did: a table whose rows follow the time and the
//! filters that are chosen in the page.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::data::People;
use super::model::PageSide;
use super::section::{id_of, side_number};
use super::time_use::vm_name;
use crate::analysis::Profile;
use crate::analysis::samples::Samples;
use crate::kvm::exit::Task;
use crate::output::html::Markup;
use crate::output::short_words;
use crate::report::table::{
    Cell, Column, ColumnMark, ElementMark, HtmlTable, Quantity, Table, TableMarks, write_html,
};
use crate::stack::Tag;
use crate::text::NANOSECONDS;
use crate::units::Pid;

/// What a thread did.
#[derive(Clone, Debug, Default)]
struct SampledUse {
    name: String,
    vm: Option<Pid>,
    all: u64,
    tags: BTreeMap<Tag, u64>,
}

/// A thread with what it did.
type ThreadSums = (Task, SampledUse);

/// Writes the table; nothing without samples.
pub(super) fn write_sampled_threads(markup: &mut Markup, side: &PageSide<'_>, people: &People) {
    let Ok(profile) = side.profile else {
        return;
    };
    let Some(samples) = &profile.samples else {
        return;
    };
    let uses = uses_of(profile, samples);
    let table = table_of(side, profile, &uses);
    let marks = |(task, _): &ThreadSums| {
        let number = people.number_of(*task).to_string();
        vec![mark("data-thread", number)]
    };
    let rows: Vec<Vec<ElementMark>> = uses.iter().map(marks).collect();
    let follows = [
        mark("data-follows", "cpu".to_owned()),
        mark("data-side", side_number(side).to_owned()),
    ];
    let column = |key, value: String| ColumnMark { key, value };
    let tags = Tag::ALL.into_iter().map(Tag::as_str);
    let tags = tags.map(|tag| column(tag, format!("tag:{tag}")));
    let own = ["weight", "share"].map(|key| column(key, key.to_owned()));
    let columns: Vec<ColumnMark> = tags.chain(own).collect();
    let id = id_of(side, "sampled-threads");
    let place = HtmlTable {
        id: &id,
        keys: &["tid"],
        marks: TableMarks {
            table: &follows,
            rows: &rows,
            columns: &columns,
        },
        all_rows: "vmflame threads --json has all",
    };
    write_html(&table, &place, markup);
}

const fn mark(name: &'static str, value: String) -> ElementMark {
    ElementMark { name, value }
}

/// The threads, those of the most weight first.
fn uses_of(profile: &Profile, samples: &Samples) -> Vec<ThreadSums> {
    let mut uses: BTreeMap<Task, SampledUse> = BTreeMap::new();
    for row in samples.iter() {
        let thread = samples.threads().get(row.thread as usize);
        let stack = profile.stacks.get(row.stack as usize);
        if let (Some(thread), Some(stack)) = (thread, stack) {
            let task = Task {
                pid: Some(thread.thread.pid),
                tid: thread.thread.tid,
            };
            let found = uses.entry(task).or_default();
            if found.name.is_empty() {
                found.name.clone_from(&thread.name);
                found.vm = thread.vm;
            }
            found.all = found.all.saturating_add(row.weight);
            let of_tag = found.tags.entry(stack.tag).or_default();
            *of_tag = of_tag.saturating_add(row.weight);
        }
    }
    let mut uses: Vec<ThreadSums> = uses.into_iter().collect();
    uses.sort_by_key(|(task, found)| (Reverse(found.all), *task));
    uses
}

/// What is the same for all threads.
fn columns_of(tags: &[Tag], quantity: Quantity) -> Vec<Column> {
    let mut columns = vec![
        Column::new("thread", "thread", Quantity::Text, "Its latest name."),
        Column::new("tid", "tid", Quantity::Text, "The id of the thread."),
        Column::new(
            "vm",
            "vm",
            Quantity::Text,
            "The VM that it belongs to or works for.",
        )
        .or_absent("none"),
        Column::new(
            "weight",
            "samples weigh",
            quantity,
            "What its samples weigh.",
        ),
        Column::new(
            "share",
            "share",
            Quantity::Share,
            "The part of all samples.",
        ),
    ];
    columns.extend(tags.iter().map(|tag| {
        let column = Column::new(tag.as_str(), short_words(*tag), quantity, tag.words());
        column.or_absent("none of it was seen")
    }));
    columns
}

fn table_of(side: &PageSide<'_>, profile: &Profile, uses: &[ThreadSums]) -> Table {
    let is_time = profile.unit == NANOSECONDS;
    let (quantity, cell): (Quantity, fn(u64) -> Cell) = if is_time {
        (Quantity::Nanoseconds, Cell::Nanoseconds)
    } else {
        (Quantity::Count, Cell::Count)
    };
    let tags = uses
        .iter()
        .flat_map(|(_, found)| found.tags.keys().copied());
    let tags: BTreeSet<Tag> = tags.collect();
    let tags: Vec<Tag> = tags.into_iter().collect();
    let title = "Threads of the flame graph, and what each did";
    let mut table = Table::new("sampled_threads", title, columns_of(&tags, quantity));
    for (task, found) in uses {
        let mut cells = vec![
            Cell::Text(found.name.clone()),
            Cell::Text(task.tid.to_string()),
            Cell::of(found.vm, |vm| Cell::Text(vm_name(side, Some(vm)))),
            cell(found.all),
            Cell::share(found.all, profile.total),
        ];
        let parts = tags.iter().map(|tag| found.tags.get(tag).copied());
        cells.extend(parts.map(|part| Cell::of(part, cell)));
        table.push(cells);
    }
    table
}

//! What this host did with its time: bars, and the same as a table.

use super::model::PageSide;
use super::section::{id_of, write_absence, write_notes};
use super::time_use::{TimeSpent, TimeUse, TimeUses, Whose, vm_name};
use crate::output::html::{Markup, SharePart, class_of_tag, write_share_bar};
use crate::output::short_words;
use crate::report::table::{Cell, Column, HtmlTable, Quantity, Table, TableMarks, write_html};
use crate::stack::Tag;
use crate::text::{grouped, shortened};

/// Bars of vCPUs that are drawn of a VM; the table has all.
const MOST_BARS: usize = 16;

/// Letters of a name beside a bar.
const MAX_NAME: usize = 60;

/// Writes the sentence, the bars and the table.
pub(super) fn write_finding(markup: &mut Markup, side: &PageSide<'_>, uses: &TimeUses) {
    if uses.spent.is_empty() {
        let why = "The capture has neither samples with tags nor exits with their ends: what the \
                   time went to is not known.";
        return write_absence(markup, why);
    }
    for vm in uses
        .spent
        .iter()
        .filter(|spent| matches!(spent.whose, Whose::Vm(_)))
    {
        let name = vm
            .whose
            .vm()
            .map(|vm| vm_name(side, vm))
            .unwrap_or_default();
        let words = format!("{name}: {}.", headline(vm));
        markup.tag("p").with("class", "headline").text(&words);
    }
    if !uses
        .spent
        .iter()
        .any(|spent| matches!(spent.whose, Whose::Vm(_)))
    {
        write_absence(
            markup,
            "No thread in the capture runs a vCPU: this host had no VM, or none was recorded.",
        );
    }
    write_bars(markup, side, uses);
    write_legend(markup, uses);
    write_notes(markup, &uses.bases);
    let id = id_of(side, "time");
    let place = HtmlTable {
        id: &id,
        keys: &["vm", "who"],
        marks: TableMarks::default(),
        all_rows: "vmflame threads --json has all",
    };
    write_html(&table_of(side, uses), &place, markup);
}

/// The largest parts in words.
fn headline(spent: &TimeSpent) -> String {
    let is_exit = |one| matches!(one, TimeUse::Tag(tag) if tag.is_exit());
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let mut words = Vec::new();
    let guest = spent.share_of(|one| one == TimeUse::Tag(Tag::Guest));
    words.push(format!(
        "{} of its vCPUs' time in the guest",
        percent(guest)
    ));
    let exits = spent.share_of(is_exit);
    let mut largest: Vec<(&TimeUse, &u64)> = spent
        .uses
        .iter()
        .filter(|&(&one, _)| is_exit(one))
        .collect();
    largest.sort_by_key(|&(one, &part)| (std::cmp::Reverse(part), *one));
    let largest = largest
        .iter()
        .take(2)
        .filter_map(|&(&one, &part)| match one {
            TimeUse::Tag(tag) if spent.share(part) >= 0.005 => Some(format!(
                "{} {}",
                short_words(tag),
                percent(spent.share(part))
            )),
            TimeUse::Tag(_) | TimeUse::Waiting => None,
        });
    let largest: Vec<String> = largest.collect();
    let of_them = if largest.is_empty() {
        String::new()
    } else {
        format!(" ({})", largest.join(", "))
    };
    words.push(format!("{} in exits{of_them}", percent(exits)));
    for (one, what) in [
        (TimeUse::Tag(Tag::Entry), "entering and leaving the guest"),
        (TimeUse::Tag(Tag::Vmm), "in the VMM"),
        (TimeUse::Tag(Tag::Halt), "halted"),
        (TimeUse::Waiting, "stopped in exits, without a CPU"),
    ] {
        let share = spent.share_of(|other| other == one);
        if share >= 0.005 {
            words.push(format!("{} {what}", percent(share)));
        }
    }
    let untold = 1.0 - spent.share_of(|_| true);
    if untold >= 0.005 {
        words.push(format!("{} not on a CPU, or not told", percent(untold)));
    }
    words.join(", ")
}

/// The bars, those of each VM below its name.
fn write_bars(markup: &mut Markup, side: &PageSide<'_>, uses: &TimeUses) {
    let start = markup.tag("div").with("class", "bars");
    start.holding(|markup| {
        let mut before = None;
        let mut drawn = 0;
        for spent in &uses.spent {
            let vm = spent.whose.vm();
            if let Some(vm) = vm.filter(|_| before != vm) {
                markup.tag("h3").text(&vm_name(side, vm));
                drawn = 0;
            }
            before = vm;
            if matches!(spent.whose, Whose::Vcpu(..)) {
                drawn += 1;
            }
            if drawn <= MOST_BARS || !matches!(spent.whose, Whose::Vcpu(..)) {
                write_bar(markup, spent);
            }
        }
        let vcpus = uses
            .spent
            .iter()
            .filter(|spent| matches!(spent.whose, Whose::Vcpu(..)));
        let vcpus = vcpus.count();
        if vcpus > MOST_BARS {
            let note = format!("{} vCPUs: the table has all of them", grouped(vcpus as u64));
            markup.tag("p").with("class", "note").text(&note);
        }
    });
}

fn write_bar(markup: &mut Markup, spent: &TimeSpent) {
    let parts = spent.uses.iter().map(|(&one, &part)| {
        let share = spent.share(part);
        SharePart {
            class: class_of(one),
            share,
            words: format!("{} {:.1} %", words_of(one), share * 100.0),
        }
    });
    let parts: Vec<SharePart> = parts.collect();
    let told: Vec<&str> = parts.iter().map(|part| part.words.as_str()).collect();
    let label = format!("{}: {}", spent.name, told.join(", "));
    let kind = match spent.whose {
        Whose::Host | Whose::Vm(_) => "bar-row whole",
        Whose::Vcpu(..) | Whose::Others(_) => "bar-row",
    };
    markup.tag("div").with("class", kind).holding(|markup| {
        let name = shortened(&spent.name, MAX_NAME);
        markup.tag("span").with("class", "bar-name").text(&name);
        write_share_bar(markup, &label, &parts);
    });
}

fn write_legend(markup: &mut Markup, uses: &TimeUses) {
    let start = markup.tag("ul").with("class", "legend");
    start.holding(|markup| {
        for one in used(uses) {
            markup.tag("li").holding(|markup| {
                markup.tag("i").with("class", &class_of(one)).text("");
                markup.text(words_of(one));
            });
        }
    });
}

/// What anybody used time for, in display order.
fn used(uses: &TimeUses) -> Vec<TimeUse> {
    let mut all: Vec<TimeUse> = uses
        .spent
        .iter()
        .flat_map(|spent| spent.uses.keys().copied())
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn class_of(one: TimeUse) -> String {
    match one {
        TimeUse::Tag(tag) => class_of_tag(tag),
        TimeUse::Waiting => "time-waiting".to_owned(),
    }
}

const fn words_of(one: TimeUse) -> &'static str {
    match one {
        TimeUse::Tag(tag) => short_words(tag),
        TimeUse::Waiting => "no CPU",
    }
}

/// The same as a table.
fn table_of(side: &PageSide<'_>, uses: &TimeUses) -> Table {
    let mut columns = vec![
        Column::new(
            "vm",
            "vm",
            Quantity::Text,
            "The VM; a dash for the whole host.",
        )
        .or_absent("the row is of the whole host"),
        Column::new("who", "who", Quantity::Text, "A vCPU, or what is added up."),
    ];
    let all = used(uses);
    for &one in &all {
        let (key, meaning) = match one {
            TimeUse::Tag(tag) => (tag.as_str(), tag.words()),
            TimeUse::Waiting => (
                "waiting",
                "In the middle of an exit, without a CPU: preempted, or waiting for something.",
            ),
        };
        let column = Column::new(key, words_of(one), Quantity::Share, meaning);
        columns.push(column.or_absent("none of it was seen"));
    }
    columns.push(Column::new(
        "untold",
        "not told",
        Quantity::Share,
        "The rest of the time: not on a CPU, or nothing in the capture tells it.",
    ));
    let mut table = Table::new("time", "What the time went to", columns);
    for spent in &uses.spent {
        let vm = spent.whose.vm();
        let mut cells = vec![
            Cell::of(vm, |vm| Cell::Text(vm_name(side, vm))),
            Cell::Text(spent.name.clone()),
        ];
        let share = |part: &u64| Cell::Share(spent.share(*part));
        cells.extend(all.iter().map(|one| Cell::of(spent.uses.get(one), share)));
        cells.push(Cell::Share((1.0 - spent.share_of(|_| true)).max(0.0)));
        table.push(cells);
    }
    table
}

//! What the host did over time, as a table: the twin of the map that the script draws.

use std::collections::BTreeMap;

use super::model::PageSide;
use super::section::{id_of, side_number, write_absence};
use crate::output::html::Markup;
use crate::output::short_words;
use crate::report::exits::ExitGraph;
use crate::report::table::{Cell, Column, HtmlTable, Quantity, Table, TableMarks, write_html};
use crate::stack::Tag;
use crate::text::{NANOSECONDS, one_line};

/// Rows of the table: more are for the map.
const ROWS: u64 = 24;

/// Weights by tag, in one stretch of time.
type WeightsByTag = BTreeMap<Tag, u64>;

/// What is shown over time.
struct OverTime<'t> {
    /// What the script calls the graph.
    graph: &'static str,
    /// By row.
    rows: BTreeMap<u64, WeightsByTag>,
    unit: &'t str,
    about: String,
}

/// Writes the table, in the figure that the script puts its map into.
pub(super) fn write_heat(markup: &mut Markup, side: &PageSide<'_>, exits: &ExitGraph) {
    let Some(slices) = side.slices else {
        let why = "The capture carries no times (perf record -T does), or nothing happened in it.";
        return write_absence(markup, why);
    };
    let last = side
        .exits
        .recorded
        .times
        .map_or(0, |(_, last)| slices.slice_of(last));
    let sampled = of_samples(side);
    let Some((over_time, end)) = sampled.or_else(|| Some((of_exits(exits)?, last))) else {
        let why = "There are neither samples nor exits with their ends to be shown over time.";
        return write_absence(markup, why);
    };
    // The same stretch of time for each row.
    let together = (end + 1).div_ceil(ROWS).max(1);
    let mut rows: BTreeMap<u64, WeightsByTag> = BTreeMap::new();
    for (slice, tags) in over_time.rows {
        let row = rows.entry(slice.min(end) / together).or_default();
        for (tag, weight) in tags {
            let sum = row.entry(tag).or_default();
            *sum = sum.saturating_add(weight);
        }
    }
    let table = table_of(
        &OverTime { rows, ..over_time },
        slices.nanos.saturating_mul(together),
    );
    let start = markup.tag("figure").with("class", "heat");
    let start = start.with("data-graph", over_time.graph);
    start
        .with("data-side", side_number(side))
        .holding(|markup| {
            let id = id_of(side, "over-time");
            let place = HtmlTable {
                id: &id,
                keys: &[],
                marks: TableMarks::default(),
                all_rows: "",
            };
            write_html(&table, &place, markup);
        });
}

/// The samples by slices, and the last slice.
fn of_samples<'p>(side: &PageSide<'p>) -> Option<(OverTime<'p>, u64)> {
    let profile = *side.profile.as_ref().ok()?;
    let samples = profile.samples.as_ref()?;
    let slices = side.slices?;
    let mut rows: BTreeMap<u64, WeightsByTag> = BTreeMap::new();
    for row in samples.iter() {
        let Some(slice) = samples.time(row).map(|at| slices.slice_of(at)) else {
            continue;
        };
        if let Some(stack) = profile.stacks.get(row.stack as usize) {
            let sum = rows.entry(slice).or_default().entry(stack.tag).or_default();
            *sum = sum.saturating_add(row.weight);
        }
    }
    let recorded = side
        .exits
        .recorded
        .times
        .map(|(_, last)| slices.slice_of(last));
    let last = rows.keys().next_back().copied().max(recorded)?;
    let over_time = OverTime {
        graph: "cpu",
        rows,
        unit: &profile.unit,
        about: format!("Samples of {} over time", one_line(&profile.event_name)),
    };
    Some((over_time, last))
}

/// The time of exits by slices.
fn of_exits(exits: &ExitGraph) -> Option<OverTime<'_>> {
    let mut rows: BTreeMap<u64, WeightsByTag> = BTreeMap::new();
    for stack in &exits.stacks {
        let sum = rows
            .entry(stack.slice)
            .or_default()
            .entry(stack.tag)
            .or_default();
        *sum = sum.saturating_add(stack.weight);
    }
    (!rows.is_empty()).then(|| OverTime {
        graph: "exits",
        rows,
        unit: &exits.unit,
        about: "Time of exits over time, by when they began".to_owned(),
    })
}

fn table_of(over_time: &OverTime<'_>, nanos: u64) -> Table {
    let is_time = over_time.unit == NANOSECONDS;
    let mut tags: Vec<Tag> = over_time
        .rows
        .values()
        .flat_map(|row| row.keys().copied())
        .collect();
    tags.sort_unstable();
    tags.dedup();
    let mut columns = vec![
        Column::new(
            "from",
            "from",
            Quantity::Nanoseconds,
            "Begin of the stretch of time, from the first event on.",
        ),
        Column::new(
            "all",
            "all",
            if is_time {
                Quantity::Nanoseconds
            } else {
                Quantity::Count
            },
            "What was seen in it together.",
        ),
    ];
    let share = |tag: &Tag| {
        let column = Column::new(
            tag.as_str(),
            short_words(*tag),
            Quantity::Share,
            tag.words(),
        );
        column.or_absent("none of it was seen")
    };
    columns.extend(tags.iter().map(share));
    let mut table = Table::new("over_time", over_time.about.clone(), columns);
    let last = over_time.rows.keys().next_back().copied();
    for row in last.into_iter().flat_map(|last| 0..=last) {
        let found = over_time.rows.get(&row);
        let all = found.map_or(0, |tags| {
            tags.values()
                .fold(0, |sum: u64, &part| sum.saturating_add(part))
        });
        let mut cells = vec![
            Cell::Nanoseconds(nanos.saturating_mul(row)),
            if is_time {
                Cell::Nanoseconds(all)
            } else {
                Cell::Count(all)
            },
        ];
        let part = |tag: &Tag| found.and_then(|tags| tags.get(tag)).copied();
        cells.extend(
            tags.iter()
                .map(|tag| Cell::of(part(tag), |part| Cell::share(part, all))),
        );
        table.push(cells);
    }
    table
}

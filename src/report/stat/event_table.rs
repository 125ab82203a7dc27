//! A row for each VM and event.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::labels::{StatLabels, vm_columns};
use crate::analysis::stat::{EventStat, OccurrenceSeries, SeriesKey, Stretches, VmOwner};
use crate::report::table::{Bar, Cell, Column, Quantity, Table};

/// Bars of a row at most.
const BARS: u64 = 24;

fn columns() -> Vec<Column> {
    let untimed = "no time is known";
    let mut columns = vm_columns().to_vec();
    columns.extend([
        Column::new(
            "event",
            "event",
            Quantity::Text,
            "The event; those of the system kvm without its name.",
        ),
        Column::new("count", "count", Quantity::Count, "How often it occurred."),
        Column::new(
            "share",
            "share",
            Quantity::Share,
            "Its part of all events of the VM.",
        )
        .ranked(2),
        Column::new(
            "per_second",
            "/s",
            Quantity::PerSecond,
            "How often it occurred in a second of the time asked for.",
        )
        .or_absent(untimed),
        Column::new(
            "max_per_second",
            "max /s",
            Quantity::PerSecond,
            "How often in the stretch of time in which it occurred most.",
        )
        .or_absent("no time is known, or no stretch is whole")
        .ranked(1),
        Column::new(
            "over_time",
            "over time",
            Quantity::Histogram,
            "How many there are from when to when, in nanoseconds from the first event on.",
        )
        .or_absent("no time is known, or all of it is one stretch")
        .ranked(3),
    ]);
    columns
}

/// The events of each VM, those that occurred most first; the VM with the most events first.
pub(super) fn event_table(stat: &EventStat, labels: &StatLabels<'_>) -> Table {
    let mut table = Table::new("events", "events by VM", columns());
    let totals = totals(stat);
    let mut rows: Vec<(&SeriesKey, &OccurrenceSeries)> = stat.series.iter().collect();
    let total = |key: &SeriesKey| totals.get(&key.owner).copied().unwrap_or(0);
    rows.sort_by_key(|(key, series)| {
        let owner = (Reverse(total(key)), key.owner);
        (owner, Reverse(series.total), **key)
    });
    for (key, series) in rows {
        let mut row = labels.vm(key.owner).to_vec();
        row.extend([
            Cell::Text(labels.event(key)),
            Cell::Count(series.total),
            Cell::share(series.total, total(key)),
            Cell::rate(series.total, stat.span_ns),
        ]);
        row.extend(match stat.stretches {
            Some(stretches) => [
                most_per_second(series, &stretches),
                over_time(series, &stretches),
            ],
            None => [Cell::Absent, Cell::Absent],
        });
        table.push(row);
    }
    table.drop_empty_columns();
    table
}

/// All events of each VM.
pub(super) fn totals(stat: &EventStat) -> BTreeMap<VmOwner, u64> {
    let mut totals: BTreeMap<VmOwner, u64> = BTreeMap::new();
    for (key, series) in &stat.series {
        let total = totals.entry(key.owner).or_default();
        *total = total.saturating_add(series.total);
    }
    totals
}

/// The most of a whole stretch: what is left at the end may be too short to tell.
fn most_per_second(series: &OccurrenceSeries, stretches: &Stretches) -> Cell {
    let whole = series.stretches.iter();
    let whole = whole.filter(|&(&number, _)| stretches.span_ns(number) == stretches.len_ns);
    let most = whole.map(|(_, &occurrences)| occurrences).max();
    match most {
        Some(most) => Cell::rate(most, stretches.len_ns),
        None => Cell::Absent,
    }
}

/// The stretches, so many put together that there are few enough to be shown.
fn over_time(series: &OccurrenceSeries, stretches: &Stretches) -> Cell {
    let all = stretches.count();
    if all < 2 || series.stretches.is_empty() {
        return Cell::Absent;
    }
    let together = all.div_ceil(BARS);
    let len_ns = stretches.len_ns.saturating_mul(together);
    let mut bars: Vec<Bar> = (0..all.div_ceil(together))
        .map(|number| Bar {
            least: len_ns.saturating_mul(number),
            end: len_ns.saturating_mul(number + 1),
            values: 0,
        })
        .collect();
    for (&number, &occurrences) in &series.stretches {
        let place = usize::try_from(number / together).ok();
        if let Some(bar) = place.and_then(|place| bars.get_mut(place)) {
            bar.values = bar.values.saturating_add(occurrences);
        }
    }
    Cell::Histogram(bars)
}

//! A row for each stretch of time and VM.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::labels::{StatLabels, vm_columns};
use crate::analysis::stat::{EventStat, SeriesKey, Stretches, VmOwner};
use crate::report::table::{Cell, Column, Quantity, Table};
use crate::text::grouped;

/// Rows that people read; programs get all.
const SHOWN: usize = 60;
/// Events of a row that are named.
const NAMED: usize = 3;

fn columns() -> Vec<Column> {
    let mut columns = vec![Column::new(
        "from_ns",
        "from",
        Quantity::Time,
        "When the stretch begins, by the source's clock.",
    )];
    columns.extend(vm_columns());
    columns.extend([
        Column::new(
            "events",
            "events",
            Quantity::Count,
            "All events of the VM in it.",
        ),
        Column::new(
            "per_second",
            "/s",
            Quantity::PerSecond,
            "How many there are in a second.",
        )
        .or_absent("the stretch has no length"),
        Column::new(
            "most",
            "most of them",
            Quantity::Text,
            "The events that occurred most, with how often in a second.",
        ),
    ]);
    columns
}

/// A VM in a stretch of time.
#[derive(Default)]
struct VmMoment<'s> {
    total: u64,
    events: Vec<(u64, &'s SeriesKey)>,
}

/// The events over time. Stretches without any are left out.
pub(super) fn time_table(
    stat: &EventStat,
    stretches: &Stretches,
    labels: &StatLabels<'_>,
) -> Table {
    let mut moments: BTreeMap<(u64, VmOwner), VmMoment<'_>> = BTreeMap::new();
    for (key, series) in &stat.series {
        for (&number, &occurrences) in &series.stretches {
            let moment = moments.entry((number, key.owner)).or_default();
            moment.total = moment.total.saturating_add(occurrences);
            moment.events.push((occurrences, key));
        }
    }
    let mut table = Table::new("over_time", "events over time", columns());
    for ((number, owner), mut moment) in moments {
        let span_ns = stretches.span_ns(number);
        moment
            .events
            .sort_by_key(|&(occurrences, key)| (Reverse(occurrences), *key));
        let most = moment.events.iter().take(NAMED);
        let most = most.map(|&(occurrences, key)| named(labels.event(key), occurrences, span_ns));
        let mut row = vec![Cell::Time(stretches.start(number).as_nanos())];
        row.extend(labels.vm(owner));
        row.extend([
            Cell::Count(moment.total),
            Cell::rate(moment.total, span_ns),
            Cell::Text(most.collect::<Vec<_>>().join(", ")),
        ]);
        table.push(row);
    }
    table.hidden_rows = table.rows.len().saturating_sub(SHOWN);
    table
}

/// An event with how often it occurred in a second, or at all where no time passes.
fn named(event: String, occurrences: u64, span_ns: u64) -> String {
    let per_second = u128::from(occurrences) * 1_000_000_000;
    let per_second = per_second.checked_div(u128::from(span_ns));
    match per_second.map(u64::try_from) {
        Some(Ok(rate)) => format!("{event} {}", grouped(rate)),
        Some(Err(_)) | None => event,
    }
}

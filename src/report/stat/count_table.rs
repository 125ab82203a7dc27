//! A row for each stretch of time, VM and event.

use super::labels::{StatLabels, vm_columns};
use crate::analysis::stat::{EventStat, SeriesKey, Stretches};
use crate::report::table::{Cell, Column, Quantity, Table};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        Column::new(
            "from_ns",
            "from",
            Quantity::Time,
            "When the stretch begins, by the source's clock.",
        ),
        Column::new(
            "span_ns",
            "lasts",
            Quantity::Nanoseconds,
            "How long it lasts: the last one ends with the source.",
        ),
    ];
    columns.extend(vm_columns());
    columns.extend([
        Column::new("event", "event", Quantity::Text, "The event."),
        Column::new(
            "count",
            "count",
            Quantity::Count,
            "How often it occurred in the stretch. Where it did not, there is no row.",
        ),
        Column::new(
            "per_second",
            "/s",
            Quantity::PerSecond,
            "How often in a second of the stretch.",
        )
        .or_absent("the stretch has no length"),
    ]);
    columns
}

/// All that was counted, for programs: nobody reads so many rows.
pub(super) fn count_table(
    stat: &EventStat,
    stretches: &Stretches,
    labels: &StatLabels<'_>,
) -> Table {
    let mut counts: Vec<(u64, &SeriesKey, u64)> = Vec::new();
    for (key, series) in &stat.series {
        let stretches = series.stretches.iter();
        counts.extend(stretches.map(|(&number, &occurrences)| (number, key, occurrences)));
    }
    counts.sort_by_key(|&(number, key, _)| (number, *key));
    let title = "events over time, each by itself";
    let mut table = Table::new("counts", title, columns());
    for (number, key, occurrences) in counts {
        let span_ns = stretches.span_ns(number);
        let mut row = vec![
            Cell::Time(stretches.start(number).as_nanos()),
            Cell::Nanoseconds(span_ns),
        ];
        row.extend(labels.vm(key.owner));
        row.extend([
            Cell::Text(labels.event(key)),
            Cell::Count(occurrences),
            Cell::rate(occurrences, span_ns),
        ]);
        table.push(row);
    }
    table.hidden_rows = table.rows.len();
    table
}

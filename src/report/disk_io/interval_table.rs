//! A row for each second.

use crate::analysis::disk_io::DiskIo;
use crate::report::table::{Cell, Column, Quantity, Table};

/// Rows that people read; programs get all.
const SHOWN: usize = 60;

fn columns() -> Vec<Column> {
    let none = "No time is known.";
    vec![
        Column::new(
            "from_ns",
            "from",
            Quantity::Time,
            "When the stretch begins, by the trace's clock.",
        ),
        Column::new(
            "reads",
            "reads",
            Quantity::Count,
            "Reads that were completed in it.",
        ),
        Column::new(
            "writes",
            "writes",
            Quantity::Count,
            "Writes that were completed in it.",
        ),
        Column::new(
            "others",
            "others",
            Quantity::Count,
            "Other requests that were completed in it.",
        )
        .ranked(2),
        Column::new(
            "per_second",
            "/s",
            Quantity::PerSecond,
            "Requests that were completed, in a second.",
        ),
        Column::new("mean_ns", "mean", Quantity::Nanoseconds, "Their mean time.").or_absent(none),
        Column::new(
            "max_ns",
            "max",
            Quantity::Nanoseconds,
            "Their longest time.",
        )
        .or_absent(none),
        Column::new(
            "load",
            "load",
            Quantity::Share,
            "Their times beside the stretch: 100 % is one request on its way at any time.",
        )
        .or_absent(none)
        .ranked(1),
    ]
}

/// The requests by the stretch of time in which they were completed. Stretches without any are left
/// out.
pub(super) fn interval_table(io: &DiskIo) -> Table {
    let mut table = Table::new("intervals", "requests over time", columns());
    for (number, interval) in &io.intervals {
        let requests = interval.reads + interval.writes + interval.others;
        let is_timed = interval.timed > 0;
        let nanos = |value: Option<u64>| Cell::of(value, Cell::Nanoseconds);
        table.push(vec![
            Cell::Time(number.saturating_mul(io.interval_ns)),
            Cell::Count(interval.reads),
            Cell::Count(interval.writes),
            Cell::Count(interval.others),
            Cell::rate(requests, io.interval_ns),
            nanos(interval.total_ns.checked_div(interval.timed)),
            nanos(is_timed.then_some(interval.longest_ns)),
            if is_timed {
                Cell::share(interval.total_ns, io.interval_ns)
            } else {
                Cell::Absent
            },
        ]);
    }
    table.hidden_rows = table.rows.len().saturating_sub(SHOWN);
    table
}

//! The slowest requests.

use super::names::{direction_name, disk_name};
use crate::analysis::disk_io::DiskIo;
use crate::report::table::{Cell, Column, Quantity, Table};

pub(super) fn slow_request_table(io: &DiskIo) -> Table {
    let untold = "The trace does not tell.";
    let columns = vec![
        Column::new(
            "at_ns",
            "received",
            Quantity::Time,
            "When QEMU received it, by the trace's clock.",
        ),
        Column::new(
            "took_ns",
            "took",
            Quantity::Nanoseconds,
            "From receipt to completion.",
        ),
        Column::new("disk", "disk", Quantity::Text, "The disk."),
        Column::new("direction", "", Quantity::Text, "What it does."),
        Column::new(
            "sector",
            "sector",
            Quantity::Count,
            "Its first sector of 512 bytes.",
        )
        .or_absent(untold),
        Column::new(
            "sectors",
            "sectors",
            Quantity::Count,
            "Its sectors of 512 bytes.",
        )
        .or_absent(untold),
    ];
    let mut table = Table::new("slowest", "slowest requests", columns);
    for request in &io.slowest {
        table.push(vec![
            Cell::Time(request.at_ns),
            Cell::Nanoseconds(request.took_ns),
            Cell::Text(disk_name(request.key.disk)),
            Cell::Text(direction_name(request.key.direction).to_owned()),
            Cell::of(request.sector, Cell::Count),
            Cell::of(request.sectors, Cell::Count),
        ]);
    }
    table.drop_empty_columns();
    table
}

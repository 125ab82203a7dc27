//! A row for each disk and direction.

use super::names::{direction_name, disk_name};
use crate::analysis::disk_io::{DiskIo, RequestStream};
use crate::report::table::{Bar, Cell, Column, Quantity, Table};

const UNTIMED: &str = "The trace has no time stamps, or no receipt.";

/// The parts of a thousand that percentiles are of.
const PERCENTILES: [u64; 4] = [500, 900, 990, 999];

fn columns() -> Vec<Column> {
    let time = |key, heading, meaning| {
        Column::new(key, heading, Quantity::Nanoseconds, meaning).or_absent(UNTIMED)
    };
    vec![
        Column::new("disk", "disk", Quantity::Text, "The disk, as the trace tells it from others."),
        Column::new("direction", "", Quantity::Text, "What the requests do; other: flush, discard, inquiry."),
        Column::new("completed", "requests", Quantity::Count, "Requests that QEMU completed."),
        Column::new("per_second", "/s", Quantity::PerSecond, "Completed requests in a second.")
            .or_absent("The trace has no time stamps."),
        Column::new("bytes_per_second", "bytes/s", Quantity::PerSecond, "Bytes of completed requests in a second.")
            .or_absent("The trace tells no sizes, or has no time stamps.")
            .ranked(2),
        time("total_ns", "total", "Time of all requests, from receipt to completion.").ranked(4),
        time("mean_ns", "mean", "Mean time of a request, from receipt to completion."),
        time("min_ns", "min", "The shortest time.").ranked(3),
        time("p50_ns", "p50", "Half of the requests took no longer."),
        time("p90_ns", "p90", "90 % of the requests took no longer.").ranked(2),
        time("p99_ns", "p99", "99 % of the requests took no longer."),
        time("p99_9_ns", "p99.9", "99.9 % of the requests took no longer.").ranked(3),
        time("max_ns", "max", "The longest time."),
        Column::new("histogram", "times", Quantity::Histogram, "How many times lie between powers of two of nanoseconds.")
            .or_absent(UNTIMED)
            .ranked(1),
        Column::new("load", "load", Quantity::Share, "Time of all requests beside the duration: 100 % is one request on its way at any time.")
            .or_absent(UNTIMED),
        Column::new("deepest", "depth", Quantity::Count, "The most requests on their way at once.")
            .or_absent("No receipt was recorded."),
        Column::new("failed", "failed", Quantity::Count, "Requests that failed.")
            .or_absent("None did.")
        .ranked(1),
        Column::new("unfinished", "unfinished", Quantity::Count, "Requests that the trace does not see completed.")
            .or_absent("All were.")
        .ranked(1),
    ]
}

/// The requests by disk and direction.
pub(super) fn stream_table(io: &DiskIo) -> Table {
    let mut table = Table::new("requests", "requests by disk and direction", columns());
    let span_ns = io.duration_ns();
    for (key, stream) in &io.streams {
        let name = Cell::Text(disk_name(key.disk));
        let direction = Cell::Text(direction_name(key.direction).to_owned());
        let mut row = vec![name, direction];
        row.extend(values(stream, span_ns));
        table.push(row);
    }
    table.drop_empty_columns();
    if io.span.is_none() {
        let note = "no times: the log has no time stamps, which QEMU writes with -msg timestamp=on";
        table.notes.push(note.to_owned());
    }
    table
}

fn values(stream: &RequestStream, span_ns: u64) -> Vec<Cell> {
    let nanos = |value: Option<u64>| Cell::of(value, Cell::Nanoseconds);
    let some = |value: u64| Cell::of((value > 0).then_some(value), Cell::Count);
    let is_timed = stream.timed() > 0;
    let bytes = stream.sectors.saturating_mul(512);
    let mut cells = vec![
        Cell::Count(stream.completed),
        Cell::rate(stream.completed, span_ns),
        if bytes > 0 {
            Cell::rate(bytes, span_ns)
        } else {
            Cell::Absent
        },
        nanos(is_timed.then_some(stream.total_ns)),
        nanos(stream.mean()),
        nanos(stream.percentile(0)),
    ];
    cells.extend(PERCENTILES.map(|part| nanos(stream.percentile(part))));
    let bars = stream.octaves().into_iter().map(|octave| Bar {
        least: if octave.exponent == 0 {
            0
        } else {
            1 << octave.exponent
        },
        end: 1_u64.checked_shl(octave.exponent + 1).unwrap_or(u64::MAX),
        values: octave.requests,
    });
    cells.extend([
        nanos(stream.longest()),
        Cell::of(is_timed.then(|| bars.collect()), Cell::Histogram),
        if is_timed {
            Cell::share(stream.total_ns, span_ns)
        } else {
            Cell::Absent
        },
        some(stream.deepest),
        some(stream.failed),
        some(stream.unfinished),
    ]);
    cells
}

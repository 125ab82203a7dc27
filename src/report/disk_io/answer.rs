//! The tables, and what is said above them.

use super::interval_table::interval_table;
use super::slow_request_table::slow_request_table;
use super::stream_table::stream_table;
use crate::analysis::disk_io::{DiskIo, RequestStream};
use crate::report::table::{Cell, Fact, TableReport};
use crate::text::counted;

/// The tables of a trace; `source` is the trace as the user knows it.
pub fn disk_tables(io: &DiskIo, source: &str) -> TableReport {
    let sum = |of| sum_of(io, of);
    let count = |key, label, value| Fact {
        key,
        label,
        value: Cell::Count(value),
    };
    let facts = vec![
        Fact {
            key: "span_ns",
            label: "duration",
            value: Cell::of(io.span.map(|_| io.duration_ns()), Cell::Nanoseconds),
        },
        count("received", "requests received", sum(|s| s.received)),
        count("completed", "requests completed", sum(|s| s.completed)),
    ];
    let mut tables = vec![stream_table(io)];
    if io.span.is_some() {
        tables.push(interval_table(io));
        tables.push(slow_request_table(io));
    }
    TableReport {
        kind: "blockio",
        source: source.to_owned(),
        facts,
        tables,
        warnings: warnings(io),
    }
}

fn warnings(io: &DiskIo) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |number: u64, word: &str, what: &str| {
        if number > 0 {
            warnings.push(format!("{} {what}", counted(number, word)));
        }
    };
    let counts = io.counts;
    warn(
        counts.dropped,
        "event",
        "dropped by QEMU, which was faster than the file: requests are missing",
    );
    warn(counts.damaged, "event", "of requests cut or damaged");
    warn(
        counts.damaged_bytes,
        "byte",
        "at the end of the trace that are no records",
    );
    warn(
        io.clock_set_back,
        "request",
        "ended before they began: the clock was set back, their times are left out",
    );
    let unfinished = sum_of(io, |stream| stream.unfinished);
    warn(
        unfinished,
        "request",
        "never completed in the trace: it ends before they do, or they hang",
    );
    warnings
}

/// What the streams add up to.
fn sum_of(io: &DiskIo, of: fn(&RequestStream) -> u64) -> u64 {
    io.streams.values().map(of).fold(0, u64::saturating_add)
}

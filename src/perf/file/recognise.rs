//! What a file is that is no perf.data of the version that is read.

use std::path::Path;

use crate::error::Error;
use crate::folded_text::is_folded;

/// Says what a file is, by its first bytes.
pub(crate) fn not_perf_data(path: &Path, bytes: &[u8]) -> Error {
    match bytes {
        [] => Error::format(path, "the file is empty"),
        [b'P', b'E', b'R', b'F', b'F', b'I', b'L', b'E', ..]
        | [b'E', b'L', b'I', b'F', b'F', b'R', b'E', b'P', ..] => Error::format(
            path,
            "a perf.data of version 1, as written before Linux 2.6.33",
        )
        .with_hint("only version 2 can be read: record again with a newer perf"),
        [
            0x17,
            0x08,
            0x44,
            b't',
            b'r',
            b'a',
            b'c',
            b'i',
            b'n',
            b'g',
            ..,
        ] => Error::format(path, "a trace.dat of trace-cmd, which is not read")
            .with_hint("record the same events with perf: perf record -a -g -e 'kvm:*'"),
        [b'P', b'E', b'R', b'F', b'I', b'L', b'E', b'2', ..]
        | [b'2', b'E', b'L', b'I', b'F', b'R', b'E', b'P', ..] => Error::format(
            path,
            "the header of this perf.data is damaged: its size makes no sense",
        )
        .with_hint("the file was zeroed or cut off; record again"),
        [0x7f, b'E', b'L', b'F', ..] => not_one(path, "it is an ELF file"),
        _ if is_folded(bytes) => Error::format(path, "folded text, which has no samples to read")
            .with_hint("vmflame diff compares folded texts; flamegraph.pl and inferno draw them"),
        _ => {
            let start = bytes.get(..8.min(bytes.len())).unwrap_or_default();
            not_one(
                path,
                &format!("it begins with {:?}", String::from_utf8_lossy(start)),
            )
        }
    }
}

fn not_one(path: &Path, what: &str) -> Error {
    Error::format(path, format!("not a perf.data file: {what}"))
        .with_hint("record one: perf record -a -g -- sleep 10")
}

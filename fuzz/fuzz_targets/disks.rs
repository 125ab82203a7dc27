//! Traces of QEMU's with requests to disks, and command lines of VMMs.
#![no_main]

use std::io::Write as _;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use vmflame::analysis::disk_io::disk_io;
use vmflame::bytes::{Spool, UnpackLimit};
use vmflame::qemu::CommandLine;
use vmflame::qemu::trace::TraceFile;

fuzz_target!(|bytes: &[u8]| {
    drop(CommandLine::parse(&String::from_utf8_lossy(bytes)).vm_name());
    let mut spool = Spool::default();
    spool.write_all(bytes).expect("memory takes all");
    let limit = UnpackLimit::default();
    let Ok(trace) = TraceFile::of_spool(Path::new("fuzz"), spool, limit) else {
        return;
    };
    let Ok(io) = disk_io(&trace, 1_000_000_000) else {
        return;
    };
    for stream in io.streams.values() {
        // What came in went out, or is still on its way.
        assert!(stream.completed + stream.unfinished >= stream.received);
        assert!(stream.percentile(500) <= stream.longest());
    }
});

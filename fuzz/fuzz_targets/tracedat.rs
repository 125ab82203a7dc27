//! trace.dat files of trace-cmd.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use vmflame::bytes::{Storage, UnpackLimit};
use vmflame::tracedat::TraceDat;
use vmflame::units::Timestamp;

fuzz_target!(|bytes: &[u8]| {
    let storage = Storage::Memory(bytes.to_vec());
    let limit = UnpackLimit::parse("16M").expect("a size");
    let Ok(trace) = TraceDat::from_storage(Path::new("fuzz"), storage, limit) else {
        return;
    };
    let (mut events, mut last) = (0, Timestamp::default());
    let walk = trace.walk(|found| {
        assert!(found.time >= last);
        assert!(trace.formats().get(found.event).is_some());
        last = found.time;
        events += 1;
    });
    assert_eq!(walk.events, events);
});

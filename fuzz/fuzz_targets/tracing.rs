//! The tracepoint formats that a recorder copied.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for found in vmflame::perf::tracepoints(bytes) {
        assert!(found.name.contains(':'));
    }
});

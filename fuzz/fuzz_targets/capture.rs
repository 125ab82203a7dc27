//! A whole file of any kind: header, sections, records, compression.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(capture) = vmflame_fuzz::open(bytes) {
        vmflame_fuzz::run(&capture);
    }
});

//! Dumps of generated code: whatever they say, functions lie inside the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmflame::symbol::{JitDump, Places};

fuzz_target!(|bytes: &[u8]| {
    let Some(dump) = JitDump::parse(bytes) else {
        return;
    };
    for symbol in dump.symbols(Places::Everywhere).iter() {
        assert!(symbol.start < symbol.end && symbol.end.as_u64() <= bytes.len() as u64);
    }
});

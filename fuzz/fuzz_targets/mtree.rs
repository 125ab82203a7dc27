//! `info mtree` of QEMU's monitor, and look-ups in what it says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmflame::qemu::{Bus, MemoryMap};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let Ok(map) = MemoryMap::parse(&text) else {
        return;
    };
    for bus in [Bus::Port, Bus::Gpa] {
        for address in [0, 0x608, 0xfee0_0080, u64::MAX] {
            let found = map.region(bus, address);
            assert!(found.is_none() || map.shows(bus));
        }
    }
});

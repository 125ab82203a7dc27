//! Object files: symbols, segments, build ids.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use vmflame::object::read_build_id;
use vmflame::symbol::{ObjectSymbols, Places};
use vmflame::units::{FileOffset, Svma};

fuzz_target!(|bytes: &[u8]| {
    drop(read_build_id(bytes));
    let Ok(object) = ObjectSymbols::parse_elf(Path::new("fuzz"), bytes, Places::Everywhere) else {
        return;
    };
    for offset in [0, 0x1000, u64::MAX] {
        let svma = object.svma_of(FileOffset::new(offset));
        let at = svma.unwrap_or(Svma::new(offset));
        if let Ok(symbol) = object.look_up(at) {
            assert!(symbol.start <= at, "a symbol behind its address");
        }
    }
    let asked = [0, 0x40, 0x1000, 0x1234, u64::MAX].map(Svma::new);
    let places = Places::Addresses(&asked);
    let lean = ObjectSymbols::parse_elf(Path::new("fuzz"), bytes, places).expect("it was read");
    for at in asked {
        if let Ok(symbol) = lean.look_up(at) {
            assert!(symbol.start <= at && at < symbol.end, "a symbol elsewhere");
        }
    }
    for symbol in object.iter() {
        drop(vmflame::symbol::demangle(symbol.name));
    }
});

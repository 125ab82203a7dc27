//! Object files: symbols, segments, build ids.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use vmflame::bytes::Storage;
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
    let file = Storage::Memory(bytes.to_vec());
    let of_file = ObjectSymbols::parse_elf_file(Path::new("fuzz"), &file, places.into());
    let of_file = of_file.expect("it was read");
    let all = of_file
        .iter()
        .map(|symbol| (symbol.start, symbol.end, symbol.name));
    let in_place = lean
        .iter()
        .map(|symbol| (symbol.start, symbol.end, symbol.name));
    assert!(
        all.eq(in_place),
        "names read in the order of the file differ"
    );
    for at in asked {
        if let Ok(symbol) = lean.look_up(at) {
            assert!(symbol.start <= at && at < symbol.end, "a symbol elsewhere");
        }
    }
    for symbol in object.iter() {
        drop(vmflame::symbol::demangle(symbol.name));
    }
});

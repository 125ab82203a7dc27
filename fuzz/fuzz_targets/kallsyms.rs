//! Kernel symbols, and their look-up.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use vmflame::object::read_kernel_notes;
use vmflame::symbol::{KernelAnchor, KernelSymbols};
use vmflame::units::Avma;

fuzz_target!(|bytes: &[u8]| {
    drop(read_kernel_notes(bytes));
    let Ok(kernel) = KernelSymbols::parse(Path::new("fuzz"), bytes) else {
        return;
    };
    let anchor = KernelAnchor::of_mapping("[kernel.kallsyms]_text").expect("perf's name");
    let places = [0, 0xffff_ffff_8100_0000, u64::MAX];
    for place in places {
        drop(kernel.look_up(Avma::new(place)));
    }
    let moved = kernel.for_boot(anchor, Avma::new(0xffff_ffff_9200_0000));
    for place in places {
        drop(moved.look_up(Avma::new(place)));
    }
});

//! Code of object files: call frame information, and calls before return addresses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmflame::bytes::Storage;
use vmflame::symbol::places_without_call;
use vmflame::units::{FileOffset, Svma};
use vmflame::unwind::callers_of;

fuzz_target!(|bytes: &[u8]| {
    // Where the seeds have their code, and the ends of what there is.
    let low = [0, 1].map(Svma::new);
    let code = (0x1000..0x1400).step_by(3).map(Svma::new);
    let high = [u64::MAX - 1, u64::MAX].map(Svma::new);
    let addresses: Vec<Svma> = low.into_iter().chain(code).chain(high).collect();
    let callers = callers_of(bytes.to_vec(), &addresses);
    assert!(callers.is_empty() || callers.len() == addresses.len());
    let places = (0..0x2000)
        .step_by(7)
        .chain([u64::MAX])
        .map(FileOffset::new);
    let places: Vec<FileOffset> = places.collect();
    let found = places_without_call(&Storage::Memory(bytes.to_vec()), &places, 2);
    assert!(found.iter().all(|place| places.contains(place)));
});

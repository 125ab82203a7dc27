//! Debug information of object files, through addr2line: names, lines, what is inlined.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmflame::symbol::CodeFrames;
use vmflame::units::Svma;

fuzz_target!(|bytes: &[u8]| {
    // Where the seeds have their code, and the ends of what there is.
    let low = [0, 1].map(Svma::new);
    let code = (0x0040_0140..0x0040_0280).step_by(5).map(Svma::new);
    let high = [u64::MAX - 1, u64::MAX].map(Svma::new);
    let addresses: Vec<Svma> = low.into_iter().chain(code).chain(high).collect();
    // Where no lines are wanted, another walk tells what is inlined.
    drop(CodeFrames::of_bytes(bytes.to_vec(), &addresses, false));
    let Ok(frames) = CodeFrames::of_bytes(bytes.to_vec(), &addresses, true) else {
        return;
    };
    for &at in &addresses {
        let chain = frames.at(at).map_or(&[][..], |ix| frames.chain(ix));
        for name in chain.iter().filter_map(|frame| frame.function) {
            drop(vmflame::symbol::demangle(frames.text(name)));
        }
    }
});

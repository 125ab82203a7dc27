//! How fast each stage is, on a generated capture and on a real one.
//!
//! `cargo bench` measures, `cargo bench -- --test` only runs everything once. Each benchmark
//! asserts its result against what another stage or the generator says. The real capture is that of
//! the first directory below `testdata/`, or the file that `VMFLAME_BENCH_CAPTURE` names.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a benchmark may stop, and says what it skips"
)]

mod captures;
mod decode;
mod exits;
mod graph;
#[path = "../../tests/common/made_elf.rs"]
mod made_elf;
mod symbols;

use criterion::{criterion_group, criterion_main};

criterion_group! {
    name = stages;
    // A machine that is used for other things too is never quiet: few samples, taken for longer.
    config = criterion::Criterion::default().sample_size(20);
    targets = decode::header_walk, decode::sample_decode, decode::fold_samples,
        exits::pairing,
        symbols::kallsyms, symbols::elf, graph::tagging, graph::tree_and_svg
}
criterion_main!(stages);

//! From a Linux `perf.data` to the cause of a slow virtual machine.
//!
//! This page is the architecture: the stages, the addresses, and what to touch for what is added
//! most often. The library is for the command line beside it; what it offers may change. Stages whose
//! types no result is made of are open with the feature `internals` only, which the tests, benches
//! and fuzz targets ask for.
//!
//! # The pipeline
//!
//! Data passes the stages in this order when `vmflame convert INPUT -o OUTPUT` runs; each is one
//! folder. Which may import which is another order, that of `tests/layering/rows.rs`.
//!
//! | stage | module | takes | makes |
//! |---|---|---|---|
//! | input | [`input`] | a path | [`Input`](input::Input): the capture, and what lies beside it for names |
//! | bytes | [`bytes`] | a file, a pipe | [`Storage`](bytes::Storage): its bytes, mapped or unpacked |
//! | records | [`perf`] | bytes | [`Capture`](perf::Capture): events, features, regions of records; [`Capture::scan`](perf::Capture::scan) walks them |
//! | tracepoints | [`tracepoint`] | format texts, payloads | [`Formats`](tracepoint::Formats): fields and names of values; [`Occurrence`](tracepoint::Occurrence): what a tracepoint recorded |
//! | fold | [`fold`] | records | each different raw stack once, with weights; sideband records; what became of each sample |
//! | space | [`space`] | sideband records | [`Timeline`](space::Timeline): names of tasks and mappings at any time |
//! | settle | [`fold`] | raw stacks, the timeline | `Settled`: each stack with the task and the mappings that were true for it |
//! | unwind | [`unwind`] | registers and branches of a sample | the user part of a stack that the kernel did not walk |
//! | locate | [`locate`] | addresses, the timeline, the kernel's functions | locations: an object and a position in it |
//! | object | [`object`] | an object's path and build id | the one file of that build |
//! | symbol | [`symbol`] | that file, a kallsyms text, a position | a function's name, or [why there is none](symbol::Unresolved) |
//! | name | [`name`] | locations and symbols | stacks of frames |
//! | tag | [`kvm`] | a stack of frames, the thread, the event | one [`Tag`](stack::Tag), and the frame that decides it |
//! | filter | [`name`] | tagged stacks, the request | those that are wanted, frames hidden |
//! | tree | [`stack`] | tagged stacks | [`CallTree`](stack::CallTree) |
//! | output | [`output`] | the tree | SVG, folded text; pages of HTML for [`report`] |
//!
//! Exits have a way of their own: a capture's tracepoints, a trace.dat ([`tracedat`]) or a text
//! ([`tracepoint::text`]) tell occurrences in the order of time, [`kvm`] pairs them.
//!
//! [`analysis`] is the list of these stages: a [`Request`](analysis::Request) and a capture give a
//! [`Profile`](analysis::Profile). What wants the time and the thread of each sample asks for
//! [`Samples`](analysis::samples::Samples) beside the stacks. [`diff`] compares two profiles, or folded text that other tools
//! wrote; [`report`] makes text and JSON of a profile or a comparison. The command line turns
//! arguments into requests, and is the only part that prints and that asks the running machine.
//!
//! Errors ([`error`]) end a run. An address without a name is a value with a cause. What was lost,
//! skipped or damaged on the way is counted ([`loss`]), and the counts add up.
//!
//! ```
//! use vmflame::analysis::{Request, profile};
//! use vmflame::input::Input;
//! use vmflame::output::{Annotate, write_folded};
//! use vmflame::perf::Capture;
//! use vmflame::symbol::SymbolRequest;
//!
//! # fn main() -> vmflame::error::Result<()> {
//! let input = Input::resolve("testdata/svm-bad".as_ref())?;
//! let capture = Capture::open(&input.data)?;
//! // No symbols are looked for: frames that other files name are `[unknown]`.
//! let profile = profile(&capture, &SymbolRequest::default(), &Request::default())?;
//! let mut text = Vec::new();
//! write_folded(&profile.tree(), &profile.frames, Annotate::None, &mut text).expect("memory");
//! // Weights add up: each line is `root;…;leaf WEIGHT`.
//! let text = String::from_utf8_lossy(&text);
//! let weights = text.lines().filter_map(|line| line.rsplit_once(' '));
//! let sum: u64 = weights.filter_map(|(_, weight)| weight.parse::<u64>().ok()).sum();
//! assert_eq!(sum, profile.total);
//! # Ok(())
//! # }
//! ```
//!
//! # Addresses
//!
//! Three kinds, which must not be mixed, are types in [`units`]: an [`Avma`](units::Avma) is an
//! address in the sampled machine, an [`Svma`](units::Svma) an address as its object file states it,
//! a [`FileOffset`](units::FileOffset) a byte of that file. A mapping leads from the first to the
//! third, the segments of an ELF file from there to the second. A return address lies behind the
//! call: one is subtracted once, when a call chain is read (`src/fold/chain.rs`), and nowhere else.
//!
//! # What to touch
//!
//! **A handler's name**, so that its stacks get a tag: a line of `src/kvm/tag/frames.tsv`, whose head
//! explains the columns (`src/kvm/tag/events.tsv` for a tracepoint, `threads.tsv` for a thread), and a
//! stack that shows it in `src/kvm/tag/tests.rs` (`event_tests.rs` for a tracepoint).
//!
//! **A device's name**: a line of `src/kvm/device/places.tsv` for where it is by default, of
//! `regions.tsv` beside it for what its registers are, of `interfaces.tsv` for a register of the CPU
//! or of a hypervisor's interface.
//!
//! **A rule of `advise`**: a constant in one of the files of `src/kvm/advice/rules/`, its place in the
//! list of `mod.rs` there, its lines in `src/kvm/advice/thresholds.tsv`, and a trial in
//! `tests/kvm/advice/rules.rs`: evidence on which it speaks, and evidence on which it must not.
//!
//! **A filter**: the option in `FilterOptions` of `src/cli/options/filter.rs`, its way into a
//! request in `request` beside it, for the sides of a diff its word in `src/cli/diff_side.rs` and in
//! the help of `--before-filter` in `src/cli/diff_args.rs`, and a field of `src/analysis/request.rs`.
//! What a sample itself carries is a field of `Selection` in `src/fold/select.rs`, which
//! `src/analysis/choice/chosen.rs` fills. What needs names is a field of `StackFilter` in
//! `src/name/request.rs`, decided in `retain_wanted` of `src/name/stacks.rs`, and for a diff's slices
//! in `src/analysis/slices.rs`. That samples may not carry it is said in
//! `src/analysis/choice/carried.rs`, that nothing passes it in `src/analysis/choice/present.rs`. What
//! only names a filter otherwise, as `--vm` does processes, is resolved by the command line
//! (`src/cli/vms.rs`).
//!
//! **What exits are told apart by**: a variant and its name in `src/kvm/exit/dimension.rs`, its value
//! in `value_of` of `src/kvm/exit/view.rs`, its columns in `src/report/exits/columns.rs`, its cells in
//! `src/report/exits/view_table.rs`, and the tracepoint that tells it in `src/report/exits/doubts.rs`.
//!
//! **A tracepoint of exits**: a row of `src/kvm/exit/tracepoints.rs`, what it says in `host_event.rs`
//! beside it, how that is read in `decode.rs`, and what it changes in `pairing.rs`.
//!
//! **An output format**: a file or folder in `src/output/`, handed on by `src/output/mod.rs`, with a
//! function that takes a [`CallTree`](stack::CallTree), its frames and a writer, and is called in
//! `src/output/stack_format.rs`; or, where it has threads and times, a
//! [`ViewedRecording`](output::ViewedRecording), called in `src/cli/recording.rs`. A variant of `Format` in
//! `src/cli/convert_args.rs`; the ending in `src/cli/convert.rs`; which options it has no use for in
//! `src/cli/unused.rs`; its readers in `tests/output/viewers/`. For a diff: `DiffFormat` in
//! `src/cli/diff_args.rs`, and `src/cli/diff.rs`.
//!
//! **A section of the report's page**: a file in `src/report/page/`, its place in the list of `write.rs`
//! there. Tables are written by `src/report/table/html.rs` from the models of the other verbs; what the
//! script reads is made in `src/report/page/data/`. The document around it, its policy and pictures that
//! need no script are in `src/output/html/`, the script and the style in `web/` there.
//!
//! **A file format**: compression around a file is a variant of
//! [`Compression`](bytes::Compression) in `src/bytes/compression.rs`; what holds several files belongs
//! to `src/input/`. What a file is is told by its first bytes in `src/input/recognise.rs`; for another
//! recorder's format that is where it is recognised, [`Opened`](input::Opened) gets a variant, and a
//! folder beside `src/perf/` reads it.
//!
//! **A sideband record**: its number in `src/perf/abi.rs`, its length and misc bits in
//! `src/perf/record/kinds.rs`, a variant and its fields in `src/perf/record/sideband.rs`, what it
//! changes in `src/space/timeline.rs`; to test it, `WrittenRecord::Other` or
//! a variant of its own in `src/perf/writer/record.rs`.
//!
//! **A source of symbols**: a file in `src/symbol/elf/` that makes an
//! [`ObjectSymbols`](symbol::ObjectSymbols) of bytes, handed on by `mod.rs` there; where its files lie
//! in `src/object/search.rs`; its turn among the others in `src/symbol/found_symbols.rs`. A new name
//! in a capture's directory is added to `is_read` of `src/cli/inputs.rs`, so that no output takes its
//! place. Where files lie on this machine is for `src/cli/this_machine.rs` to say: the library looks
//! nowhere by itself.
//!
//! **A column of datasets**: a line of `src/dataset/schema.tsv`, and its value in the row of its table in
//! `src/report/dataset/`. Another meaning of a column that is there raises the version. Both are built
//! with the feature `fleet` only.
//!
//! **A verb**: a file of its name in `src/cli/` with `run`, its options and a variant of `Command`
//! in `src/cli/command.rs`, a line in `src/cli/mod.rs`; what it prints in `src/report/`.
//!
//! **What `record` tells perf**: `src/cli/record/plan.rs`, with the command by hand in `plan_tests.rs`
//! beside it; what it must know of the machine for that is a field of `Machine` in `machine.rs`, what
//! perf says when it fails a line of `said.rs`.
//!
//! Each has a line in README.md and, where users see it, in CHANGELOG.md. `tests/layering` knows which
//! folder may import which, and refuses the rest.

#![cfg_attr(
    not(feature = "internals"),
    allow(
        unreachable_pub,
        reason = "public items of the stages are reached with the feature only"
    )
)]

// What the command line asks for, and what its answers consist of.
pub mod analysis;
pub mod before_after;
#[cfg(feature = "fleet")]
pub mod dataset;
pub mod diff;
pub mod error;
pub mod input;
pub mod kvm;
pub mod object;
pub mod output;
pub mod perf;
pub mod qemu;
pub mod report;
pub mod symbol;
pub mod text;
pub mod tracedat;
pub mod tracepoint;
pub mod units;

// Which allocator there is, is decided by the program, not by a library.
pub use bytes::LargePageAllocator;

// The stages between. The tests, benches and fuzz targets of this repository look into them.
#[cfg(not(feature = "internals"))]
mod bytes;
#[cfg(feature = "internals")]
pub mod bytes;
#[cfg(not(feature = "internals"))]
mod fold;
#[cfg(feature = "internals")]
pub mod fold;
#[cfg(not(feature = "internals"))]
mod folded_text;
#[cfg(feature = "internals")]
pub mod folded_text;
#[cfg(not(feature = "internals"))]
mod locate;
#[cfg(feature = "internals")]
pub mod locate;
#[cfg(not(feature = "internals"))]
mod loss;
#[cfg(feature = "internals")]
pub mod loss;
#[cfg(not(feature = "internals"))]
mod name;
#[cfg(feature = "internals")]
pub mod name;
#[cfg(not(feature = "internals"))]
mod space;
#[cfg(feature = "internals")]
pub mod space;
#[cfg(not(feature = "internals"))]
mod stack;
#[cfg(feature = "internals")]
pub mod stack;
#[cfg(not(feature = "internals"))]
mod unwind;
#[cfg(feature = "internals")]
pub mod unwind;

mod hash;
mod intern;
mod parallel;
mod utc;

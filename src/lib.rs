//! From a Linux `perf.data` to the cause of a slow virtual machine.
//!
//! The library is a pipeline; each stage reads only what earlier stages made:
//!
//! ```text
//! bytes -> records -> timeline -> fold -> locate -> name -> tag -> tree -> output
//! ```
//!
//! | stage | module | what it makes |
//! |---|---|---|
//! | records | [`perf`] | byte regions made of whole records, events and their sample layouts, sideband |
//! | timeline | [`space`] | process instances, threads, mappings over time |
//! | unwind | [`unwind`] | the user part of stacks that the kernel did not walk |
//! | fold | [`fold`] | unique raw stacks with their weights |
//! | name | [`symbol`] | symbols of the kernel, its modules and user object files |
//! | tree | [`stack`] | named frames and the ordered call tree |
//! | tag | [`kvm`] | what a sample of a VM host is doing |
//! | text in | [`folded_text`] | stacks that other tools wrote |
//! | output | [`output`] | one file per format |
//! | all of it | [`analysis`] | the pipeline as a list of stages |
//! | two of it | [`diff`] | what changed between two profiles, and whether it is more than noise |
//!
//! Addresses come in three kinds that must not be mixed, see [`units`]: an AVMA is an address in
//! the sampled machine, an SVMA an address as its object file states it, a file offset a byte of
//! that file.

pub mod analysis;
pub mod before_after;
pub mod bytes;
pub mod diff;
pub mod error;
pub mod fold;
pub mod folded_text;
mod hash;
pub mod input;
mod intern;
pub mod kvm;
pub mod locate;
pub mod loss;
pub mod name;
pub mod object;
pub mod output;
mod parallel;
pub mod perf;
pub mod report;
pub mod space;
pub mod stack;
pub mod symbol;
pub mod text;
pub mod units;
pub mod unwind;

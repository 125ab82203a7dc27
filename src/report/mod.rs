//! What is printed of results: text for people and JSON for programs, from one model each.
//!
//! | folder or file | what it does |
//! |---|---|
//! | `advice` | what to do about a host's VMs: the answer of `advise` |
//! | `info` | what a capture is: the answer of `info` |
//! | `diff` | a comparison: the answer of `diff` |
//! | `exits` | the exits of a capture: the answer of `exits` |
//! | `disk_io` | requests to disks: the answer of `blockio` |
//! | `dataset` | rows of datasets, and the answers of `dataset` (feature `fleet`) |
//! | `case_table` | what a case holds: the answer of `pack` |
//! | `recording` | how a case was recorded: the answer of `record` |
//! | `threads` | how long threads ran: the answer of `threads` |
//! | `top` | functions, tags and exits: the answer of `info --top` |
//! | `stat` | how often events occurred: the answer of `stat` |
//! | `live` | what running VMs do: the answer of `stat --live` |
//! | `page` | all of it on one page: the answer of `report` |
//! | `bench` | how long runs take: the answer of `bench` |
//! | `like_perf` | the table of `perf kvm stat report`, in perf's form |
//! | `viewers` | samples with their threads and exits, for viewers of others |
//! | `table` | any table: text, JSON and CSV of one model |
//! | `remark` | one warning or hint |
//! | `remarks` | what the user should know of a capture: what is missing or doubtful |
//! | `kernel_remarks` | the same of the kernel's symbols |
//! | `symbol_remarks` | the same of the names of programs |
//! | `unwinding_remarks` | the same of copied stacks |
//! | `trace_remarks` | the same of a trace.dat |
//!
//! In `info` and `bench`, `model` gathers what is said; `diff` reads the comparison itself. `text`
//! and `json` say it.

pub mod advice;
pub mod bench;
pub mod case_table;
#[cfg(feature = "fleet")]
pub mod dataset;
pub mod diff;
pub mod disk_io;
pub mod exits;
pub mod info;
mod kernel_remarks;
pub mod like_perf;
pub mod live;
pub mod page;
pub mod recording;
mod remark;
pub mod remarks;
pub mod stat;
mod symbol_remarks;
pub mod table;
pub mod threads;
pub mod top;
pub mod trace_remarks;
mod unwinding_remarks;
pub mod viewers;

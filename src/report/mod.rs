//! What is printed of results: text for people and JSON for programs, from one model each.
//!
//! | folder or file | what it does |
//! |---|---|
//! | `info` | what a capture is: the answer of `info` |
//! | `diff` | a comparison: the answer of `diff` |
//! | `exits` | the exits of a capture: the answer of `exits` |
//! | `disk_io` | requests to disks: the answer of `blockio` |
//! | `bench` | how long runs take: the answer of `bench` |
//! | `table` | any table: text, JSON and CSV of one model |
//! | `remark` | one warning or hint |
//! | `remarks` | what the user should know of a capture: what is missing or doubtful |
//! | `kernel_remarks` | the same of the kernel's symbols |
//!
//! In `info` and `bench`, `model` gathers what is said; `diff` reads the comparison itself. `text`
//! and `json` say it.

pub mod bench;
pub mod diff;
pub mod disk_io;
pub mod exits;
pub mod info;
mod kernel_remarks;
mod remark;
pub mod remarks;
pub mod table;

//! Tags of samples and exits, against what the kernel and perf say of the same.

#[path = "../common/mod.rs"]
mod common;
mod exits;
mod samples;
mod tags;

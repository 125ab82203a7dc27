//! Tags of samples, against what the kernel and perf say of the same samples.

#[path = "../common/mod.rs"]
mod common;
mod like_perf;
mod samples;
mod tags;

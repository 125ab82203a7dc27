//! Tags of samples, against what the kernel and perf say of the same samples.

mod advice;
#[path = "../common/mod.rs"]
mod common;
mod exit_graph;
mod exit_order;
mod exit_tags;
mod exits;
mod like_perf;
mod samples;
mod stat;
mod tags;
mod threads;

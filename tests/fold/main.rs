//! From samples to folded stacks: which, with which weight, under which names.

mod chains;
#[path = "../common/mod.rs"]
mod common;
mod copied_stacks;
mod events;
mod flat;
mod garbage;
mod last_branches;
mod other_samples;
mod perf_stacks;
mod samples;
mod testdata;
mod thread_counts;

//! perf.data as it is read and written, against perf, laws and damage.

#[path = "../common/mod.rs"]
mod common;
mod corpus;
mod damaged_headers;
mod damaged_records;
mod event_losses;
mod generated_exits;
mod generated_loads;
mod roundtrip;
mod written_files;
mod written_samples;

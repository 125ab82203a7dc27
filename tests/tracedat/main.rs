//! trace.dat files, against what `trace-cmd report` says of them.

#[path = "../common/mod.rs"]
mod common;
mod exits;
mod report;
mod reports;
mod testdata;
mod values;

//! Payloads of tracepoints against what other programs print of them.

#[path = "../common/mod.rs"]
mod common;
mod payloads;

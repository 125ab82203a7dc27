//! `vmflame diff` as users run it.

mod command;
#[path = "../common/mod.rs"]
mod common;
mod gates;

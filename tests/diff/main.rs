//! `vmflame diff` as users run it.

mod captures;
mod command;
#[path = "../common/mod.rs"]
mod common;
mod exits;
mod folded_text;
mod gates;

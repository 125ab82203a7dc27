//! What is printed: text and JSON of `info`, `diff` and `bench`, made of one model each.

pub mod bench;
pub mod diff;
pub mod info;
pub mod remarks;

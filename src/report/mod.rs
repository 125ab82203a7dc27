//! What is printed: text and JSON of `info`, `diff` and `bench`, made of one model each.

pub mod diff;
mod figures;
pub mod info;
pub mod remarks;

pub use figures::{Figures, in_words, rate, ratio, three_digits};

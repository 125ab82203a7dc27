//! What is printed: text and JSON of `info`, `diff` and `bench`, made of one model each.

mod diff_json;
mod figures;
pub mod remarks;

pub use diff_json::as_json;
pub use figures::{Figures, in_words, rate, ratio, three_digits};

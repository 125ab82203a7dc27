//! How long runs take: the answer of `bench`.

mod figures;

pub use figures::{Figures, in_words, rate, ratio, three_digits};

//! Conditions that fail a build: `exit:pio > +2pt`.
//!
//! In: the text of a condition, and a comparison. Out: a `Verdict`.
//!
//! | file | what it does |
//! |---|---|
//! | `condition` | the grammar, and whether a condition holds |
//! | `value` | the two values that it is about, or why they were not measured |

mod condition;
#[cfg(test)]
mod tests;
mod value;

pub use condition::{Gate, Verdict};

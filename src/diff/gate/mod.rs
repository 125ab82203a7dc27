//! Conditions that fail a build: `exit:pio > +2pt`.
//!
//! In: the text of a condition, and a comparison. Out: a `Verdict`.
//!
//! | file | what it does |
//! |---|---|
//! | `condition` | the grammar, and whether a condition holds |
//! | `compared_values` | the two values that it is about |
//! | `value` | how they are found, or why they were not measured |
//! | `cohort_value` | the same of cohorts |
//! | `exit_value` | the same of VM exits |

#[cfg(feature = "fleet")]
mod cohort_value;
mod compared_values;
mod condition;
mod exit_value;
#[cfg(test)]
mod tests;
mod value;

pub use condition::{Gate, Verdict};

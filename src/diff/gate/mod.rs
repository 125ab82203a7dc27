//! Conditions that fail a build.

mod condition;
#[cfg(test)]
mod tests;
mod value;

pub use condition::{Gate, Verdict};

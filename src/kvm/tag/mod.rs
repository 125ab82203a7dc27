//! TODO

mod event;
#[cfg(test)]
mod event_tests;
mod rules;
mod scan;
mod table;
mod tagger;
#[cfg(test)]
mod tests;

pub use tagger::{StackView, Tagger};

//! The groups of options in `--help`.

/// Options about where names come from.
pub(crate) const SYMBOLS: &str = "Symbols";
/// Options about which samples are taken.
pub(crate) const SAMPLES: &str = "Samples";
/// Options about what stacks look like.
pub(crate) const STACKS: &str = "Stacks";
/// Options about what a difference is.
pub(crate) const COMPARISON: &str = "Comparison";
/// Options about what is written, and where.
pub(crate) const OUTPUT: &str = "Output";

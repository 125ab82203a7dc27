//! The two values that a condition is about.

use crate::before_after::Sides;

/// The two values that a condition is about.
pub(crate) struct ComparedValues {
    pub(crate) values: Sides<f64>,
    pub(crate) is_significant: bool,
    pub(crate) words: String,
}

/// What is said of a change besides its values.
pub(super) fn noise_words(is_significant: bool) -> &'static str {
    if is_significant {
        ""
    } else {
        ", within the noise"
    }
}

//! The two values that a condition is about.

use crate::before_after::Sides;

/// The two values that a condition is about.
pub(crate) struct ComparedValues {
    pub(crate) values: Sides<f64>,
    pub(crate) is_significant: bool,
    pub(crate) words: String,
}

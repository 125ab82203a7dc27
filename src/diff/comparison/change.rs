//! A quantity on both sides.

use super::quantities::Subject;
use crate::before_after::Sides;
use crate::diff::sides::Count;

/// A quantity on both sides.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Change {
    /// What it is.
    pub subject: Subject,
    /// Samples and weights, which are in the units of each side's origin.
    pub counts: Sides<Count>,
    /// The normalised values.
    pub values: Sides<f64>,
    /// Half of the width of the confidence interval of the change, for the quantity by itself;
    /// `None` where it was not worked out, because the change is far from significant.
    pub half_width: Option<f64>,
    /// Probability of a change of at least this size where there is none.
    pub probability: f64,
    /// Whether the change is significant among all of its family, whatever its size.
    pub beats_noise: bool,
    /// Whether it is significant and not too small to be marked.
    pub is_significant: bool,
}

impl Change {
    /// The difference of the values.
    pub fn difference(&self) -> f64 {
        self.values.after - self.values.before
    }

    /// The difference in parts of the value before; `None` where that is 0.
    pub fn relative(&self) -> Option<f64> {
        (self.values.before > 0.0).then(|| self.difference() / self.values.before)
    }

    /// Whether either side has it.
    pub fn exists(&self) -> bool {
        self.counts.iter().any(|count| count.weight > 0)
    }
}

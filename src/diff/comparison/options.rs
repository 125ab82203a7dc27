//! How to compare.

use super::normalise::Normalise;
use crate::diff::matching::Matching;

/// Two recordings of the same load differ in what one recording cannot tell, such as the kernel's
/// deferred work: two of md5sum, of 6 s each, had 0.41 % of all samples and none in `rcu_core`.
const LEAST: f64 = 0.005;

/// How to compare.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// What both sides are divided by.
    pub normalise: Normalise,
    /// How frames are matched.
    pub matching: Matching,
    /// Probability of no false finding at all, between 0 and 1.
    pub confidence: f64,
    /// Smaller changes are not marked: the part of the whole, between 0 and 1.
    pub least: f64,
    /// Whether the user asked for different events on both sides.
    pub different_events: bool,
    /// What [`leave_out_uneven_idle`](crate::diff::sides::leave_out_uneven_idle) said.
    pub idle_left_out: Option<String>,
    /// Worker threads. The result does not depend on them.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            normalise: Normalise::Share,
            matching: Matching::Loose,
            confidence: 0.99,
            least: LEAST,
            different_events: false,
            idle_left_out: None,
            threads: 1,
        }
    }
}

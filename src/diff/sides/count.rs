//! How much there is of something.

/// Samples and what they weigh, in units of the side that they are of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// Number of samples.
    pub samples: u64,
    /// What they weigh.
    pub weight: u64,
}

impl Count {
    pub(crate) fn add(&mut self, other: Self) {
        self.samples = self.samples.saturating_add(other.samples);
        self.weight = self.weight.saturating_add(other.weight);
    }
}

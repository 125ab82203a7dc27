//! Exits shared out among the places that their time went to.

/// Exits shared out among places by their weights: the parts are whole and add up to all.
pub(super) struct ExitShares {
    exits: u64,
    all: u64,
    passed: u64,
    given: u64,
}

impl ExitShares {
    pub(super) fn new(exits: u64, weights: impl Iterator<Item = u64>) -> Self {
        Self {
            exits,
            all: weights.fold(0, u64::saturating_add),
            passed: 0,
            given: 0,
        }
    }

    /// The part of the next place.
    pub(super) fn next(&mut self, weight: u64) -> u64 {
        self.passed = self.passed.saturating_add(weight).min(self.all);
        let product = u128::from(self.exits) * u128::from(self.passed);
        let up_to = product / u128::from(self.all.max(1));
        let up_to = u64::try_from(up_to).unwrap_or(self.exits);
        let share = up_to.saturating_sub(self.given);
        self.given = up_to;
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 exits, a tenth of whose time the kernel took, 0 the VMM, the rest sleep.
    #[test]
    fn each_exit_counts_once() {
        let mut shares = ExitShares::new(10, [1, 0, 9].into_iter());
        assert_eq!([1, 0, 9].map(|weight| shares.next(weight)), [1, 0, 9]);
        let mut shares = ExitShares::new(7, [u64::MAX, u64::MAX].into_iter());
        assert_eq!(shares.next(u64::MAX), 7);
        assert_eq!(shares.next(u64::MAX), 0);
        assert_eq!(ExitShares::new(3, [].into_iter()).next(0), 0);
    }
}

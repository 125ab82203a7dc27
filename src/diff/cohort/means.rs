//! Tests by means: Student's t of pairs, and Welch's of two groups.

use crate::diff::model::{t_quantile, t_two_sided};

/// The power for which the least change is told that would be found.
const POWER: f64 = 0.8;

/// The difference of two means, and how well it is known.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct MeanOutcome {
    /// After less before.
    pub(super) difference: f64,
    /// Its standard error.
    pub(super) error: f64,
    /// Degrees of freedom of the error; below 1 where there is none.
    pub(super) freedom: f64,
}

/// The mean and the variance of values.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Moments {
    pub(super) mean: f64,
    /// Of the values, from their mean; 0 of fewer than two.
    pub(super) variance: f64,
    count: f64,
}

impl Moments {
    pub(super) fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        if values.is_empty() {
            return Self::default();
        }
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let variance = if count > 1.0 {
            squares / (count - 1.0)
        } else {
            0.0
        };
        Self {
            mean,
            variance,
            count,
        }
    }
}

impl MeanOutcome {
    /// The mean of the differences of pairs.
    pub(super) fn of_pairs(differences: &[f64]) -> Self {
        let found = Moments::of(differences);
        Self {
            difference: found.mean,
            error: (found.variance / found.count.max(1.0)).sqrt(),
            freedom: found.count - 1.0,
        }
    }

    /// The difference of the means of two groups, of any variances.
    pub(super) fn of_groups(before: &[f64], after: &[f64]) -> Self {
        let groups = [before, after].map(Moments::of);
        let [before, after] = groups;
        let parts = groups.map(|group| group.variance / group.count.max(1.0));
        let squared = parts[0] + parts[1];
        let lost = groups.iter().zip(parts).map(|(group, part)| {
            // A group of one tells no variance.
            part * part / (group.count - 1.0).max(f64::MIN_POSITIVE)
        });
        let lost: f64 = lost.sum();
        let freedom = if before.count < 2.0 || after.count < 2.0 {
            0.0
        } else if lost > 0.0 {
            squared * squared / lost
        } else {
            before.count + after.count - 2.0
        };
        Self {
            difference: after.mean - before.mean,
            error: squared.sqrt(),
            freedom,
        }
    }

    /// Probability of a difference of this size where there is none.
    pub(super) fn probability(self) -> f64 {
        if self.difference == 0.0 || self.freedom < 1.0 {
            1.0
        } else if self.error == 0.0 {
            // Every host changed by the same: what ranks say decides.
            0.0
        } else {
            t_two_sided(self.difference / self.error, self.freedom)
        }
    }

    /// Half of the width of the interval of the difference.
    pub(super) fn half_width(self, confidence: f64) -> Option<f64> {
        (self.freedom >= 1.0).then(|| t_quantile(confidence, self.freedom) * self.error)
    }

    /// The difference that is found at a probability below `risk` with a power of 80 %.
    pub(super) fn detectable(self, risk: f64) -> Option<f64> {
        let beyond = 2.0 * POWER - 1.0;
        let quantiles = || t_quantile(1.0 - risk, self.freedom) + t_quantile(beyond, self.freedom);
        (self.freedom >= 1.0).then(|| quantiles() * self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        let off = (found - expected).abs();
        assert!(off < 1e-6 * expected.abs(), "{found} is not {expected}");
    }

    /// scipy 1.17.1: `ttest_ind(equal_var=False)`, `ttest_1samp`, `confidence_interval(0.99)`.
    #[test]
    fn probabilities_and_intervals_are_those_of_scipy() {
        let before = [0.61, 1.1, 0.25, 3.9, 2.2, 0.07, 1.4, 5.5];
        let after = [1.9, 2.8, 0.9, 7.7, 3.1, 2.05, 6.6];
        let found = MeanOutcome::of_groups(&before, &after);
        near(found.probability(), 0.177_628_668_888_030_44);
        near(found.freedom, 11.048_388_417_775_708);
        let half = found.half_width(0.99).unwrap();
        near(found.difference + half, 5.363_091_102_642_592);
        let changes = [0.3, -0.1, 0.9, 1.7, -0.25, 0.45, 2.2, 0.8, 1.05, -0.6];
        let found = MeanOutcome::of_pairs(&changes);
        near(found.probability(), 0.044_134_199_372_218_644);
        let half = found.half_width(0.99).unwrap();
        near(found.difference - half, -0.251_392_515_334_400_77);
    }

    /// One host a side tells nothing of how hosts vary.
    #[test]
    fn one_host_has_no_interval() {
        for found in [
            MeanOutcome::of_pairs(&[2.0]),
            MeanOutcome::of_groups(&[1.0], &[2.0, 3.0]),
        ] {
            assert_eq!(found.probability(), 1.0);
            assert_eq!(found.half_width(0.99), None);
            assert_eq!(found.detectable(0.01), None);
        }
    }
}

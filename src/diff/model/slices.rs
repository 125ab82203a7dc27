//! What slices of time tell of a ratio and of its variance.
//!
//! Two estimates, which fail in different cases:
//!
//! - **All slices.** The ratio estimator of cluster sampling: with `e_j = x_j - r d_j`,
//!   `var(r) = m/(m-1) * (sum e_j^2 + 2 sum_l (1 - l/3) sum_j e_j e_(j+l)) / D^2`. The second part,
//!   for neighbouring slices up to two apart, follows Newey and West (1987); it is left out when it
//!   is negative. A few slices unlike the rest, such as those of a start, rule it.
//! - **The core.** The trimmed mean of Tukey and others (1963): the slices with the smallest and
//!   those with the largest ratio, a part of [`TRIMMED`] of the base at each end, do not count. Its
//!   variance comes from the winsorised slices, whose ratio is not let beyond that of the core, with
//!   the same sum over neighbours and the core's base for `D`. What stood out stays in the variance,
//!   as far out as the core reaches: when more stands out than is trimmed, the core reaches there,
//!   and the variance is as large as that of all slices.

/// Fewer slices with samples than this tell no variance.
const LEAST_SLICES: usize = 6;
/// Neighbouring slices whose dependence is looked at.
const LAGS: usize = 2;
/// The part of the base that is trimmed at each end: the starts and ends of short runs take up to
/// a sixth of them.
const TRIMMED: f64 = 1.0 / 6.0;

/// A ratio with its uncertainty.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Estimate {
    pub(crate) ratio: f64,
    pub(crate) variance: f64,
    /// Degrees of freedom of the variance.
    pub(crate) freedom: f64,
}

/// Slices in the order of time, without those that have no base.
#[derive(Debug)]
pub(crate) struct Slices {
    /// Weight and base of each.
    used: Vec<(f64, f64)>,
}

impl Slices {
    /// Takes weights and bases by slice; `None` when they are too few to tell a variance.
    pub(crate) fn new(weights: &[f64], bases: &[f64]) -> Option<Self> {
        let pairs = weights.iter().zip(bases);
        let used: Vec<(f64, f64)> = pairs
            .map(|(&weight, &base)| (weight, base))
            .filter(|&(_, base)| base > 0.0)
            .collect();
        (used.len() >= LEAST_SLICES).then_some(Self { used })
    }

    /// The estimate from all slices.
    pub(crate) fn all(&self) -> Estimate {
        let (weight, base) = sums(self.used.iter().copied());
        let ratio = weight / base;
        let errors = self.used.iter().map(|slice| slice.0 - ratio * slice.1);
        Estimate {
            ratio,
            variance: self.variance(errors, base),
            freedom: self.used.len() as f64 - 1.0,
        }
    }

    /// The estimate from the core; `None` when trimming leaves too few.
    pub(crate) fn core(&self) -> Option<Estimate> {
        let ratios = self.used.iter().map(|&(weight, base)| weight / base);
        let mut order: Vec<(f64, usize)> = ratios.zip(0..).collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let most = sums(self.used.iter().copied()).1 * TRIMMED * (1.0 + 1e-9);
        let low = self.trimmed(order.iter(), most);
        let high = self.trimmed(order.iter().rev(), most);
        let kept = order.get(low..order.len().saturating_sub(high))?;
        let (&(least, _), &(largest, _)) = (kept.first()?, kept.last()?);
        if kept.len() < LEAST_SLICES / 2 {
            return None;
        }
        let (weight, base) = sums(kept.iter().map(|&(_, ix)| self.used[ix]));
        let tamed = self.used.iter().map(|&(weight, base)| {
            let ratio = (weight / base).clamp(least, largest);
            (ratio * base, base)
        });
        let (tamed_weight, whole) = sums(tamed.clone());
        let middle = tamed_weight / whole;
        let errors = tamed.map(|slice| slice.0 - middle * slice.1);
        Some(Estimate {
            ratio: weight / base,
            variance: self.variance(errors, base),
            freedom: kept.len() as f64 - 1.0,
        })
    }

    /// How many slices from one end have a base of `most` at most.
    fn trimmed<'a>(&self, from_end: impl Iterator<Item = &'a (f64, usize)>, most: f64) -> usize {
        let reached = from_end.scan(0.0, |sum, &(_, ix)| {
            *sum += self.used[ix].1;
            Some(*sum)
        });
        reached.take_while(|&sum| sum <= most).count()
    }

    /// The variance of a ratio from the errors of all slices and the base that it is of.
    fn variance(&self, errors: impl Iterator<Item = f64>, base: f64) -> f64 {
        let mut plain = 0.0;
        // The products with the error one slice before, two before, and so on.
        let mut products = [0.0; LAGS];
        let mut before = [None; LAGS];
        for error in errors {
            plain += error * error;
            for (sum, before) in products.iter_mut().zip(before) {
                *sum += before.map_or(0.0, |before: f64| before * error);
            }
            before.rotate_right(1);
            before[0] = Some(error);
        }
        let mut dependent = 0.0;
        for (products, lag) in products.into_iter().zip(1_u32..) {
            let fade = 1.0 - f64::from(lag) / (LAGS + 1) as f64;
            dependent += 2.0 * fade * products;
        }
        let m = self.used.len() as f64;
        m / (m - 1.0) * (plain + dependent.max(0.0)) / (base * base)
    }
}

fn sums(slices: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    slices.fold((0.0, 0.0), |(weight, base), slice| {
        (weight + slice.0, base + slice.1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve slices of base 1. By hand: the mean is 14/12; the sixth part of each end are two
    /// slices, what is left are eight ones.
    #[test]
    fn two_slices_that_stand_out_do_not_rule_the_core() {
        let mut weights = vec![1.0; 12];
        (weights[0], weights[1]) = (3.0, 1.0);
        let slices = Slices::new(&weights, &[1.0; 12]).unwrap();
        assert!((slices.all().ratio - 14.0 / 12.0).abs() < 1e-12);
        assert!(slices.all().variance > 0.02);
        let core = slices.core().unwrap();
        assert_eq!((core.ratio, core.variance, core.freedom), (1.0, 0.0, 7.0));
    }

    /// Yuen's variance of a trimmed mean by hand: of 1, 2, …, 12 the core are 3 to 10, the
    /// winsorised sum of squares about 6.5 is 2 (3 * 3.5^2 + 2.5^2 + 1.5^2 + 0.5^2) = 91, and
    /// 91 * 12 / 11 / 8^2 the variance. Their order is such that neighbours differ in sign.
    #[test]
    fn the_variance_of_the_core_is_that_of_the_winsorised_slices() {
        let weights = [
            1.0, 12.0, 2.0, 11.0, 3.0, 10.0, 4.0, 9.0, 5.0, 8.0, 6.0, 7.0,
        ];
        let mixed = [0, 1, 3, 2, 4, 5, 7, 6, 8, 9, 11, 10].map(|ix: usize| weights[ix]);
        let core = Slices::new(&mixed, &[1.0; 12]).unwrap().core().unwrap();
        assert_eq!(core.ratio, 6.5);
        let neighbours = {
            let e: Vec<f64> = mixed.iter().map(|w| w.clamp(3.0, 10.0) - 6.5).collect();
            let lag = |l: usize| e.iter().zip(&e[l..]).map(|(a, b)| a * b).sum::<f64>();
            2.0 * (2.0 / 3.0 * lag(1) + lag(2) / 3.0)
        };
        assert!(neighbours < 0.0);
        assert!((core.variance - 91.0 * 12.0 / 11.0 / 64.0).abs() < 1e-12);
    }

    /// When a third of the slices stand out, what is trimmed does not hold them.
    #[test]
    fn more_than_is_trimmed_is_in_the_variance() {
        let weights: Vec<f64> = (0..30).map(|ix| f64::from(u8::from(ix % 3 == 0))).collect();
        let slices = Slices::new(&weights, &[1.0; 30]).unwrap();
        let core = slices.core().unwrap();
        assert!(core.variance >= slices.all().variance);
    }

    #[test]
    fn few_slices_tell_no_variance() {
        assert!(Slices::new(&[1.0; 5], &[1.0; 5]).is_none());
        assert!(Slices::new(&[1.0; 9], &[0.0; 9]).is_none());
        assert!(Slices::new(&[1.0; 6], &[1.0; 6]).unwrap().core().is_some());
    }
}

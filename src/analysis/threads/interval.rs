//! How far off a share of samples may be.

/// From the least to the greatest share that fits what was counted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    /// The least.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
}

/// The 97.5 % quantile of the standard normal distribution: 95 % lie between it and its opposite.
const QUANTILE: f64 = 1.959_964;

/// The share that `samples` of `all` moments tell, as an interval that holds the true one in 95 % of
/// recordings, if moments are independent of each other. `None` without moments.
///
/// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
/// 1927; it holds for few samples too.
///
/// ```
/// use vmflame::analysis::threads::interval;
///
/// let three = interval(3, 100.0).expect("moments");
/// assert!((three.least - 0.0103).abs() < 1e-4 && (three.greatest - 0.0845).abs() < 1e-4);
/// ```
pub fn interval(samples: u64, all: f64) -> Option<Interval> {
    if all <= 0.0 {
        return None;
    }
    let share = (samples as f64 / all).min(1.0);
    let square = QUANTILE * QUANTILE;
    let middle = share + square / (2.0 * all);
    let spread = QUANTILE * (share * (1.0 - share) / all + square / (4.0 * all * all)).sqrt();
    let whole = 1.0 + square / all;
    Some(Interval {
        least: ((middle - spread) / whole).max(0.0),
        greatest: ((middle + spread) / whole).min(1.0),
    })
}

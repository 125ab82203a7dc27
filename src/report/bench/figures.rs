//! Repeated measurements: what is said of them.

use std::time::Duration;

use crate::text::with_commas;

/// The times of several runs; at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figures {
    /// Shortest first.
    sorted: Vec<Duration>,
}

impl Figures {
    /// `None` without any time.
    pub fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        (!times.is_empty()).then_some(Self { sorted: times })
    }

    /// How many runs there were.
    pub fn runs(&self) -> usize {
        self.sorted.len()
    }

    /// The shortest time.
    pub fn min(&self) -> Duration {
        self.sorted.first().copied().unwrap_or_default()
    }

    /// The longest time.
    pub fn max(&self) -> Duration {
        self.sorted.last().copied().unwrap_or_default()
    }

    /// The middle time, or the mean of the two in the middle.
    pub fn median(&self) -> Duration {
        let upper = self.sorted.get(self.sorted.len() / 2);
        let lower = self.sorted.get((self.sorted.len() - 1) / 2);
        (upper.copied().unwrap_or_default() + lower.copied().unwrap_or_default()) / 2
    }

    /// How many runs lie so far from the median that something else must have happened.
    ///
    /// Distance is counted in median absolute deviations. 3.5 of them, scaled by 1.4826 to compare
    /// with standard deviations, is the bound of Iglewicz and Hoaglin, How to Detect and Handle
    /// Outliers, 1993; deviations below one percent of the median are taken as one percent, so that
    /// very even runs have no outliers.
    pub fn outliers(&self) -> usize {
        let median = self.median();
        let distances: Vec<_> = self
            .sorted
            .iter()
            .map(|time| time.abs_diff(median))
            .collect();
        let Some(deviation) = Self::of(distances.clone()).map(|d| d.median()) else {
            return 0;
        };
        let bound = deviation.max(median / 100).mul_f64(3.5 * 1.4826);
        distances
            .into_iter()
            .filter(|&distance| distance > bound)
            .count()
    }
}

/// A time with three digits and its unit: `1.23 s`, `45.6 ms`.
pub fn in_words(time: Duration) -> String {
    let (value, unit) = match time.as_secs_f64() {
        seconds if seconds >= 1.0 => (seconds, "s"),
        seconds if seconds >= 1e-3 => (seconds * 1e3, "ms"),
        seconds => (seconds * 1e6, "µs"),
    };
    format!("{} {unit}", three_digits(value))
}

/// So much in a time, as a rate with three digits: `2.31 GB/s`.
pub(crate) fn rate(count: u64, time: Duration, unit: &str) -> String {
    if time.is_zero() {
        return String::new();
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "three digits of the result are shown"
    )]
    let per_second = count as f64 / time.as_secs_f64();
    let (value, prefix) = match per_second {
        rate if rate >= 1e9 => (rate / 1e9, "G"),
        rate if rate >= 1e6 => (rate / 1e6, "M"),
        rate if rate >= 1e3 => (rate / 1e3, "k"),
        rate => (rate, ""),
    };
    format!("{} {prefix}{unit}", three_digits(value))
}

/// How many times as long as `base` a time is.
pub(crate) fn ratio(time: Duration, base: Duration) -> f64 {
    time.as_secs_f64() / base.as_secs_f64().max(1e-9)
}

/// A number from 1 to 999 with three digits; others with two behind the point, or none.
pub(crate) fn three_digits(value: f64) -> String {
    let digits = match value {
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    with_commas(&format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: &[u64]) -> Figures {
        Figures::of(millis.iter().map(|&ms| Duration::from_millis(ms)).collect()).unwrap()
    }

    /// Runs do not come in order of their times.
    #[test]
    fn the_median_is_the_middle() {
        let odd = of(&[30, 10, 20]);
        let all = (odd.min(), odd.median(), odd.max());
        assert_eq!(
            all,
            (
                Duration::from_millis(10),
                Duration::from_millis(20),
                Duration::from_millis(30)
            )
        );
        assert_eq!(of(&[40, 10, 20, 30]).median(), Duration::from_millis(25));
        assert!(Figures::of(vec![]).is_none());
    }

    /// 100 ± 1 and a 200: the deviation is one, the bound 3.5 · 1.4826 · 1 = 5.2.
    #[test]
    fn a_run_far_from_the_others_is_an_outlier() {
        assert_eq!(of(&[99, 100, 101, 100, 99, 200]).outliers(), 1);
        assert_eq!(of(&[99, 100, 101, 100, 99, 104]).outliers(), 0);
        assert_eq!(of(&[100]).outliers(), 0);
    }

    /// Columns are read at a glance: as many digits as there is meaning.
    #[test]
    fn numbers_have_three_digits() {
        assert_eq!(in_words(Duration::from_micros(45_630)), "45.6 ms");
        assert_eq!(in_words(Duration::from_millis(12_345)), "12.3 s");
        assert_eq!(in_words(Duration::from_nanos(99_960)), "100 µs");
        assert_eq!(
            rate(1_500_000_000, Duration::from_millis(500), "B/s"),
            "3.00 GB/s"
        );
        assert_eq!(rate(7, Duration::ZERO, "B/s"), "");
    }
}

//! Whether a change is more than noise.
//!
//! # The model
//!
//! A quantity (a tag, a function, a box of the picture) has on each side a *ratio*: what its samples
//! weigh over what the normalisation divides by. Two recordings of the same
//! thing differ for two reasons, and a change must be too large for both to count:
//!
//! 1. **Sampling.** With few samples a count jumps by chance alone. Fisher's exact test (or, where
//!    the divisor is no count of samples, the exact test of two Poisson counts) asks how often
//!    independent samples would differ as much. It holds for any count, 0 included.
//! 2. **Time.** Samples are not independent: a program works in phases, and one phase gives many
//!    samples of one kind in a row. Each side is cut into [`SLICES`] equal slices of time, and the
//!    variance of the ratio is estimated from how it varies between slices, twice: from all slices,
//!    and from their core, in which the slices that stand out do not count (`slices.rs` has both).
//!    Neither is taken to be smaller than that of independent samples. The difference of both sides
//!    over its standard error is held against Student's t with Welch's degrees of freedom (for the
//!    core, that of its own ratios: Yuen 1974). The smaller of both probabilities counts, doubled,
//!    because two were asked (Bonferroni). What the core finds counts only where everything
//!    changed the same way, by more than the interval of the core.
//!
//! The larger of the probabilities of sampling and of time counts. Folded text has no times: there
//! only the first remains, which takes bursts for changes more easily; the output says so.
//!
//! # Many quantities
//!
//! A picture has hundreds of boxes; at 99 % each, some would be coloured by chance. Three families
//! (tags and events, functions, boxes) get a third of `1 - confidence` each, and within a family
//! Holm's procedure keeps the probability of *any* false finding below that third, whatever the
//! dependence between the quantities. A box with exactly the samples of its parent is the same
//! question, asked once; quantities with so few samples that no outcome could be significant are
//! not asked (Tarone 1990). So of 100 comparisons of two recordings of the same thing, at most one
//! shows any significant change at the default confidence of 0.99.
//!
//! # What it finds
//!
//! Of a load with 60 functions, 4000 samples a side, a change from 5.3 % to 8.8 % is found in more
//! than 800 of 1000 simulated comparisons, one to 9.8 % in more than 950; a comparison of two
//! draws of the same load shows any change at all in less than 10 of 1000, also when the load works
//! in phases that make a fifth of its functions three times as likely (`comparison/tests.rs`).
//!
//! A start of one to three slices, or one slice of sixteen that does something else, is marked in 3
//! of 2000 comparisons of the same load at most, with phases besides in 7. Behind such a start, a
//! change from 16.5 % to 23.7 % of 2900 samples is found in 8 of 10 comparisons; from all slices
//! alone in 2 of 10 (`comparison/simulation.rs`).
//!
//! # What it cannot know
//!
//! One recording does not tell how recordings vary: a host that was busy with something else in one
//! of the two shows real changes. Record longer than the longest phase of the load.

use super::distribution::{binomial_two_sided, fisher_two_sided, t_quantile, t_two_sided};
use super::slices::{Estimate, Slices};
use crate::before_after::Sides;

/// Slices of time that a side is cut into.
pub const SLICES: u32 = 32;
/// Above this many samples the exact test says what the other says.
const EXACT_BELOW: u64 = 20_000;

/// What a count of samples is compared with.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Divisor {
    /// So many samples, of which the counted ones are a part.
    Part(u64),
    /// So many samples (or events), counted apart from them.
    Beside(u64),
    /// A known number: seconds, or 1.
    Exact(f64),
}

impl Divisor {
    fn size(self) -> f64 {
        match self {
            Self::Part(n) | Self::Beside(n) => n as f64,
            Self::Exact(size) => size,
        }
    }
}

/// A quantity on one side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SideQuantity<'a> {
    /// Number of samples.
    pub(crate) samples: u64,
    /// What they are compared with, in samples.
    pub(crate) divisor: Divisor,
    /// What the samples weigh.
    pub(crate) weight: f64,
    /// What the weight is divided by.
    pub(crate) base: f64,
    pub(crate) slices: SliceValues<'a>,
}

/// The same by slice of time; empty when not known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SliceValues<'a> {
    pub(crate) weights: &'a [f64],
    pub(crate) bases: &'a [f64],
}

/// The outcome of a test.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct TestOutcome {
    /// Probability of a change of at least this size where there is none.
    pub(crate) probability: f64,
    /// Half of the width of the confidence interval of the change, each quantity taken by itself.
    pub(crate) half_width: f64,
}

impl SideQuantity<'_> {
    fn with_samples(&self, samples: u64) -> Self {
        Self { samples, ..*self }
    }

    /// Weight over base; 0 without a base.
    pub(crate) fn ratio(&self) -> f64 {
        if self.base > 0.0 {
            self.weight / self.base
        } else {
            0.0
        }
    }

    /// Variance of the ratio for independent samples, were `ratio` the true one.
    fn sampling_variance(&self, ratio: f64, expected: f64) -> f64 {
        match self.divisor {
            Divisor::Part(n) if n > 0 => (ratio * (1.0 - ratio)).max(0.0) / n as f64,
            Divisor::Beside(n) if n > 0 && expected > 0.0 => {
                ratio * ratio * (1.0 / expected + 1.0 / n as f64)
            }
            Divisor::Exact(_) if expected > 0.0 => ratio * ratio / expected,
            Divisor::Part(_) | Divisor::Beside(_) | Divisor::Exact(_) => 0.0,
        }
    }
}

/// Probability of a difference of this size between counts of independent samples.
pub(crate) fn exact_probability(sides: Sides<&SideQuantity<'_>>) -> f64 {
    let Sides { before, after } = sides;
    let (x, y) = (before.samples, after.samples);
    match (before.divisor, after.divisor) {
        (Divisor::Part(n), Divisor::Part(m)) if x <= n && y <= m => fisher_two_sided(x, n, y, m),
        (Divisor::Beside(n), Divisor::Beside(m)) => fisher_two_sided(x, x + n, y, y + m),
        (one, other) => {
            let (one, other) = (one.size(), other.size());
            if one + other > 0.0 {
                binomial_two_sided(x, y, one / (one + other))
            } else {
                1.0
            }
        }
    }
}

/// The smallest probability that any outcome with as many samples could have.
pub(crate) fn least_probability(sides: Sides<&SideQuantity<'_>>) -> f64 {
    let Sides { before, after } = sides;
    let all = before.samples + after.samples;
    let with_samples = |of_before, of_after| {
        let changed = Sides {
            before: before.with_samples(of_before),
            after: after.with_samples(of_after),
        };
        exact_probability(changed.each_ref())
    };
    let (gone, arrived) = (with_samples(all, 0), with_samples(0, all));
    gone.min(arrived)
}

/// How wide intervals are at a level of confidence.
#[derive(Debug)]
pub(crate) struct ConfidenceLevel {
    /// Of an estimate that is the only one.
    single: Quantiles,
    /// Of the better one of two: each may be wrong half as often.
    better: Quantiles,
}

impl ConfidenceLevel {
    pub(crate) fn of(confidence: f64) -> Self {
        Self {
            single: Quantiles::of(confidence),
            better: Quantiles::of(f64::midpoint(confidence, 1.0)),
        }
    }
}

/// Quantiles of Student's t for 1, 2, 3, … degrees of freedom, then for twice as many each.
#[derive(Debug)]
struct Quantiles(Vec<f64>);

impl Quantiles {
    /// Degrees of freedom up to which each has its quantile.
    const EACH: u32 = 64;
    /// How often the number is doubled: 2^36 degrees are the normal distribution.
    const DOUBLED: u32 = 30;

    fn of(confidence: f64) -> Self {
        let each = (1..=Self::EACH).map(f64::from);
        let doubled = (1..=Self::DOUBLED)
            .map(|times| f64::from(Self::EACH) * 2.0_f64.powi(times.cast_signed()));
        let all = each.chain(doubled);
        Self(all.map(|freedom| t_quantile(confidence, freedom)).collect())
    }

    /// The quantile for the next smaller number of degrees that there is one for: intervals are a
    /// little too wide, by a fiftieth at most.
    fn at(&self, freedom: f64) -> f64 {
        let each = f64::from(Self::EACH);
        let at = if freedom < each {
            freedom.max(1.0) - 1.0
        } else {
            each - 1.0 + (freedom / each).log2()
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 63 plus a logarithm"
        )]
        let at = at as usize;
        let found = self.0.get(at).or(self.0.last());
        found.copied().unwrap_or(f64::INFINITY)
    }
}

/// Tests whether a quantity changed.
pub(crate) fn test(sides: Sides<&SideQuantity<'_>>, level: &ConfidenceLevel) -> TestOutcome {
    test_knowing(sides, || exact_probability(sides), level)
}

/// The same where it is known what [`exact_probability`] tells.
pub(crate) fn test_knowing(
    sides: Sides<&SideQuantity<'_>>,
    exact: impl FnOnce() -> f64,
    level: &ConfidenceLevel,
) -> TestOutcome {
    let Sides { before, after } = sides;
    let change = after.ratio() - before.ratio();
    let chances = chances(sides);
    let slices = sides.map(|side| Slices::new(side.slices.weights, side.slices.bases));
    let all = slices
        .each_ref()
        .map(|slices| slices.as_ref().map(Slices::all));
    let of_all = Spread::of(chances, all);
    let cores = slices
        .each_ref()
        .map(|slices| slices.as_ref().and_then(Slices::core));
    let mut of_time = of_all.probability(change);
    let mut half_width = level.single.at(of_all.freedom) * of_all.shown.sqrt();
    if cores.iter().any(Option::is_some) {
        let of_core = Spread::of(chances, cores);
        let ratios = Sides::from_fn(|role| {
            cores[role].map_or_else(|| sides[role].ratio(), |core| core.ratio)
        });
        let core_change = ratios.after - ratios.before;
        // What stood out must not be all that the change of everything is made of.
        let core_half = level.better.at(of_core.freedom) * of_core.shown.sqrt();
        let is_agreed = core_change * change > 0.0 && change.abs() > core_half;
        let in_core = of_core.probability(if is_agreed { core_change } else { 0.0 });
        half_width = if in_core < of_time {
            core_half
        } else {
            level.better.at(of_all.freedom) * of_all.shown.sqrt()
        };
        of_time = (2.0 * of_time.min(in_core)).min(1.0);
    }
    let probability = if change == 0.0 || of_all.tested <= 0.0 {
        1.0
    } else if before.samples + after.samples < EXACT_BELOW {
        of_time.max(exact())
    } else {
        of_time
    };
    TestOutcome {
        probability,
        half_width,
    }
}

/// The variance of a side's ratio were its samples independent.
#[derive(Clone, Copy, Debug)]
struct Chance {
    /// Were both sides alike.
    alike: f64,
    /// As the side is.
    own: f64,
}

fn chances(sides: Sides<&SideQuantity<'_>>) -> Sides<Chance> {
    let Sides { before, after } = sides;
    let base = before.base + after.base;
    let part = |of: f64| if base > 0.0 { of / base } else { 0.0 };
    let pooled = part(before.weight + after.weight);
    let samples = (before.samples + after.samples) as f64;
    sides.map(|side| {
        // A count of 0 is as uncertain as a count of 1.
        let own_ratio = if side.samples > 0 || side.base <= 0.0 {
            side.ratio()
        } else {
            pooled / samples.max(1.0)
        };
        Chance {
            alike: side.sampling_variance(pooled, samples * part(side.base)),
            own: side.sampling_variance(own_ratio, side.samples.max(1) as f64),
        }
    })
}

/// How far the difference of two ratios is spread.
#[derive(Clone, Copy, Debug)]
struct Spread {
    /// Its variance were both sides alike.
    tested: f64,
    /// Its variance as they are.
    shown: f64,
    /// Degrees of freedom of the variance.
    freedom: f64,
}

impl Spread {
    fn of(chances: Sides<Chance>, estimates: Sides<Option<Estimate>>) -> Self {
        let (mut tested, mut shown, mut welch) = (0.0, 0.0, 0.0);
        for (chance, estimate) in chances.zip(estimates) {
            let (sliced, freedom) = estimate.map_or((0.0, f64::INFINITY), |estimate| {
                (estimate.variance, estimate.freedom)
            });
            tested += chance.alike.max(sliced);
            shown += chance.own.max(sliced);
            if sliced > chance.alike {
                welch += sliced * sliced / freedom;
            }
        }
        let freedom = if welch > 0.0 {
            (tested * tested / welch).max(1.0)
        } else {
            1e9
        };
        Self {
            tested,
            shown,
            freedom,
        }
    }

    /// Probability of a difference of this size where there is none.
    fn probability(&self, change: f64) -> f64 {
        if change == 0.0 || self.tested <= 0.0 {
            return 1.0;
        }
        t_two_sided(change / self.tested.sqrt(), self.freedom)
    }
}

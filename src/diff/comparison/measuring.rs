//! How much every quantity changed, and how likely chance alone does that.

use std::ops::Range;

use hashbrown::HashMap;

use super::bases::Bases;
use super::change::Change;
use super::judgement::Families;
use super::quantities::{Quantities, bare_measures};
use super::slice_sums::SliceSums;
use crate::before_after::Sides;
use crate::diff::matching::Union;
use crate::diff::model::{ConfidenceLevel, exact_probability, test_knowing};
use crate::diff::sides::Count;
use crate::parallel::{Shares, in_shares};

/// Above this probability of chance alone (or of that which the confidence leaves) no change can
/// be significant, and small ones are not looked at more closely.
const CLOSER_BELOW: f64 = 0.02;
/// Fewer quantities than this are all looked at: it takes a tenth of a second.
const FEW: usize = 20_000;
/// Of more, those that take at least one part of so many of a side: two pixels of a picture.
const SEEN_PARTS: u64 = 500;

/// Fewer quantities are not worth a thread.
const MIN_SHARE: usize = 1 << 10;

/// What it takes to measure all quantities.
#[derive(Clone, Copy)]
pub(crate) struct Measuring<'a> {
    pub(crate) union: &'a Union,
    pub(crate) quantities: &'a Quantities,
    pub(crate) bases: &'a Bases,
    /// Numbers of slices of time.
    pub(crate) slices: Sides<usize>,
    pub(crate) level: &'a ConfidenceLevel,
    /// Probability of no false finding at all.
    pub(crate) confidence: f64,
    pub(crate) threads: usize,
}

impl Measuring<'_> {
    /// How quantities are shared between threads.
    const fn shares(&self) -> Shares {
        Shares {
            threads: self.threads,
            least: MIN_SHARE,
        }
    }

    /// The changes of all quantities, none of them significant yet.
    pub(crate) fn changes(&self) -> Families {
        let (bases, quantities) = (self.bases, self.quantities);
        let counts = &quantities.counts;
        let exact = self.exact_probabilities();
        let closer = CLOSER_BELOW.max(1.0 - self.confidence);
        let is_worth = |ix: usize| {
            let exists = counts[ix].iter().any(|count| count.samples > 0);
            exists && (self.is_seen(ix) || exact[ix] < closer)
        };
        let sums = SliceSums::new(self.union, quantities, self.slices, self.threads, is_worth);
        let change = |&ix: &usize| {
            let measured = sums.measure(ix, counts[ix], &bases.sides);
            let tested = || test_knowing(measured.each_ref(), || exact[ix], self.level);
            let outcome = is_worth(ix).then(tested);
            Change {
                subject: quantities.subjects[ix],
                counts: counts[ix],
                values: measured.map(|side| side.ratio() * bases.factor),
                half_width: outcome.map(|outcome| outcome.half_width * bases.factor),
                probability: outcome.map_or(exact[ix], |outcome| outcome.probability),
                beats_noise: false,
                is_significant: false,
            }
        };
        let all: Vec<usize> = (0..counts.len()).collect();
        let changes = |share: &[usize]| share.iter().map(change).collect::<Vec<_>>();
        let family = |range: Range<usize>| {
            let made = in_shares(&all[range], self.shares(), changes);
            let mut made = made.into_iter();
            let mut first = made.next().unwrap_or_default();
            made.for_each(|more| first.extend(more));
            first
        };
        Families {
            heads: family(0..quantities.inclusive),
            inclusive: family(quantities.inclusive..quantities.own),
            own: family(quantities.own..quantities.boxes),
            boxes: family(quantities.boxes..counts.len()),
        }
    }

    /// Of each quantity, the probability of its change were all samples independent.
    fn exact_probabilities(&self) -> Vec<f64> {
        let exact = |counts: Sides<Count>| {
            exact_probability(bare_measures(counts, &self.bases.sides).each_ref())
        };
        let all = |share: &[Sides<Count>]| {
            // Most boxes have few samples: what so many come to was mostly worked out before.
            let mut known = HashMap::new();
            let probabilities = share.iter().map(|&counts| {
                let samples = (counts.before.samples, counts.after.samples);
                *known.entry(samples).or_insert_with(|| exact(counts))
            });
            probabilities.collect::<Vec<f64>>()
        };
        in_shares(&self.quantities.counts, self.shares(), all).concat()
    }

    /// Whether a quantity is looked at whatever its change: of many, those that can be seen.
    fn is_seen(&self, ix: usize) -> bool {
        let counts = &self.quantities.counts;
        // The first quantity is everything.
        let mut sides = counts[ix].zip(counts[0]).into_iter();
        counts.len() < FEW
            || ix < self.quantities.inclusive
            || sides.any(|(count, whole)| count.samples.saturating_mul(SEEN_PARTS) >= whole.samples)
    }
}

//! Which changes are significant: each among all of its family.

use hashbrown::HashMap;

use super::bases::Bases;
use super::change::Change;
use super::normalise::Normalise;
use super::quantities::{Subject, bare_measure, bare_measures};
use crate::before_after::Sides;
use crate::diff::matching::Union;
use crate::diff::model::{
    ConfidenceLevel, Question, SideQuantity, SliceValues, Threshold, least_probability, test,
};
use crate::diff::sides::Count;
use crate::stack::Tag;

/// What it takes to judge a function that has no row of its own.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) bases: Bases,
    pub(crate) level: ConfidenceLevel,
    /// That of functions.
    pub(crate) threshold: Threshold,
    /// Whether a share of all samples is asked for, which all samples always have.
    pub(crate) constant: Option<Subject>,
}

impl Judgement {
    /// Whether a change is beyond the noise.
    fn passes(&self, change: &Change) -> bool {
        passes(change, &self.threshold, &self.bases)
    }

    /// What two measured values, neither of them of a row, come to.
    pub(crate) fn change(&self, subject: Subject, sides: &Sides<SlicedCount>) -> Change {
        let measured = Sides::from_fn(|role| {
            let (side, base) = (&sides[role], &self.bases.sides[role]);
            SideQuantity {
                slices: SliceValues {
                    weights: &side.weights,
                    bases: &base.slices,
                },
                ..bare_measure(side.count, base)
            }
        });
        let outcome = test(measured.each_ref(), &self.level);
        let factor = self.bases.factor;
        let mut change = Change {
            subject,
            counts: sides.each_ref().map(|side| side.count),
            values: measured.map(|side| side.ratio() * factor),
            half_width: Some(outcome.half_width * factor),
            probability: outcome.probability,
            beats_noise: false,
            is_significant: false,
        };
        change.beats_noise = self.passes(&change);
        change
    }
}

/// Samples of a quantity on one side, and their weights by slice of time.
#[derive(Debug)]
pub(crate) struct SlicedCount {
    pub(crate) count: Count,
    pub(crate) weights: Vec<f64>,
}

/// What is significant in each family of questions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    /// Everything, tags, exits and events.
    pub(crate) heads: Threshold,
    pub(crate) functions: Threshold,
    pub(crate) boxes: Threshold,
}

/// All changes but those of events.
pub(crate) struct Families {
    pub(crate) heads: Vec<Change>,
    pub(crate) inclusive: Vec<Change>,
    pub(crate) own: Vec<Change>,
    pub(crate) boxes: Vec<Change>,
}

impl Families {
    /// Marks what is significant.
    pub(crate) fn judge(&mut self, thresholds: &Thresholds, bases: &Bases, least: f64) {
        let whole = self.heads.first().map_or(0.0, |whole| {
            whole.values.before.abs().max(whole.values.after.abs())
        });
        for (changes, threshold) in [
            (&mut self.heads, &thresholds.heads),
            (&mut self.inclusive, &thresholds.functions),
            (&mut self.own, &thresholds.functions),
            (&mut self.boxes, &thresholds.boxes),
        ] {
            for change in changes {
                change.beats_noise = passes(change, threshold, bases);
                let is_large = change.difference().abs() >= least * whole;
                change.is_significant = change.beats_noise && is_large;
            }
        }
    }
}

/// What is the same on both sides, whatever they hold.
pub(crate) fn constant(normalise: &Normalise) -> Option<Subject> {
    match normalise {
        Normalise::Share => Some(Subject::Total),
        Normalise::Guest => Some(Subject::Tag(Tag::Guest)),
        Normalise::CpuTime | Normalise::Wall | Normalise::Event(_) | Normalise::None => None,
    }
}

/// What is significant among changes of a family.
pub(crate) fn threshold<'c>(
    changes: impl Iterator<Item = &'c Change>,
    bases: &Bases,
    rate: f64,
) -> Threshold {
    // Most boxes have few samples: what is least possible was mostly worked out before.
    let mut known = HashMap::new();
    let questions = changes.map(|change| Question {
        probability: change.probability,
        least: *known
            .entry(all_samples(change))
            .or_insert_with(|| least(change, bases)),
    });
    Threshold::of(&questions.collect::<Vec<_>>(), rate)
}

/// The samples of both sides, all that [`least`] depends on besides the bases.
fn all_samples(change: &Change) -> u64 {
    let Sides { before, after } = change.counts;
    before.samples.saturating_add(after.samples)
}

/// The smallest probability that any outcome with as many samples could have.
fn least(change: &Change, bases: &Bases) -> f64 {
    least_probability(bare_measures(change.counts, &bases.sides).each_ref())
}

/// Whether a change is significant among the questions that the threshold was made of.
fn passes(change: &Change, threshold: &Threshold, bases: &Bases) -> bool {
    threshold.may_pass(change.probability) && threshold.passes(question(change, bases))
}

/// What is asked of a quantity.
pub(crate) fn question(change: &Change, bases: &Bases) -> Question {
    Question {
        probability: change.probability,
        least: least(change, bases),
    }
}

pub(crate) fn existing(changes: &[Change]) -> impl Iterator<Item = &Change> {
    changes.iter().filter(|change| change.exists())
}

/// Whether a box has exactly the samples of the one below it: then it is the same question.
pub(crate) fn repeats_parent(union: &Union, boxes: &[Change], change: &Change) -> bool {
    let Subject::Box(node) = change.subject else {
        return false;
    };
    let parent = union.parents.get(node.as_usize()).map(|p| p.as_usize());
    let parent = parent.and_then(|parent| boxes.get(parent));
    parent.is_some_and(|parent| parent.counts == change.counts)
}

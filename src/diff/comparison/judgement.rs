//! Which changes are significant: each among all of its family.

use super::bases::Bases;
use super::change::Change;
use super::normalise::Normalise;
use super::quantities::{Quantities, Subject, bare_measure};
use crate::diff::matching::Union;
use crate::diff::model::{
    ConfidenceLevel, Question, SideQuantity, Threshold, least_probability, test,
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
    pub(crate) fn change(&self, subject: Subject, sides: [(Count, &[f64]); 2]) -> Change {
        let measure = |at: usize| SideQuantity {
            slices: (sides[at].1, &self.bases.sides[at].slices),
            ..bare_measure(sides[at].0, &self.bases.sides[at])
        };
        let (before, after) = (measure(0), measure(1));
        let outcome = test(&before, &after, &self.level);
        let factor = self.bases.factor;
        let mut change = Change {
            subject,
            before: sides[0].0,
            after: sides[1].0,
            value_before: before.ratio() * factor,
            value_after: after.ratio() * factor,
            half_width: Some(outcome.half_width * factor),
            probability: outcome.probability,
            beats_noise: false,
            is_significant: false,
        };
        change.beats_noise = self.passes(&change);
        change
    }
}

/// All changes but those of events.
pub(crate) struct Families {
    pub(crate) heads: Vec<Change>,
    pub(crate) inclusive: Vec<Change>,
    pub(crate) own: Vec<Change>,
    pub(crate) boxes: Vec<Change>,
}

impl Families {
    pub(crate) fn of(mut heads: Vec<Change>, quantities: &Quantities) -> Self {
        let boxes = heads.split_off(quantities.boxes);
        let own = heads.split_off(quantities.own);
        let inclusive = heads.split_off(quantities.inclusive);
        Self {
            heads,
            inclusive,
            own,
            boxes,
        }
    }

    /// Marks what is significant, by the thresholds of heads, functions and boxes.
    pub(crate) fn judge(&mut self, thresholds: [Threshold; 3], bases: &Bases, least: f64) {
        let whole = self.heads.first().map_or(0.0, |whole| {
            whole.value_before.abs().max(whole.value_after.abs())
        });
        let [of_heads, of_functions, of_boxes] = thresholds;
        for (changes, threshold) in [
            (&mut self.heads, of_heads),
            (&mut self.inclusive, of_functions),
            (&mut self.own, of_functions),
            (&mut self.boxes, of_boxes),
        ] {
            for change in changes {
                change.beats_noise = passes(change, &threshold, bases);
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
    let questions = changes.map(|change| question(change, bases));
    Threshold::of(&questions.collect::<Vec<_>>(), rate)
}

/// Whether a change is significant among the questions that the threshold was made of.
fn passes(change: &Change, threshold: &Threshold, bases: &Bases) -> bool {
    threshold.may_pass(change.probability) && threshold.passes(question(change, bases))
}

/// What is asked of a quantity.
pub(crate) fn question(change: &Change, bases: &Bases) -> Question {
    let before = bare_measure(change.before, &bases.sides[0]);
    let after = bare_measure(change.after, &bases.sides[1]);
    Question {
        probability: change.probability,
        least: least_probability(&before, &after),
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
    parent.is_some_and(|parent| parent.before == change.before && parent.after == change.after)
}

//! What changed from the exits of one side to those of the other.

use std::collections::{BTreeMap, BTreeSet};

use super::exit_side::{ExitFigures, ExitSide};
use super::ready::{ReadyChange, ReadyOf, find_ready, ready_changes};
use super::subject::{ExitSubject, SubjectKind};
use crate::before_after::{SideRole, Sides};
use crate::diff::model::{
    ConfidenceLevel, Divisor, Question, SideQuantity, SliceValues, Threshold, least_probability,
    test,
};
use crate::kvm::exit::{ReasonNames, ReasonNumbering};

/// How a subject's exits changed.
#[derive(Clone, PartialEq, Debug)]
pub struct ExitChange {
    /// The reason or the register.
    pub subject: ExitSubject,
    /// The exits of both sides; nothing where it does not occur.
    pub figures: Sides<ExitFigures>,
    /// Exits in a second; `None` where a side tells no times.
    pub rates: Option<Sides<f64>>,
    /// Probability of a change of the rate of at least this size where there is none.
    pub probability: f64,
    /// Whether the change of the rate is significant among all subjects.
    pub is_significant: bool,
    least: f64,
}

/// The exits of both sides.
#[derive(Clone, PartialEq, Debug)]
pub struct ExitComparison {
    /// What of them was measured.
    pub sides: Sides<ExitSide>,
    /// All subjects of either side, by kind, the most frequent first.
    pub changes: Vec<ExitChange>,
    /// The ready time of vCPUs; empty where a side does not tell it.
    pub ready: Vec<ReadyChange>,
    confidence: f64,
}

impl ExitComparison {
    /// Compares the exits of two sides, at a probability of no false finding.
    pub(crate) fn new(sides: Sides<ExitSide>, level: &ConfidenceLevel, confidence: f64) -> Self {
        let subjects: BTreeSet<ExitSubject> = sides
            .iter()
            .flat_map(|side| side.figures.keys().cloned())
            .collect();
        let change = |subject| ExitChange::of(subject, &sides, level);
        let mut changes: Vec<ExitChange> = subjects.into_iter().map(change).collect();
        let questions: Vec<Question> = changes.iter().map(ExitChange::question).collect();
        let threshold = Threshold::of(&questions, 1.0 - confidence);
        for (change, question) in changes.iter_mut().zip(questions) {
            change.is_significant = threshold.passes(question);
        }
        changes.sort_by(|a, b| {
            let order = a.subject.kind.cmp(&b.subject.kind);
            order.then_with(|| b.largest_rate().total_cmp(&a.largest_rate()))
        });
        let ready = ready_changes(&sides.each_ref().map(|side| &side.ready));
        Self {
            sides,
            changes,
            ready,
            confidence,
        }
    }

    /// The change of a subject; of one that was measured and does not occur, no change.
    ///
    /// # Errors
    /// When nothing can be said of it: why.
    pub(crate) fn find(&self, subject: &ExitSubject) -> Result<Option<&ExitChange>, String> {
        for (role, side) in self.sides.each_ref().with_roles() {
            if let Some(reason) = side.lacks(subject) {
                return Err(format!("the {} side {reason}", role.as_str()));
            }
        }
        let found = self
            .changes
            .iter()
            .find(|change| change.subject == *subject);
        if found.is_none() && !self.is_known(subject) {
            let what = if subject.kind == SubjectKind::Reason {
                "reason of that name"
            } else {
                "register of that number"
            };
            return Err(format!("neither side has an exit {what}"));
        }
        Ok(found)
    }

    /// The change of the ready time of these vCPUs.
    ///
    /// # Errors
    /// When a side does not tell it: why.
    pub(crate) fn find_ready(&self, subject: ReadyOf) -> Result<ReadyChange, String> {
        find_ready(&self.sides.each_ref().map(|side| &side.ready), subject)
    }

    /// Whether what does not occur could have been recorded: a register by its number, or a reason
    /// that the sides' own CPUs have. Vendors spell reasons differently (`HLT`, `hlt`).
    fn is_known(&self, subject: &ExitSubject) -> bool {
        if subject.name.starts_with("0x") {
            return true;
        }
        let Some(reason) = ReasonNames::reason_of(&subject.name) else {
            return false;
        };
        let reasons = self.changes.iter().map(|change| &change.subject);
        let reasons = reasons.filter(|seen| seen.kind == SubjectKind::Reason);
        let mut seen = reasons
            .filter_map(|seen| ReasonNames::reason_of(&seen.name))
            .map(|seen| seen.numbering)
            .peekable();
        let is_same = |seen: ReasonNumbering| seen.is_of_one_machine(reason.numbering);
        seen.peek().is_none() || seen.any(is_same)
    }

    /// Whether a percentile differs by more than the exits' own spread explains: the values at ranks
    /// a bit lower and a bit higher on both sides do not overlap.
    pub(crate) fn percentile_differs(&self, change: &ExitChange, part: f64) -> bool {
        // Two intervals of about 99.7 % each that do not overlap.
        const DEVIATIONS: f64 = 3.0;
        let interval = |role: SideRole| {
            let figures = &change.figures[role];
            let timed = figures.stats.timed as f64;
            let half = DEVIATIONS * (part * (1.0 - part) / timed.max(1.0)).sqrt();
            let at = |part: f64| figures.percentile_ns(part.clamp(0.0, 1.0));
            Some((at(part - half)?, at(part + half)?))
        };
        match (interval(SideRole::Before), interval(SideRole::After)) {
            (Some((low, high)), Some((other_low, other_high))) => {
                high < other_low || other_high < low
            }
            _ => true,
        }
    }

    /// Probability of no false finding among the marks.
    pub const fn confidence(&self) -> f64 {
        self.confidence
    }
}

impl ExitChange {
    fn of(subject: ExitSubject, sides: &Sides<ExitSide>, level: &ConfidenceLevel) -> Self {
        let found = |role: SideRole| sides[role].get(&subject).cloned();
        let figures = Sides::from_fn(|role| found(role).unwrap_or_default());
        let spans = sides.each_ref().map(|side| side.span_ns as f64 / 1e9);
        let has_times = spans.iter().all(|&span| span > 0.0);
        let slices = Sides::from_fn(|role| SecondCounts::of(&sides[role], &figures[role]));
        let measured = Sides::from_fn(|role| {
            let base = if has_times { spans[role] } else { 1.0 };
            SideQuantity {
                samples: figures[role].count,
                divisor: Divisor::Exact(base),
                weight: figures[role].count as f64,
                base,
                slices: SliceValues {
                    weights: &slices[role].counts,
                    bases: &slices[role].seconds,
                },
            }
        });
        let probability = test(measured.each_ref(), level).probability;
        let least = least_probability(measured.each_ref());
        let counts = figures.each_ref().map(|figures| figures.count as f64);
        let rate = |(count, span): (f64, f64)| count / span;
        Self {
            subject,
            rates: has_times.then(|| counts.zip(spans).map(rate)),
            figures,
            probability,
            is_significant: false,
            least,
        }
    }

    fn question(&self) -> Question {
        Question {
            probability: self.probability,
            least: self.least,
        }
    }

    /// What is compared: rates, or counts without times.
    pub fn values(&self) -> Sides<f64> {
        let counts = self.figures.each_ref().map(|figures| figures.count as f64);
        self.rates.unwrap_or(counts)
    }

    fn largest_rate(&self) -> f64 {
        let Sides { before, after } = self.values();
        before.max(after)
    }
}

/// The exits of a subject in each second.
#[derive(Default)]
struct SecondCounts {
    counts: Vec<f64>,
    seconds: Vec<f64>,
}

impl SecondCounts {
    fn of(side: &ExitSide, figures: &ExitFigures) -> Self {
        let seconds: BTreeMap<u64, f64> = side.seconds();
        let count = |second: &u64| figures.seconds.get(second).copied().unwrap_or(0) as f64;
        Self {
            counts: seconds.keys().map(count).collect(),
            seconds: seconds.values().copied().collect(),
        }
    }
}

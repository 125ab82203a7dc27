//! Stretches of a capture that are no record, and the times between which they lie.

use crate::perf::Damage;
use crate::units::Timestamp;

/// How many gaps are remembered one by one; the bytes of all are counted.
const MAX_GAPS: usize = 1000;

/// A stretch of the capture that is no record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// Where it is.
    pub damage: Damage,
    /// Time of the last record before it in the file that carries one.
    pub after: Option<Timestamp>,
    /// Time of the first record behind it in the file that carries one.
    pub before: Option<Timestamp>,
}

/// The time that a walk has come to, and the gaps on its way.
#[derive(Debug, Default)]
pub(super) struct WalkClock {
    /// Time of the latest record that carried one.
    latest: Option<Timestamp>,
    /// Time of the first record that carried one.
    first: Option<Timestamp>,
    gaps: Vec<Gap>,
    /// How many of the gaps lie in regions before this one.
    settled: usize,
}

impl WalkClock {
    /// Time of the latest record that carried one.
    pub(super) const fn latest(&self) -> Option<Timestamp> {
        self.latest
    }

    pub(super) fn into_gaps(self) -> Vec<Gap> {
        self.gaps
    }

    /// Takes note of a record's time.
    #[inline]
    pub(super) fn tick(&mut self, time: Timestamp) {
        self.latest = Some(time);
        self.first = self.first.or(Some(time));
        if self.gaps.last().is_some_and(|gap| gap.before.is_none()) {
            end_gaps(&mut self.gaps, Some(time));
        }
    }

    /// Takes note of a stretch that is no record.
    pub(super) fn jump(&mut self, damage: Damage) {
        if self.gaps.len() < MAX_GAPS {
            self.gaps.push(Gap {
                damage,
                after: self.latest,
                before: None,
            });
        }
    }

    /// Forgets the time: regions lie beside each other in time, not one behind the other.
    pub(super) fn end_region(&mut self) {
        self.latest = None;
        self.settled = self.gaps.len();
    }

    /// Goes on with the following part of the walk.
    pub(super) fn append(&mut self, later: Self) {
        end_gaps(
            self.gaps.get_mut(self.settled..).unwrap_or_default(),
            later.first,
        );
        let before = self.latest;
        let carry = |gap: Gap| Gap {
            after: gap.after.or(before),
            ..gap
        };
        self.gaps.extend(later.gaps.into_iter().map(carry));
        self.gaps.truncate(MAX_GAPS);
        self.latest = later.latest.or(before);
        self.first = self.first.or(later.first);
    }
}

/// Ends the last gaps, behind which no record with a time has come yet.
fn end_gaps(gaps: &mut [Gap], time: Option<Timestamp>) {
    let open = gaps.iter_mut().rev();
    for gap in open.take_while(|gap| gap.before.is_none()) {
        gap.before = time;
    }
}

//! What exits of one kind have in common, added up.

use super::finished::{ExitEnding, FinishedExit};
use super::histogram::Histogram;
use super::plain_exit::PlainExit;
use super::time_parts::TimeParts;

/// Which time of an exit its percentiles, least, greatest and mean are of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TimeBasis {
    /// All but what the guest wanted to sleep.
    #[default]
    Handled,
    /// All that passed by the clock, as perf counts it.
    Wall,
}

impl TimeBasis {
    /// The time of parts, in nanoseconds.
    pub const fn of(self, parts: &TimeParts) -> u64 {
        match self {
            Self::Handled => parts.handled(),
            Self::Wall => parts.wall(),
        }
    }
}

/// What exits of one kind have in common, added up. Times are nanoseconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExitStats {
    /// Exits.
    pub exits: u64,
    /// Occurrences of tracepoints that tell of an access by themselves.
    pub accesses: u64,
    /// Those of the exits whose time is known: by the basis, an exit that is nothing but sleep has
    /// none.
    pub timed: u64,
    /// Where the time went.
    pub parts: TimeParts,
    /// The shortest time; `u64::MAX` when no time is known.
    pub least: u64,
    /// The longest time.
    pub greatest: u64,
    /// The times.
    pub histogram: Histogram,
    /// Occurrences of tracepoints within the exits: what it took to record them is part of the time.
    pub occurrences: u64,
}

impl Default for ExitStats {
    fn default() -> Self {
        Self {
            exits: 0,
            accesses: 0,
            timed: 0,
            parts: TimeParts::default(),
            least: u64::MAX,
            greatest: 0,
            histogram: Histogram::default(),
            occurrences: 0,
        }
    }
}

impl ExitStats {
    /// Adds an exit.
    pub fn add(&mut self, exit: &FinishedExit, basis: TimeBasis) {
        self.exits += 1;
        if exit.ending != ExitEnding::Entry {
            return;
        }
        self.parts.add(&exit.parts);
        self.occurrences += u64::from(exit.occurrences);
        let taken = basis.of(&exit.parts);
        let is_all_sleep = taken == 0 && exit.parts.blocked > 0;
        if !is_all_sleep {
            self.timed += 1;
            self.least = self.least.min(taken);
            self.greatest = self.greatest.max(taken);
            self.histogram.add(taken);
        }
    }

    /// Adds an exit whose whole time passed in the kernel.
    #[inline]
    pub(super) fn add_plain(&mut self, exit: &PlainExit) {
        let taken = exit.took();
        self.exits += 1;
        self.timed += 1;
        self.parts.kernel = self.parts.kernel.saturating_add(taken);
        self.occurrences += u64::from(exit.occurrences);
        self.least = self.least.min(taken);
        self.greatest = self.greatest.max(taken);
        self.histogram.add(taken);
    }

    /// Adds those of the same kind that were met elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.exits += other.exits;
        self.accesses += other.accesses;
        self.timed += other.timed;
        self.parts.add(&other.parts);
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
        self.histogram.merge(&other.histogram);
        self.occurrences += other.occurrences;
    }

    /// The time that `part` of those whose time is known, from 0 to 1, do not exceed, within 0.8 %;
    /// the shortest and the longest are exact. `None` when no time is known.
    pub fn percentile(&self, part: f64) -> Option<u64> {
        let found = self.histogram.percentile(part)?;
        let is_last = self.timed as f64 * (1.0 - part) < 1.0;
        Some(if is_last {
            self.greatest
        } else {
            // A bucket's middle may lie outside of what occurred.
            found.clamp(self.least, self.greatest)
        })
    }

    /// All time by the basis.
    pub const fn total(&self, basis: TimeBasis) -> u64 {
        basis.of(&self.parts)
    }

    /// The mean time; `None` when no time is known.
    pub const fn mean(&self, basis: TimeBasis) -> Option<u64> {
        self.total(basis).checked_div(self.timed)
    }
}

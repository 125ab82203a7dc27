//! How long the stages took.

use std::time::{Duration, Instant};

/// A stage of the pipeline, as users see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Mapping the file; reading its header, events and features.
    Open,
    /// One walk over all record headers, without looking into any record. No part of a run: it
    /// is what [`Self::Fold`] costs at least.
    Index,
    /// One walk over all records; unique stacks. With several threads the kernel's symbols are read
    /// at the same time.
    Fold,
    /// Processes and mappings over time; folding again where they changed under a stack.
    Settle,
    /// A second walk that unwinds copied stacks; nothing where there are none.
    Unwind,
    /// Symbols: reading them, and naming each frame of each unique stack.
    Name,
    /// Tags, filters that need names, sums.
    Tag,
    /// The call tree.
    Tree,
    /// Writing the output.
    Draw,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 9] = [
        Self::Open,
        Self::Index,
        Self::Fold,
        Self::Settle,
        Self::Unwind,
        Self::Name,
        Self::Tag,
        Self::Tree,
        Self::Draw,
    ];

    /// The name, in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Index => "index",
            Self::Fold => "fold",
            Self::Settle => "settle",
            Self::Unwind => "unwind",
            Self::Name => "name",
            Self::Tag => "tag",
            Self::Tree => "tree",
            Self::Draw => "draw",
        }
    }

    /// Whether a run consists of it and the other stages of which this holds.
    pub const fn is_part_of_run(self) -> bool {
        !matches!(self, Self::Index)
    }
}

/// How long each stage of one run took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Timings {
    spent: [Duration; Stage::ALL.len()],
}

impl Timings {
    /// Adds time to a stage.
    pub fn add(&mut self, stage: Stage, spent: Duration) {
        self.spent[stage as usize] += spent;
    }

    /// Adds the times of another part of the run.
    pub fn extend(&mut self, other: &Self) {
        for (sum, spent) in self.spent.iter_mut().zip(other.spent) {
            *sum += spent;
        }
    }

    /// The time of a stage.
    pub fn of(&self, stage: Stage) -> Duration {
        self.spent[stage as usize]
    }

    /// The time of the whole run.
    pub fn total(&self) -> Duration {
        let parts = Stage::ALL
            .into_iter()
            .filter(|stage| stage.is_part_of_run());
        parts.map(|stage| self.of(stage)).sum()
    }
}

/// Measures stages that follow each other.
#[derive(Clone, Debug)]
pub struct Stopwatch {
    last: Instant,
    timings: Timings,
}

impl Stopwatch {
    /// Starts the first stage.
    pub fn start() -> Self {
        Self {
            last: Instant::now(),
            timings: Timings::default(),
        }
    }

    /// Ends a stage and starts the next.
    pub fn lap(&mut self, stage: Stage) {
        let now = Instant::now();
        self.timings.add(stage, now - self.last);
        self.last = now;
    }

    /// Goes on behind other stages that were measured by themselves.
    pub fn skip(&mut self, measured: &Timings) {
        self.timings.extend(measured);
        self.last = Instant::now();
    }

    /// What was measured.
    pub fn timings(&self) -> Timings {
        self.timings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header walk beside the run would make the run look longer than it is.
    #[test]
    fn the_total_is_that_of_the_run() {
        let mut timings = Timings::default();
        for (stage, millis) in Stage::ALL.into_iter().zip([1, 200, 3, 4, 5, 6, 7, 8]) {
            timings.add(stage, Duration::from_millis(millis));
        }
        assert_eq!(timings.of(Stage::Fold), Duration::from_millis(3));
        assert_eq!(
            timings.total(),
            Duration::from_millis(1 + 3 + 4 + 5 + 6 + 7 + 8)
        );
    }
}

//! What is asked for.

use super::dimension::Dimension;
use super::stats::TimeBasis;
use super::task::Task;
use crate::fold::TimeRange;
use crate::units::{Cpu, Timestamp};

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SurveyRequest {
    /// What the rows of each view are told apart by.
    pub views: Vec<Vec<Dimension>>,
    /// Which time of an exit is meant.
    pub basis: TimeBasis,
    /// How many of the slowest exits are kept.
    pub slowest: usize,
    /// Whether all exits are kept among them, also those of which it is not known how long they took.
    pub each: bool,
    /// Which exits.
    pub filter: SurveyFilter,
}

/// Which exits are wanted, by their `kvm_exit`. Empty lists want all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SurveyFilter {
    /// Host CPUs.
    pub cpus: Vec<Cpu>,
    /// Times.
    pub times: Vec<TimeRange>,
}

impl SurveyFilter {
    /// Whether everything is wanted.
    pub const fn takes_all(&self) -> bool {
        self.cpus.is_empty() && self.times.is_empty()
    }

    /// Whether what happened then and there is wanted.
    #[inline]
    pub fn takes(&self, moment: Moment) -> bool {
        let is_in = |range: &TimeRange| (range.first..=range.last).contains(&moment.at);
        (self.cpus.is_empty() || moment.cpu.is_some_and(|cpu| self.cpus.contains(&cpu)))
            && (self.times.is_empty() || self.times.iter().any(is_in))
    }
}

/// When and where something happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// On which CPU; `None` when the source does not say.
    pub cpu: Option<Cpu>,
    /// In which thread.
    pub task: Task,
}

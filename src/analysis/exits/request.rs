//! What is wanted of a capture's exits.

use crate::analysis::request::Request;
use crate::fold::TimeRange;
use crate::kvm::exit::{Dimension, SurveyFilter, SurveyRequest, TimeBasis};

/// What is wanted of a capture's exits.
#[derive(Clone, Debug, Default)]
pub struct ExitRequest {
    /// Which exits: by process, thread, CPU and time of `kvm_exit`. Its event and what is about
    /// stacks mean nothing here.
    pub filter: Request,
    /// What exits are told apart by, for each table.
    pub views: Vec<Vec<Dimension>>,
    /// Which time of an exit is meant.
    pub basis: TimeBasis,
    /// How many of the slowest exits are kept.
    pub slowest: usize,
    /// Whether the schedule of all threads is wanted, which needs `sched_switch`.
    pub all_threads: bool,
    /// Whether all exits are kept among the slowest, also those of which it is not known how long they
    /// took.
    pub each: bool,
}

impl ExitRequest {
    /// What is asked of a survey; `times` are those of the filter on the source's clock.
    pub(super) fn survey(&self, times: Vec<TimeRange>) -> SurveyRequest {
        SurveyRequest {
            views: self.views.clone(),
            basis: self.basis,
            slowest: self.slowest,
            each: self.each,
            filter: SurveyFilter {
                cpus: self.filter.cpus.clone(),
                times,
            },
        }
    }
}

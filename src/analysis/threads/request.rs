//! What is wanted of threads.

use crate::analysis::exits::{Dimension, ExitRequest, TimeBasis};
use crate::analysis::request::Request;
use crate::fold::WeightKind;
use crate::name::Grouping;

/// The tracepoint that tells times exactly.
pub(super) const SWITCHES: &str = "sched:sched_switch";

/// What is wanted of threads.
#[derive(Clone, Debug, Default)]
pub struct ThreadRequest {
    /// Which threads, CPUs and times. An event that is named tells the times, whatever else was
    /// recorded. Threads are wanted by any of their names.
    pub filter: Request,
}

impl ThreadRequest {
    /// What is asked of samples: all threads, since the others tell what the host did; by CPU only
    /// where samples tell them.
    pub(super) fn of_samples(&self, has_cpus: bool) -> Request {
        let mut wanted = self.of_all_threads();
        // Switches are no samples that tell parts.
        wanted.event = wanted.event.filter(|name| name != SWITCHES);
        Request {
            weight: WeightKind::Period,
            grouping: if has_cpus {
                Grouping::ThreadAndCpu
            } else {
                Grouping::Thread
            },
            ..wanted
        }
    }

    /// What is asked of tracepoints.
    pub(super) fn of_tracepoints(&self) -> ExitRequest {
        ExitRequest {
            filter: self.of_all_threads(),
            views: vec![vec![Dimension::Vcpu]],
            basis: TimeBasis::Handled,
            slowest: 0,
            all_threads: true,
            each: false,
        }
    }

    fn of_all_threads(&self) -> Request {
        Request {
            pids: Vec::new(),
            tids: Vec::new(),
            comms: Vec::new(),
            ..self.filter.clone()
        }
    }

    /// Whether threads are chosen.
    pub(super) fn is_of_some(&self) -> bool {
        let filter = &self.filter;
        !(filter.pids.is_empty() && filter.tids.is_empty() && filter.comms.is_empty())
    }
}

//! What is watched, and how.

use std::time::Duration;

use super::screen::LiveFormat;
use vmflame::analysis::stat::EventPatterns;
use vmflame::kvm::counter::LiveVm;

/// What is watched, and how.
#[derive(Clone, Debug)]
pub(in crate::cli) struct LiveRequest {
    /// VMs by their names or pids; empty for all.
    pub(in crate::cli) vms: Vec<String>,
    /// Counters or tracepoints; `None` for the usual ones.
    pub(in crate::cli) events: Option<EventPatterns>,
    /// How long an interval lasts.
    pub(in crate::cli) interval: Duration,
    /// What is written.
    pub(in crate::cli) format: LiveFormat,
}

impl LiveRequest {
    /// Whether a VM is asked for.
    pub(super) fn wants(&self, vm: &LiveVm) -> bool {
        let is_it = |asked: &String| {
            let pid = vm.pid.map(|pid| pid.to_string());
            vm.name.as_ref() == Some(asked) || pid.as_ref() == Some(asked)
        };
        self.vms.is_empty() || self.vms.iter().any(is_it)
    }
}

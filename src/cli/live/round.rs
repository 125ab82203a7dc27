//! One reading of all counters, on its way.

use super::request::LiveRequest;
use vmflame::kvm::counter::{LiveVm, VmReading};

/// One reading of all counters, on its way.
pub(super) struct Round<'r> {
    request: &'r LiveRequest,
    /// The VMs that were read.
    pub(super) vms: Vec<VmReading>,
    /// VMs that are there and could not be read this time.
    pub(super) missed: Vec<String>,
    /// What could not be read, a line each.
    pub(super) troubles: Vec<String>,
}

impl<'r> Round<'r> {
    pub(super) const fn new(request: &'r LiveRequest) -> Self {
        Self {
            request,
            vms: Vec::new(),
            missed: Vec::new(),
            troubles: Vec::new(),
        }
    }

    /// Whether a VM is asked for.
    pub(super) fn wants(&self, vm: &LiveVm) -> bool {
        self.request.wants(vm)
    }

    /// Whether a counter is asked for.
    pub(super) fn wants_counter(&self, name: &str) -> bool {
        let wanted = self.request.events.as_ref();
        wanted.is_none_or(|wanted| wanted.take(name))
    }

    pub(super) fn trouble(&mut self, what: String) {
        self.troubles.push(what);
    }
}

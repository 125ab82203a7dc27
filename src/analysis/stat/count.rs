//! What one part of a walk counts.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::owner::VmProcesses;
use super::series::{EventDetail, OccurrenceSeries, SeriesKey};
use crate::kvm::exit::{ExitReason, HostEvent};
use crate::units::{Pid, Tid};

/// A thread, an event and a stretch of time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct CountKey {
    /// `None` where the source does not tell.
    pub(super) pid: Option<Pid>,
    pub(super) tid: Tid,
    pub(super) event: usize,
    pub(super) detail: Option<EventDetail>,
    /// `None` without a time.
    pub(super) stretch: Option<u64>,
}

/// Occurrences by thread, event and stretch of time.
#[derive(Debug, Default)]
pub(super) struct Counts {
    counts: HashMap<CountKey, u64>,
}

impl Counts {
    #[inline]
    pub(super) fn add(&mut self, key: CountKey, occurrences: u64) {
        let sum = self.counts.entry(key).or_default();
        *sum = sum.saturating_add(occurrences);
    }

    /// Adds what another part counted.
    pub(super) fn append(&mut self, other: Self) {
        for (key, occurrences) in other.counts {
            self.add(key, occurrences);
        }
    }

    /// The keys, in no order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &CountKey> {
        self.counts.keys()
    }

    /// Adds up the threads of each VM that are wanted.
    pub(super) fn series(
        self,
        vms: &VmProcesses,
        is_wanted: impl Fn(Tid) -> bool,
    ) -> BTreeMap<SeriesKey, OccurrenceSeries> {
        let mut series: BTreeMap<SeriesKey, OccurrenceSeries> = BTreeMap::new();
        // Sums: in which order they are made does not matter.
        for (key, occurrences) in self
            .counts
            .into_iter()
            .filter(|(key, _)| is_wanted(key.tid))
        {
            let place = SeriesKey {
                owner: vms.owner(key.pid),
                event: key.event,
                detail: key.detail,
            };
            series
                .entry(place)
                .or_default()
                .add(key.stretch, occurrences);
        }
        series
    }
}

/// Why something happened; `None` for events that are not told apart by that.
pub(super) const fn detail_of(event: &HostEvent) -> Option<EventDetail> {
    match event {
        HostEvent::Exit(exit) => Some(EventDetail::Exit(ExitReason::of(exit))),
        HostEvent::UserspaceExit { errno, .. } if *errno < 0 => {
            Some(EventDetail::UserspaceError(*errno))
        }
        HostEvent::UserspaceExit { reason, .. } => Some(EventDetail::Userspace(*reason)),
        HostEvent::Entry { .. }
        | HostEvent::Pio { .. }
        | HostEvent::Mmio { .. }
        | HostEvent::FastMmio { .. }
        | HostEvent::Msr { .. }
        | HostEvent::Cpuid { .. }
        | HostEvent::Apic { .. }
        | HostEvent::Hypercall { .. }
        | HostEvent::PageFault { .. }
        | HostEvent::HaltPoll { .. }
        | HostEvent::Wakeup { .. }
        | HostEvent::SetIrq { .. }
        | HostEvent::MsiSetIrq { .. }
        | HostEvent::AcceptIrq { .. }
        | HostEvent::InjectVirq { .. }
        | HostEvent::Eoi { .. }
        | HostEvent::EmulateInsn { .. }
        | HostEvent::SchedSwitch { .. }
        | HostEvent::SchedWakeup { .. }
        | HostEvent::Other => None,
    }
}

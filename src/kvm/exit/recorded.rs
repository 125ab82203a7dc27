//! Which tracepoints a source records: what is missing then is not zero but unknown.

use super::host_event::HostEvent;

/// Which of the tracepoints that decide what can be told a source records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Recorded {
    /// `kvm_exit`.
    pub exits: bool,
    /// `kvm_entry`.
    pub entries: bool,
    /// `kvm_apic`.
    pub apic: bool,
    /// `kvm_userspace_exit`.
    pub userspace_exits: bool,
    /// `kvm_vcpu_wakeup`.
    pub wakeups: bool,
    /// `sched_switch`.
    pub switches: bool,
    /// `sched_wakeup`.
    pub sched_wakeups: bool,
}

impl Recorded {
    /// Adds that there are occurrences like this one.
    pub const fn add(&mut self, event: &HostEvent) {
        match event {
            HostEvent::Exit(_) => self.exits = true,
            HostEvent::Entry { .. } => self.entries = true,
            HostEvent::Apic { .. } => self.apic = true,
            HostEvent::UserspaceExit { .. } => self.userspace_exits = true,
            HostEvent::Wakeup { .. } => self.wakeups = true,
            HostEvent::SchedSwitch { .. } => self.switches = true,
            HostEvent::SchedWakeup { .. } => self.sched_wakeups = true,
            HostEvent::Pio { .. }
            | HostEvent::Mmio { .. }
            | HostEvent::FastMmio { .. }
            | HostEvent::Msr { .. }
            | HostEvent::Cpuid { .. }
            | HostEvent::Hypercall { .. }
            | HostEvent::PageFault { .. }
            | HostEvent::HaltPoll { .. }
            | HostEvent::SetIrq { .. }
            | HostEvent::MsiSetIrq { .. }
            | HostEvent::AcceptIrq { .. }
            | HostEvent::InjectVirq { .. }
            | HostEvent::Eoi { .. }
            | HostEvent::EmulateInsn { .. }
            | HostEvent::Other => {}
        }
    }
}

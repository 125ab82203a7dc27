//! Which tracepoints a source records: what is missing then is not zero but unknown.

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
    /// `kvm_halt_poll_ns`.
    pub halt_polls: bool,
    /// `sched_switch`.
    pub switches: bool,
    /// `sched_wakeup`.
    pub sched_wakeups: bool,
}

//! Which VM a thread belongs to.

use std::collections::BTreeSet;

use crate::kvm::VcpuThreadNames;
use crate::units::Pid;

/// Where an event happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum VmOwner {
    /// In this process, which runs vCPUs.
    Vm(Pid),
    /// In a process that does not: the kernel's own threads, and whatever an interrupt interrupted.
    Outside,
    /// The source does not tell processes.
    Untold,
}

/// Tracepoints that fire in threads of vCPUs only.
///
/// Source: where `trace_kvm_entry()` and the others are called, `virt/kvm/kvm_main.c` and `arch/*/kvm`,
/// Linux 6.18.
const OF_VCPUS: [&str; 11] = [
    "kvm:kvm_entry",
    "kvm:kvm_enter",
    "kvm:kvm_reenter",
    "kvm:kvm_exit",
    "kvm:kvm_userspace_exit",
    "kvm:kvm_vcpu_wakeup",
    "kvm:kvm_s390_sie_enter",
    "kvm:kvm_s390_sie_exit",
    "kvm_hv:kvm_guest_enter",
    "kvm_hv:kvm_guest_exit",
    "kvm:kvm_halt_poll_ns",
];

/// Whether an event fires in threads of vCPUs only.
pub(super) fn is_of_vcpus(event_name: &str) -> bool {
    OF_VCPUS.contains(&event_name)
}

/// Processes that run vCPUs: one of their threads does what only such threads do, or is called so.
#[derive(Debug)]
pub(super) struct VmProcesses {
    known: VcpuThreadNames,
    pub(super) pids: BTreeSet<Pid>,
}

impl VmProcesses {
    pub(super) fn new() -> Self {
        Self {
            known: VcpuThreadNames::new(),
            pids: BTreeSet::new(),
        }
    }

    /// Takes the name of a thread of a process.
    pub(super) fn take_name(&mut self, pid: Pid, name: &str) {
        if self.known.contain(name) {
            self.pids.insert(pid);
        }
    }

    /// Where a thread of a process belongs.
    pub(super) fn owner(&self, pid: Option<Pid>) -> VmOwner {
        match pid {
            None => VmOwner::Untold,
            Some(pid) if self.pids.contains(&pid) => VmOwner::Vm(pid),
            Some(_) => VmOwner::Outside,
        }
    }
}

//! How long interrupts took from where they were raised to their guest.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::histogram::Histogram;
use super::host_event::HostEvent;
use super::request::Moment;
use super::survey::VcpuSummary;
use crate::units::{Pid, Tid, Timestamp};

/// How long the interrupts of one vector took. Times are nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct InterruptLatency {
    /// Interrupts that were put into a guest.
    pub injected: u64,
    /// Those of them of which it is known when they were raised.
    pub timed: u64,
    /// Interrupts that were raised while one of the same vector had not reached its guest.
    pub merged: u64,
    /// From raising to injection.
    pub latency: Histogram,
    /// The longest.
    pub longest_ns: u64,
}

/// The vector of a vCPU's interrupt: two VMs use the same ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct VectorOf {
    /// The vCPU's thread.
    pub tid: Tid,
    /// The vector.
    pub vector: u32,
}

/// How long interrupts took: takes `kvm_msi_set_irq`, `kvm_set_irq`, `kvm_apic_accept_irq` and
/// `kvm_inj_virq` of all threads in order of time.
///
/// An interrupt is raised for a line or by a message in one thread; `kvm_apic_accept_irq`, which
/// follows in the same thread, tells to which vCPU it goes and with which vector. Where it was not
/// recorded nothing tells, and no time is given.
#[derive(Clone, Debug)]
pub struct Interrupts {
    /// vCPU threads by process and number; `None` where several have the same.
    by_number: HashMap<(Option<Pid>, u32), Option<Tid>>,
    /// When a thread raised a line or sent a message, until it tells for which vector.
    raised: HashMap<Tid, Timestamp>,
    /// When what was accepted was raised, until it is injected.
    accepted: HashMap<VectorOf, Timestamp>,
    found: BTreeMap<VectorOf, InterruptLatency>,
}

impl Interrupts {
    /// The interrupts of these vCPUs. Local APICs have the numbers of their vCPUs, as QEMU's do
    /// unless a topology leaves gaps. Where the source tells no processes, and there are several VMs,
    /// it is not known to which of them an interrupt goes.
    pub fn of(vcpus: &[VcpuSummary]) -> Self {
        let mut by_number = HashMap::new();
        for vcpu in vcpus {
            if let Some(number) = vcpu.vcpu {
                let own = Some(vcpu.task.tid);
                let others = by_number.entry((vcpu.task.pid, number));
                others.and_modify(|tid| *tid = None).or_insert(own);
            }
        }
        Self {
            by_number,
            raised: HashMap::new(),
            accepted: HashMap::new(),
            found: BTreeMap::new(),
        }
    }

    /// Takes the next occurrence; those of other tracepoints mean nothing here.
    pub fn take(&mut self, moment: Moment, event: &HostEvent) {
        let (now, task) = (moment.at, moment.task);
        if let HostEvent::MsiSetIrq { .. }
        | HostEvent::SetIrq {
            is_raised: true, ..
        } = event
        {
            self.raised.insert(task.tid, now);
        } else if let HostEvent::AcceptIrq { apic_id, vector } = *event {
            let raised = self.raised.remove(&task.tid);
            let target = self.by_number.get(&(task.pid, apic_id)).copied();
            if let (Some(raised), Some(tid)) = (raised, target.flatten()) {
                let key = VectorOf { tid, vector };
                if self.accepted.contains_key(&key) {
                    self.found.entry(key).or_default().merged += 1;
                } else {
                    self.accepted.insert(key, raised);
                }
            }
        } else if let HostEvent::InjectVirq { vector } = *event {
            let key = VectorOf {
                tid: task.tid,
                vector,
            };
            let found = self.found.entry(key).or_default();
            found.injected += 1;
            if let Some(raised) = self.accepted.remove(&key) {
                let took = now.as_nanos().saturating_sub(raised.as_nanos());
                found.timed += 1;
                found.latency.add(took);
                found.longest_ns = found.longest_ns.max(took);
            }
        }
    }

    /// What was found, by vCPU and vector.
    pub fn found(&self) -> &BTreeMap<VectorOf, InterruptLatency> {
        &self.found
    }
}

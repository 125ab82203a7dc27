//! What counters are at one time.

use std::collections::BTreeMap;

use crate::units::Pid;

/// What the value of a counter is.
///
/// Source: `KVM_STATS_TYPE_*`, include/uapi/linux/kvm.h, Linux 6.18; `StatsType`, qapi/stats.json,
/// QEMU 7.2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CounterKind {
    /// It counts from the start of the VM on.
    Cumulative,
    /// It goes up and down.
    Instant,
    /// The most that there was.
    Peak,
}

/// What a counter counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CounterUnit {
    /// Occurrences, or things.
    Occurrences,
    /// Nanoseconds.
    Nanoseconds,
}

impl CounterUnit {
    /// The unit of a counter whose name is all that is known of it.
    pub fn of_name(name: &str) -> Self {
        if name.ends_with("_ns") {
            Self::Nanoseconds
        } else {
            Self::Occurrences
        }
    }
}

/// A counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KvmCounter {
    /// Its value.
    pub value: u64,
    /// What the value is.
    pub kind: CounterKind,
    /// What it counts.
    pub unit: CounterUnit,
}

/// A VM that runs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LiveVm {
    /// What it is told apart from others by, as long as it runs.
    pub key: String,
    /// The VMM's process; `None` when nothing tells it.
    pub pid: Option<Pid>,
    /// What its VMM calls it; `None` when nothing tells it.
    pub name: Option<String>,
}

/// All counters of a VM at one time, those of its vCPUs added up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VmReading {
    /// The VM.
    pub vm: LiveVm,
    /// The counters by their names.
    pub counters: BTreeMap<String, KvmCounter>,
    /// Histograms by their names: how many lengths of time fell into the bucket from 2 to the power of
    /// its number less one, up to twice of that, in nanoseconds. The first bucket holds those below 1,
    /// the last those above it too.
    ///
    /// Source: `KVM_STATS_TYPE_LOG_HIST`, Documentation/virt/kvm/api.rst, Linux 6.18.
    pub histograms: BTreeMap<String, Vec<u64>>,
}

/// All counters of a host at one time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostReading {
    /// When they were read, in nanoseconds of a clock that is not set back.
    pub at_ns: u64,
    /// The VMs, each once.
    pub vms: Vec<VmReading>,
}

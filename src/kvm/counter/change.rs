//! What counters went up by.

use super::reading::{CounterKind, CounterUnit, LiveVm};

/// A counter, and what it went up by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CounterChange {
    /// Its name.
    pub name: String,
    /// What the value is.
    pub kind: CounterKind,
    /// What it counts.
    pub unit: CounterUnit,
    /// The value.
    pub value: u64,
    /// What it went up by since the reading before; `None` where it is no sum, or was set back.
    pub grown: Option<u64>,
    /// The same since it is watched.
    pub grown_in_all: Option<u64>,
}

/// A histogram, by what its buckets went up by since the reading before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistogramChange {
    /// Its name.
    pub name: String,
    /// The buckets, as in [`VmReading::histograms`](super::VmReading::histograms).
    pub buckets: Vec<u64>,
}

/// A VM, and what its counters went up by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VmChange {
    /// The VM.
    pub vm: LiveVm,
    /// For how long it is watched, in nanoseconds.
    pub watched_ns: u64,
    /// Its counters by their names.
    pub counters: Vec<CounterChange>,
    /// Its histograms that changed.
    pub histograms: Vec<HistogramChange>,
}

/// What changed from one reading to the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CounterChanges {
    /// How long that took, in nanoseconds.
    pub interval_ns: u64,
    /// How long all is watched, in nanoseconds.
    pub watched_ns: u64,
    /// The VMs that both readings have.
    pub vms: Vec<VmChange>,
    /// VMs that the second has only: their counters are watched from then on.
    pub begun: Vec<LiveVm>,
    /// VMs that the first has only.
    pub ended: Vec<LiveVm>,
    /// Counters that went back: somebody reset them.
    pub set_back: u64,
}

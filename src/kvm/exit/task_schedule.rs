//! How one thread got its host CPUs.

use std::collections::BTreeMap;

use super::histogram::Histogram;
use super::task::Task;
use crate::units::{Cpu, Tid};

/// A name as tracepoints record it, zero-padded.
pub(super) type PaddedName = [u8; 16];

/// How many names of a thread are kept besides the latest.
const EARLIER_NAMES: usize = 4;

/// How a thread got its host CPUs. Times are nanoseconds.
#[derive(Clone, Debug)]
pub struct TaskSchedule {
    /// The thread.
    pub task: Task,
    /// Its names, each once, by the switches to it; the latest is the last. A few at most.
    pub names: Vec<PaddedName>,
    /// Time on a CPU.
    pub running_ns: u64,
    /// The same, by CPU.
    pub running_on: BTreeMap<Cpu, u64>,
    /// Time in which it could run and did not.
    pub ready_ns: u64,
    /// Time asleep.
    pub asleep_ns: u64,
    /// How often it was made to stop running.
    pub preempted: u64,
    /// How long it then took until it ran again.
    pub preempted_for: Histogram,
    /// The longest of these.
    pub longest_preempted_ns: u64,
    /// How often it was woken.
    pub woken: u64,
    /// How long it then took until it ran.
    pub wake_latency: Histogram,
    /// The longest of these.
    pub longest_wake_ns: u64,
    /// Who ran on its CPU while it was ready, for how long; the idle task is thread 0. Only of threads
    /// that a schedule was asked for, and no more than the time in which it was ready: it is less where
    /// switches are missing, or where it got another CPU in the end.
    pub rivals: BTreeMap<Tid, u64>,
    /// The same since it became ready. It was not if nobody is seen to switch to it in the end.
    rivals_since_ready: BTreeMap<Tid, u64>,
}

impl TaskSchedule {
    pub(super) fn of(task: Task) -> Self {
        Self {
            task,
            names: Vec::new(),
            running_ns: 0,
            running_on: BTreeMap::new(),
            ready_ns: 0,
            asleep_ns: 0,
            preempted: 0,
            preempted_for: Histogram::default(),
            longest_preempted_ns: 0,
            woken: 0,
            wake_latency: Histogram::default(),
            longest_wake_ns: 0,
            rivals: BTreeMap::new(),
            rivals_since_ready: BTreeMap::new(),
        }
    }

    /// A thread ran on its CPU while it seemed to be ready.
    pub(super) fn saw(&mut self, rival: Tid, nanos: u64) {
        add_to(&mut self.rivals_since_ready, rival, nanos);
    }

    /// It was ready until now.
    pub(super) fn waited(&mut self, nanos: u64) {
        self.ready_ns = self.ready_ns.saturating_add(nanos);
        for (rival, nanos) in std::mem::take(&mut self.rivals_since_ready) {
            add_to(&mut self.rivals, rival, nanos);
        }
    }

    /// Since when it was not ready any more is not known.
    pub(super) fn did_not_wait(&mut self) {
        self.rivals_since_ready.clear();
    }

    /// It was running on a CPU.
    pub(super) fn ran(&mut self, cpu: Cpu, nanos: u64) {
        self.running_ns = self.running_ns.saturating_add(nanos);
        add_to(&mut self.running_on, cpu, nanos);
    }

    /// It was switched to under this name.
    pub(super) fn is_called(&mut self, name: PaddedName) {
        if self.names.last() != Some(&name) {
            self.names.retain(|earlier| *earlier != name);
            if self.names.len() > EARLIER_NAMES {
                self.names.remove(0);
            }
            self.names.push(name);
        }
    }
}

/// Adds to the time of a thread, or on a CPU.
fn add_to<K: Ord>(times: &mut BTreeMap<K, u64>, key: K, nanos: u64) {
    let sum = times.entry(key).or_default();
    *sum = sum.saturating_add(nanos);
}

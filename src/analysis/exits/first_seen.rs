//! Who was seen first on each CPU.

use std::collections::BTreeMap;

use crate::kvm::exit::{Schedule, Task};
use crate::units::{Cpu, Timestamp};

/// Who was seen first on each CPU, by any event.
#[derive(Debug, Default)]
pub(super) struct FirstSeen(BTreeMap<Cpu, SeenTask>);

/// A thread that was seen.
#[derive(Clone, Copy, Debug)]
struct SeenTask {
    at: Timestamp,
    task: Task,
}

impl FirstSeen {
    /// A thread was seen.
    pub(super) fn add(&mut self, cpu: Cpu, at: Timestamp, task: Task) {
        let seen = SeenTask { at, task };
        let first = self.0.entry(cpu).or_insert(seen);
        if at < first.at {
            *first = seen;
        }
    }

    /// Adds what was seen in a following part.
    pub(super) fn append(&mut self, later: Self) {
        for (cpu, SeenTask { at, task }) in later.0 {
            self.add(cpu, at, task);
        }
    }

    /// Who was seen first has been running since the recording began: a switch to it before that would
    /// have been seen. A thread that is ending no longer has an id.
    pub(super) fn begin(&self, schedule: &mut Schedule, since: Timestamp) {
        for (&cpu, seen) in &self.0 {
            if seen.task.tid.as_i32() >= 0 {
                schedule.begin(cpu, seen.task, since);
            }
        }
    }
}

//! Samples with their threads, before stacks have names.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::fold::{Block, EpochStack, KeptSample, Settled};
use crate::name::TaskNames;
use crate::space::{ThreadLife, Timeline};
use crate::units::ThreadId;

/// Samples with their threads.
#[derive(Debug, Default)]
pub(in crate::analysis) struct PlacedSamples {
    pub(super) samples: Vec<KeptSample>,
    /// The thread of each settled stack, as a position in the list.
    pub(super) thread_of: Vec<u32>,
    /// In the order of process, thread and birth.
    pub(super) threads: Vec<CalledThread>,
}

/// A thread by its id, and by how many threads had that id before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct ThreadTerm {
    thread: ThreadId,
    births: u32,
}

/// A thread with what it was called.
#[derive(Clone, Debug)]
pub(super) struct CalledThread {
    pub(super) thread: ThreadId,
    /// Its latest name among those it had when samples were taken.
    pub(super) name: String,
    pub(super) earlier_names: Vec<String>,
    /// The name of its process at that time.
    pub(super) process: String,
    /// The number of that name.
    number: u32,
}

impl PlacedSamples {
    /// The samples of settled stacks, which are taken out of them.
    pub(in crate::analysis) fn take(settled: &mut Settled<'_>, timeline: &Timeline) -> Self {
        let samples = settled.take_samples();
        let mut lives: HashMap<(ThreadId, u32), ThreadTerm> = HashMap::new();
        let mut found: BTreeMap<ThreadTerm, CalledThread> = BTreeMap::new();
        let mut of_stacks = Vec::new();
        for EpochStack { stack, task_epoch } in settled.blocks().iter().flat_map(Block::iter) {
            let thread = ThreadId {
                pid: stack.key.pid,
                tid: stack.key.tid,
            };
            let life = timeline.histories(thread).life(task_epoch);
            let lifetime = *lives.entry((thread, life.name)).or_insert_with(|| {
                let lifetime = ThreadTerm {
                    thread,
                    births: life.births,
                };
                let names = TaskNames::of(timeline, thread.pid, thread.tid, task_epoch);
                let known = found.entry(lifetime);
                let known = known.or_insert_with(|| CalledThread::of(thread));
                known.is_called(&names, life);
                lifetime
            });
            of_stacks.push(lifetime);
        }
        let numbers: HashMap<ThreadTerm, u32> = found.keys().copied().zip(0..).collect();
        let number = |lifetime| numbers.get(lifetime).copied().unwrap_or_default();
        Self {
            samples,
            thread_of: of_stacks.iter().map(number).collect(),
            threads: found.into_values().collect(),
        }
    }
}

impl CalledThread {
    fn of(thread: ThreadId) -> Self {
        Self {
            thread,
            name: String::new(),
            earlier_names: Vec::new(),
            process: String::new(),
            number: 0,
        }
    }

    /// The thread has samples under a name.
    fn is_called(&mut self, names: &TaskNames<'_>, life: ThreadLife) {
        let is_first = self.process.is_empty();
        if !is_first && life.name < self.number {
            self.earlier_names.push(names.thread.to_string());
            return;
        }
        let earlier = std::mem::replace(&mut self.name, names.thread.to_string());
        if !is_first {
            self.earlier_names.push(earlier);
        }
        self.process = names.process.to_string();
        self.number = life.name;
    }
}

//! Times by samples, each with its tag.

use std::collections::{BTreeMap, BTreeSet};

use super::thread_use::{OnCpuParts, ThreadUse};
use crate::analysis::profile::Profile;
use crate::kvm::exit::Task;
use crate::name::{Stack, ThreadSpell};
use crate::stack::Tag;
use crate::units::{Cpu, ThreadId, Tid};

/// What samples tell of threads.
#[derive(Debug, Default)]
pub(super) struct Sampled {
    pub(super) threads: Vec<ThreadUse>,
    /// Threads whose stacks or samples show that they run a vCPU.
    pub(super) vcpus: BTreeSet<Tid>,
    /// What samples of idle CPUs weigh.
    pub(super) idle: u64,
    /// What samples weigh that found the idle task serving an interrupt.
    pub(super) interrupts: u64,
}

/// A thread by its id, and by how many threads had that id before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Lifetime {
    thread: ThreadId,
    births: u32,
}

impl Lifetime {
    const fn of(spell: ThreadSpell) -> Self {
        Self {
            thread: spell.thread,
            births: spell.life.births,
        }
    }
}

/// A thread with the number of its latest name.
struct NamedUse {
    thread: ThreadUse,
    name: u32,
    /// All its names.
    names: BTreeSet<String>,
}

impl Sampled {
    pub(super) fn of(profile: &Profile) -> Self {
        let mut sampled = Self::default();
        let mut found: BTreeMap<Lifetime, NamedUse> = BTreeMap::new();
        for stack in profile.stacks.iter() {
            let view = profile.stacks.view(stack, &profile.frames);
            let Some(spell) = profile.stacks.spell(stack) else {
                continue;
            };
            if view.is_idle_task {
                let sum = if stack.tag == Tag::Idle {
                    &mut sampled.idle
                } else {
                    &mut sampled.interrupts
                };
                *sum = sum.saturating_add(stack.weight);
                continue;
            }
            if view.is_vcpu_thread {
                sampled.vcpus.insert(spell.thread.tid);
            }
            let found = found.entry(Lifetime::of(spell));
            let found = found.or_insert_with(|| NamedUse::of(spell, view.thread_name));
            found.is_called(view.thread_name, view.process_name, spell.life.name);
            found.add(stack, spell.cpu);
        }
        sampled.threads = found.into_values().map(NamedUse::finish).collect();
        sampled
    }

    /// What the threads of an id ran, all together: where switches tell times, samples tell parts.
    pub(super) fn parts_by_thread(&self) -> BTreeMap<Tid, OnCpuParts> {
        let mut parts: BTreeMap<Tid, OnCpuParts> = BTreeMap::new();
        for thread in &self.threads {
            let own = thread.parts.unwrap_or_default();
            parts.entry(thread.task.tid).or_default().join(&own);
        }
        parts
    }
}

impl NamedUse {
    fn of(spell: ThreadSpell, name: &str) -> Self {
        let ThreadId { pid, tid } = spell.thread;
        let pid = Some(pid);
        Self {
            thread: ThreadUse::of(Task { pid, tid }, name.to_owned()),
            name: spell.life.name,
            names: BTreeSet::new(),
        }
    }

    /// The thread with the names that it had before its latest.
    fn finish(self) -> ThreadUse {
        let Self {
            mut thread, names, ..
        } = self;
        let earlier = names.into_iter().filter(|name| *name != thread.name);
        thread.earlier_names = earlier.collect();
        thread
    }

    /// Adds the samples of a stack.
    fn add(&mut self, stack: &Stack, cpu: Option<Cpu>) {
        let thread = &mut self.thread;
        let (samples, weight) = (stack.samples, stack.weight);
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(thread.samples.get_or_insert(0), samples);
        add(thread.on_cpu.get_or_insert(0), weight);
        let parts = thread.parts.get_or_insert_default();
        parts.add(stack.tag, weight);
        if let Some(cpu) = cpu {
            add(thread.by_cpu.entry(cpu).or_default(), weight);
        }
    }

    /// The thread has samples under a name, which is the so many-th.
    fn is_called(&mut self, name: &str, process: &str, number: u32) {
        let thread = &mut self.thread;
        if thread.process.is_empty() || number >= self.name {
            process.clone_into(&mut thread.process);
        }
        if !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
        if number >= self.name {
            self.name = number;
            name.clone_into(&mut thread.name);
        }
    }
}

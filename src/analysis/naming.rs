//! From unique raw stacks to named ones.

use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::grouping::{SplitName, VmNames, roots, task_names};
use super::lane::{Lane, in_lanes};
use super::locate::{FrameScope, LocatedStack, Map, TaskKey};
use super::namer::Namer;
use super::stacks::{NamedStacks, Stack};
use super::{Request, WeightKind};
use crate::fold::{Settled, Split, UserPart};
use crate::perf::Capture;
use crate::perf::bytes::with_order;
use crate::stack::{FrameIx, Tag};

/// What all stacks of a thread at a moment have in common.
#[derive(Debug)]
pub(super) struct Task {
    /// The grouping frames, root first.
    roots: Vec<FrameIx>,
    /// Names of the process and of the thread, as indexes into the common list.
    names: (u32, u32),
    /// The cgroup's path, as an index into the common list.
    cgroup: u32,
}

/// Named stacks while they are made, with what tells whether one is there already.
#[derive(Debug, Default)]
struct Naming {
    named: NamedStacks,
    /// Positions of the stacks.
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    name_index: HashMap<String, u32>,
    tasks: HashMap<TaskKey, Rc<Task>>,
}

/// Names the frames of all stacks. Every stack is `host` until [`NamedStacks::tag`].
///
/// `max_stack` is how many addresses the recorder kept of a stack.
pub(super) fn name_stacks(
    capture: &Capture,
    settled: &Settled<'_>,
    namer: &mut Namer<'_>,
    (request, max_stack): (&Request, usize),
) -> NamedStacks {
    let map = Map {
        timeline: namer.timeline(),
        kernel: namer.kernel(),
        scope: request.scope,
        is_split: request.split() != Split::Nothing,
    };
    let vms = VmNames::find(settled, namer.timeline());
    let mut naming = Naming::default();
    let use_block = |lane: &mut Lane<'_, '_>| {
        lane.name(|location| namer.name(location));
        lane.meet(|task| naming.task(task, namer, request, &vms));
        for (located, task, chain) in lane.stacks() {
            naming.add(located, (task, chain), (request, max_stack));
        }
    };
    let threads = request.threads;
    let lanes = with_order!(capture.endian(), O => {
        in_lanes::<O>(settled, &map, threads, use_block)
    });
    for lane in &lanes {
        namer.count(lane.locations());
    }
    naming.named
}

impl Naming {
    /// Adds a stack of a task with the frames of its call chain, root first.
    fn add(
        &mut self,
        located: &LocatedStack<'_>,
        (task, chain): (&Task, impl Iterator<Item = FrameIx>),
        (request, max_stack): (&Request, usize),
    ) {
        let (stack, chain_len) = (located.stack, located.chain_len);
        let key = stack.key;
        let start = self.named.frames.len();
        self.named.frames.extend_from_slice(&task.roots);
        let first = self.named.frames.len();
        self.named.frames.extend(chain);
        if self.named.frames.len() == first && request.scope != FrameScope::All {
            self.named.frames.truncate(start);
            self.named.out_of_scope += stack.samples;
            return;
        }
        // Slices of time have no frames of their own.
        let is_sliced = request.slices > 0 && request.split() == Split::Nothing;
        let slice = if is_sliced { key.split } else { 0 };
        let len = self.named.frames.len() - start;
        let samples_if = |holds: bool| if holds { stack.samples } else { 0 };
        self.merge(Stack {
            start,
            len,
            pid: key.pid,
            tid: key.tid,
            mode: key.mode,
            chain_is_empty: chain_len == 0,
            names: task.names,
            tag: Tag::Host,
            deciding: len,
            samples: stack.samples,
            weight: match request.weight {
                WeightKind::Samples => stack.samples,
                WeightKind::Period => stack.period,
            },
            slice: u32::try_from(slice).unwrap_or(u32::MAX),
            truncated: samples_if(chain_len >= max_stack),
            copied: samples_if(matches!(stack.user, UserPart::CopiedStack(_))),
            cgroup: task.cgroup,
        });
    }

    /// Adds a stack whose frames are the last ones of the list; where the same is there already,
    /// they are dropped. Addresses differ where names do not.
    fn merge(&mut self, new: Stack) {
        let Self { index, hasher, .. } = self;
        let NamedStacks { stacks, frames, .. } = &mut self.named;
        let frames_of = |stack: &Stack| frames.get(stack.start..stack.start + stack.len);
        let hash = hash_of(hasher, &new, frames_of(&new).unwrap_or_default());
        let same = |&ix: &u32| {
            let old = &stacks[ix as usize];
            old.is_like(&new) && frames_of(old) == frames_of(&new)
        };
        if let Some(&ix) = index.find(hash, same) {
            frames.truncate(new.start);
            let old = &mut stacks[ix as usize];
            old.samples += new.samples;
            old.weight = old.weight.saturating_add(new.weight);
            old.truncated += new.truncated;
            old.copied += new.copied;
            return;
        }
        let ix = u32::try_from(stacks.len()).unwrap_or(u32::MAX);
        stacks.push(new);
        index.insert_unique(hash, ix, |&ix| {
            let stack = &stacks[ix as usize];
            hash_of(hasher, stack, frames_of(stack).unwrap_or_default())
        });
    }

    /// What all stacks of a thread at a moment have in common; made once.
    fn task(
        &mut self,
        key: TaskKey,
        namer: &mut Namer<'_>,
        request: &Request,
        vms: &VmNames,
    ) -> Rc<Task> {
        if let Some(known) = self.tasks.get(&key) {
            return Rc::clone(known);
        }
        let (pid, tid, moment, split) = key;
        let timeline = namer.timeline();
        let (process, thread) = task_names(timeline, pid, tid, moment);
        let split = SplitName::of(request.split(), split, timeline);
        let shown = roots(
            request.grouping,
            (pid, tid),
            (&process, &thread),
            &split,
            vms,
        );
        let roots = shown.iter().map(|root| namer.root(root)).collect();
        let cgroup = if request.split() == Split::Cgroup {
            split.0
        } else {
            String::new()
        };
        let names = (self.intern(process), self.intern(thread));
        let task = Rc::new(Task {
            roots,
            names,
            cgroup: self.intern(cgroup),
        });
        self.tasks.insert(key, Rc::clone(&task));
        task
    }

    fn intern(&mut self, name: String) -> u32 {
        let next = u32::try_from(self.named.names.len()).unwrap_or(u32::MAX);
        if let Some(&known) = self.name_index.get(&name) {
            return known;
        }
        self.named.names.push(name.clone());
        self.name_index.insert(name, next);
        next
    }
}

impl Stack {
    /// Whether both are the same but for their frames and what they weigh.
    fn is_like(&self, other: &Self) -> bool {
        let of = |stack: &Self| {
            let task = (stack.pid, stack.tid, stack.names, stack.cgroup);
            (task, stack.mode, stack.chain_is_empty, stack.slice)
        };
        self.len == other.len && of(self) == of(other)
    }
}

fn hash_of(hasher: &DefaultHashBuilder, stack: &Stack, frames: &[FrameIx]) -> u64 {
    let mut state = hasher.build_hasher();
    state.write_u32(stack.tid.as_i32().cast_unsigned());
    state.write_u32(stack.slice);
    for pair in frames.chunks(2) {
        let second = pair.get(1).map_or(u32::MAX, |frame| frame.0);
        state.write_u64(u64::from(pair[0].0) << 32 | u64::from(second));
    }
    state.finish()
}

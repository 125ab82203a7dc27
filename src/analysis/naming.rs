//! From unique raw stacks to named ones.

use std::hash::{BuildHasher, Hasher};
use std::sync::{Mutex, PoisonError};

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::choice::Recorded;
use super::grouping::{SplitName, VmNames, roots, task_names};
use super::lane::{Shared, in_lanes};
use super::locate::{FrameScope, LocatedStack, Map, TaskKey};
use super::namer::Namer;
use super::stacks::{NamedStacks, Stack};
use super::{Request, WeightKind};
use crate::fold::{Settled, Split, UserPart};
use crate::perf::Capture;
use crate::perf::bytes::with_order;
use crate::stack::{FrameIx, Tag};
use crate::symbol::Unresolved;

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
pub(super) struct Merging {
    named: NamedStacks,
    /// Positions of the stacks, each with the hash of its stack: frames are many, and a table that
    /// grows asks for all hashes again.
    index: HashTable<(u64, u32)>,
    hasher: DefaultHashBuilder,
    name_index: HashMap<String, u32>,
    /// Frames without a name, one count per sample, by cause.
    causes: [u64; Unresolved::ALL.len()],
}

/// Names the frames of all stacks. Every stack is `host` until [`NamedStacks::tag`].
pub(super) fn name_stacks(
    capture: &Capture,
    settled: &Settled<'_>,
    namer: &mut Namer<'_>,
    (request, recorded): (&Request, Recorded),
) -> NamedStacks {
    let map = Map {
        timeline: namer.timeline(),
        kernel: namer.kernel(),
        scope: request.scope,
        is_split: request.split() != Split::Nothing,
    };
    let vms = VmNames::find(settled, namer.timeline());
    let shared = Shared {
        namer: Mutex::new(namer),
        request,
        vms: &vms,
        recorded,
    };
    let threads = request.threads;
    let merged = with_order!(capture.endian(), O => {
        in_lanes::<O>(settled, &map, threads, &shared)
    });
    let namer = shared.namer.into_inner();
    let namer = namer.unwrap_or_else(PoisonError::into_inner);
    namer.count(merged.causes);
    merged.named
}

impl Merging {
    /// An empty one, which may be appended to this one.
    pub(super) fn like(&self) -> Self {
        Self {
            hasher: self.hasher.clone(),
            ..Self::default()
        }
    }

    /// Adds a stack of a task with the frames of its call chain, root first, each with the reason
    /// why it has no name.
    pub(super) fn add(
        &mut self,
        located: &LocatedStack<'_>,
        (task, chain): (
            &Task,
            impl ExactSizeIterator<Item = (FrameIx, Option<Unresolved>)>,
        ),
        (request, recorded): (&Request, Recorded),
    ) {
        let (stack, chain_len) = (located.stack, located.chain_len);
        if chain.len() == 0 && request.scope != FrameScope::All {
            self.named.out_of_scope += stack.samples;
            return;
        }
        let key = stack.key;
        let start = self.named.frames.len();
        self.named.frames.extend_from_slice(&task.roots);
        let causes = &mut self.causes;
        self.named.frames.extend(chain.map(|(frame, cause)| {
            if let Some(count) = cause.and_then(|cause| causes.get_mut(cause.index())) {
                *count += stack.samples;
            }
            frame
        }));
        // Slices of time have no frames of their own.
        let is_sliced = request.slices > 0 && request.split() == Split::Nothing;
        let slice = if is_sliced { key.split } else { 0 };
        let len = self.named.frames.len() - start;
        let samples_if = |holds: bool| if holds { stack.samples } else { 0 };
        let new = Stack {
            start,
            len,
            pid: key.pid,
            tid: key.tid,
            mode: key.mode,
            chain_is_empty: recorded.has_chains && chain_len == 0,
            names: task.names,
            tag: Tag::Host,
            deciding: len,
            samples: stack.samples,
            weight: match request.weight {
                WeightKind::Samples => stack.samples,
                WeightKind::Period => stack.period,
            },
            slice: u32::try_from(slice).unwrap_or(u32::MAX),
            truncated: samples_if(chain_len >= recorded.max_stack),
            copied: samples_if(matches!(stack.user, UserPart::CopiedStack(_))),
            cgroup: task.cgroup,
        };
        let frames = self.named.frames.get(start..).unwrap_or_default();
        let hash = hash_of(&self.hasher, &new, frames);
        self.merge(new, hash);
    }

    /// Adds what was made of the stacks that follow.
    pub(super) fn append(&mut self, later: Self) {
        let mut hashes = vec![0; later.named.stacks.len()];
        for &(hash, ix) in &later.index {
            hashes[ix as usize] = hash;
        }
        let names = later.named.names.into_iter();
        let names: Vec<u32> = names.map(|name| self.intern(name)).collect();
        let name = |ix: u32| names.get(ix as usize).copied().unwrap_or(u32::MAX);
        for (mut stack, hash) in later.named.stacks.into_iter().zip(hashes) {
            let frames = later.named.frames.get(stack.start..stack.start + stack.len);
            stack.start = self.named.frames.len();
            stack.names = (name(stack.names.0), name(stack.names.1));
            stack.cgroup = name(stack.cgroup);
            self.named
                .frames
                .extend_from_slice(frames.unwrap_or_default());
            self.merge(stack, hash);
        }
        self.named.out_of_scope += later.named.out_of_scope;
        for (sum, count) in self.causes.iter_mut().zip(later.causes) {
            *sum += count;
        }
    }

    /// Adds a stack whose frames are the last ones of the list; where the same is there already,
    /// they are dropped. Addresses differ where names do not.
    fn merge(&mut self, new: Stack, hash: u64) {
        let index = &mut self.index;
        let NamedStacks { stacks, frames, .. } = &mut self.named;
        let frames_of = |stack: &Stack| frames.get(stack.start..stack.start + stack.len);
        let same = |&(of_old, ix): &(u64, u32)| {
            let old = &stacks[ix as usize];
            of_old == hash && old.is_like(&new) && frames_of(old) == frames_of(&new)
        };
        if let Some(&(_, ix)) = index.find(hash, same) {
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
        index.insert_unique(hash, (hash, ix), |&(hash, _)| hash);
    }

    /// What all stacks of a thread at a moment have in common.
    pub(super) fn task(
        &mut self,
        key: TaskKey,
        namer: &mut Namer<'_>,
        (request, vms): (&Request, &VmNames),
    ) -> Task {
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
        Task {
            roots,
            names,
            cgroup: self.intern(cgroup),
        }
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

//! Unique raw stacks as named, tagged ones.

use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;

use hashbrown::{DefaultHashBuilder, HashMap, HashSet, HashTable};

use super::grouping::{SplitName, VmNames, roots, task_names};
use super::lane::{Lane, in_lanes};
use super::locate::{FrameScope, LocatedStack, Map, TaskKey};
use super::namer::Namer;
use super::{Request, WeightKind};
use crate::fold::{Settled, Split, UserPart};
use crate::kvm::{StackView, Tagger};
use crate::perf::Capture;
use crate::perf::bytes::with_order;
use crate::stack::{FrameIx, FrameTable, Tag};
use crate::units::{CpuMode, Pid, Tid};

/// A named stack.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Where its frames begin in the common list.
    start: usize,
    /// Number of frames.
    len: usize,
    /// Process.
    pub pid: Pid,
    /// Thread.
    pub tid: Tid,
    /// Mode of the samples themselves.
    pub mode: CpuMode,
    /// Whether the call chain held no address.
    pub chain_is_empty: bool,
    /// Names of the process and of the thread at the time, as indexes into the common list.
    names: (u32, u32),
    /// What the stack is doing.
    pub tag: Tag,
    /// Position of the first frame that carries the tag; the number of frames when none does.
    pub deciding: usize,
    /// Number of samples.
    pub samples: u64,
    /// What the samples weigh together.
    pub weight: u64,
    /// The slice of time that the samples lie in; 0 unless slices were asked for.
    pub slice: u32,
    /// Samples whose call chain is as long as the recorder's limit.
    truncated: u64,
    /// Samples whose user stack was copied, of which only the instruction pointer is shown.
    copied: u64,
    /// The cgroup's path, as an index into the common list; empty when stacks are not split by
    /// cgroup.
    cgroup: u32,
}

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

/// Named stacks, each once, with their frames in one list.
#[derive(Debug, Default)]
pub struct NamedStacks {
    stacks: Vec<Stack>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    frames: Vec<FrameIx>,
    names: Vec<String>,
    name_index: HashMap<String, u32>,
    tasks: HashMap<TaskKey, Rc<Task>>,
    /// Samples that have no frame in the wanted scope.
    out_of_scope: u64,
}

impl NamedStacks {
    /// Names the frames of all stacks. Every stack is `host` until [`Self::tag`].
    ///
    /// `max_stack` is how many addresses the recorder kept of a stack.
    pub(super) fn build(
        capture: &Capture,
        settled: &Settled<'_>,
        namer: &mut Namer<'_>,
        (request, max_stack): (&Request, usize),
    ) -> Self {
        let map = Map {
            timeline: namer.timeline(),
            kernel: namer.kernel(),
            scope: request.scope,
            is_split: request.split() != Split::Nothing,
        };
        let vms = VmNames::find(settled, namer.timeline());
        let mut named = Self::default();
        let use_block = |lane: &mut Lane<'_, '_>| {
            lane.name(|location| namer.name(location));
            lane.meet(|task| named.task(task, namer, request, &vms));
            for (located, task, chain) in lane.stacks() {
                named.add(located, (task, chain), (request, max_stack));
            }
        };
        let threads = request.threads;
        let lanes = with_order!(capture.endian(), O => {
            in_lanes::<O>(settled, &map, threads, use_block)
        });
        for lane in &lanes {
            namer.count(lane.locations());
        }
        named
    }

    /// Adds a stack of a task with the frames of its call chain, root first.
    fn add(
        &mut self,
        located: &LocatedStack<'_>,
        (task, chain): (&Task, impl Iterator<Item = FrameIx>),
        (request, max_stack): (&Request, usize),
    ) {
        let (stack, chain_len) = (located.stack, located.chain_len);
        let key = stack.key;
        let start = self.frames.len();
        self.frames.extend_from_slice(&task.roots);
        let first = self.frames.len();
        self.frames.extend(chain);
        if self.frames.len() == first && request.scope != FrameScope::All {
            self.frames.truncate(start);
            self.out_of_scope += stack.samples;
            return;
        }
        // Slices of time have no frames of their own.
        let is_sliced = request.slices > 0 && request.split() == Split::Nothing;
        let slice = if is_sliced { key.split } else { 0 };
        let len = self.frames.len() - start;
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
        let Self {
            stacks,
            index,
            frames,
            hasher,
            ..
        } = self;
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
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        if let Some(&known) = self.name_index.get(&name) {
            return known;
        }
        self.names.push(name.clone());
        self.name_index.insert(name, next);
        next
    }

    fn name_of(&self, ix: u32) -> &str {
        usize::try_from(ix)
            .ok()
            .and_then(|ix| self.names.get(ix))
            .map_or("", String::as_str)
    }

    /// Tags all stacks. What one stack of a thread shows, that it runs a vCPU, holds for all.
    pub(super) fn tag(&mut self, tagger: &mut Tagger, table: &FrameTable) {
        let mut vcpu_threads = HashSet::new();
        for stack in &self.stacks {
            let thread = (stack.pid, stack.tid);
            if !vcpu_threads.contains(&thread)
                && tagger.marks_vcpu_thread(&self.view(stack, table, false))
            {
                vcpu_threads.insert(thread);
            }
        }
        let mut stacks = std::mem::take(&mut self.stacks);
        for stack in &mut stacks {
            let is_vcpu = vcpu_threads.contains(&(stack.pid, stack.tid));
            let tagged = tagger.tag(&self.view(stack, table, is_vcpu));
            stack.tag = tagged.tag;
            stack.deciding = tagged.deciding;
        }
        self.stacks = stacks;
    }

    fn view<'v>(
        &'v self,
        stack: &Stack,
        table: &'v FrameTable,
        is_vcpu_thread: bool,
    ) -> StackView<'v> {
        StackView {
            table,
            frames: self.frames(stack),
            process_name: self.name_of(stack.names.0),
            thread_name: self.name_of(stack.names.1),
            is_idle_task: stack.pid == Pid::IDLE,
            is_vcpu_thread,
            leaf_mode: stack.mode,
            chain_is_empty: stack.chain_is_empty,
        }
    }

    /// Drops stacks that the request filters out by what only the timeline or the tag tells;
    /// returns the number of their samples.
    pub(super) fn retain_wanted(&mut self, request: &Request) -> u64 {
        let mut left_out = self.out_of_scope;
        let mut stacks = std::mem::take(&mut self.stacks);
        stacks.retain(|stack| {
            let comm = self.name_of(stack.names.1);
            let wanted = (request.comms.is_empty() || request.comms.iter().any(|c| c == comm))
                && (request.cgroups.is_empty()
                    || request
                        .cgroups
                        .iter()
                        .any(|cgroup| cgroup == self.name_of(stack.cgroup)))
                && !(request.no_idle && stack.tag == Tag::Idle);
            if !wanted {
                left_out += stack.samples;
            }
            wanted
        });
        self.stacks = stacks;
        left_out
    }

    /// Samples whose call chain is as long as the recorder's limit.
    pub(super) fn truncated(&self) -> u64 {
        self.stacks.iter().map(|stack| stack.truncated).sum()
    }

    /// Samples whose user stack was copied, of which only the instruction pointer is shown.
    pub(super) fn copied(&self) -> u64 {
        self.stacks.iter().map(|stack| stack.copied).sum()
    }

    /// The stacks.
    pub fn iter(&self) -> std::slice::Iter<'_, Stack> {
        self.stacks.iter()
    }

    /// The frames of a stack, root first.
    pub fn frames(&self, stack: &Stack) -> &[FrameIx] {
        self.frames
            .get(stack.start..stack.start + stack.len)
            .unwrap_or_default()
    }

    /// The name of a stack's thread.
    pub fn thread_name(&self, stack: &Stack) -> &str {
        self.name_of(stack.names.1)
    }

    /// The name of a stack's process.
    pub fn process_name(&self, stack: &Stack) -> &str {
        self.name_of(stack.names.0)
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

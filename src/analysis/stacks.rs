//! Unique raw stacks as named, tagged ones.

use std::rc::Rc;

use hashbrown::{HashMap, HashSet};

use super::grouping::{SplitName, VmNames, roots, task_names};
use super::namer::{Namer, Passage};
use super::user_part::frames_behind_chain;
use super::{Request, WeightKind};
use crate::fold::{ChainFrame, ChainFrames, MomentStack, Split, UniqueStack, UserPart};
use crate::kvm::{StackView, Tagger};
use crate::perf::Capture;
use crate::perf::bytes::{ByteOrder, with_order};
use crate::space::Moment;
use crate::stack::{FrameIx, FrameTable, Tag};
use crate::units::{Avma, CpuMode, Pid, Tid};

/// Which frames of a stack are shown. Samples that have none of them are filtered out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FrameScope {
    /// All.
    #[default]
    All,
    /// Host kernel frames.
    Kernel,
    /// Host user frames.
    User,
}

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
    /// Number of addresses in the call chain.
    chain_len: usize,
    /// Whether the user part of the stack is its instruction pointer only.
    has_copied_stack: bool,
    /// The cgroup's path, as an index into the common list; empty when stacks are not split by
    /// cgroup.
    cgroup: u32,
}

/// What all stacks of a thread at a moment have in common.
#[derive(Debug)]
struct Task {
    /// The grouping frames, root first.
    roots: Vec<FrameIx>,
    /// Names of the process and of the thread, as indexes into the common list.
    names: (u32, u32),
    /// The cgroup's path, as an index into the common list.
    cgroup: u32,
}

/// Named stacks with their frames in one list.
#[derive(Debug, Default)]
pub struct NamedStacks {
    stacks: Vec<Stack>,
    frames: Vec<FrameIx>,
    names: Vec<String>,
    name_index: HashMap<String, u32>,
    tasks: HashMap<(Pid, Tid, Moment, u64), Rc<Task>>,
    /// Samples that have no frame in the wanted scope.
    out_of_scope: u64,
}

impl NamedStacks {
    /// Names the frames of all stacks. Every stack is `host` until [`Self::tag`].
    pub(super) fn build(
        capture: &Capture,
        settled: Vec<MomentStack<'_>>,
        namer: &mut Namer<'_>,
        request: &Request,
    ) -> Self {
        let mut named = Self::default();
        let several_vms = VmNames::find(&settled, namer.timeline());
        with_order!(capture.endian(), O => {
            for stack in settled {
                named.add::<O>(&stack, namer, request, &several_vms);
            }
        });
        named
    }

    fn add<O: ByteOrder>(
        &mut self,
        stack: &MomentStack<'_>,
        namer: &mut Namer<'_>,
        request: &Request,
        vms: &VmNames,
    ) {
        let MomentStack { stack, moment } = *stack;
        let key = stack.key;
        let start = self.frames.len();
        // Slices of time have no frames of their own.
        let split = if request.split() == Split::Nothing {
            0
        } else {
            key.split
        };
        let task = self.task((key.pid, key.tid, moment, split), namer, request, vms);
        self.frames.extend_from_slice(&task.roots);
        let first = self.frames.len();
        let chain_len = self.add_chain::<O>(stack, moment, namer, request.scope);
        if self.frames.len() == first && request.scope != FrameScope::All {
            self.frames.truncate(start);
            self.out_of_scope += stack.samples;
            return;
        }
        if let Some(chain) = self.frames.get_mut(first..) {
            chain.reverse();
        }
        let len = self.frames.len() - start;
        let weight = match request.weight {
            WeightKind::Samples => stack.samples,
            WeightKind::Period => stack.period,
        };
        self.stacks.push(Stack {
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
            weight,
            slice: if request.slices > 0 && request.split() == Split::Nothing {
                u32::try_from(key.split).unwrap_or(u32::MAX)
            } else {
                0
            },
            chain_len,
            has_copied_stack: matches!(stack.user, UserPart::CopiedStack(_)),
            cgroup: task.cgroup,
        });
    }

    /// What all stacks of a thread at a moment have in common; made once.
    fn task(
        &mut self,
        key: (Pid, Tid, Moment, u64),
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

    /// Appends the wanted frames of a stack's call chain, leaf first; returns how many addresses
    /// the chain holds.
    fn add_chain<O: ByteOrder>(
        &mut self,
        stack: UniqueStack<'_>,
        mut moment: Moment,
        namer: &mut Namer<'_>,
        scope: FrameScope,
    ) -> usize {
        let key = stack.key;
        let mut add = |namer: &mut Namer<'_>, moment: Moment, at: ChainFrame| {
            let is_shown = scope.shows(at.mode);
            // What is not shown must not count as nameless.
            let samples = if is_shown { stack.samples } else { 0 };
            let frame = namer.name(key.pid, moment, at, samples);
            if is_shown {
                self.frames.push(frame);
            }
            frame
        };
        let (mut chain_len, mut passage) = (0, Passage::Call);
        for mut at in ChainFrames::<O>::new(stack.chain, key.mode) {
            chain_len += 1;
            if passage == Passage::Interrupt {
                at = ChainFrame::exact(at.mode, at.recorded);
            }
            // Open calls tell the user part better than the chain does.
            let is_told_twice =
                matches!(stack.user, UserPart::OpenCalls(_)) && at.mode == CpuMode::User;
            if !is_told_twice {
                if passage == Passage::Exec && at.mode == CpuMode::User {
                    moment = namer
                        .timeline()
                        .of_caller_of_exec(key.pid, moment, at.lookup);
                }
                let frame = add(namer, moment, at);
                if at.mode != CpuMode::Kernel || passage != Passage::Exec {
                    passage = namer.passage(frame);
                }
            }
        }
        if chain_len == 0 && !key.mode.is_guest() {
            let own = ChainFrame::exact(key.mode, Avma::new(key.ip));
            add(namer, moment, own);
        }
        for at in frames_behind_chain::<O>(stack.user, key.mode) {
            add(namer, moment, at);
        }
        if chain_len == 0 && key.mode.is_guest() && scope.shows(key.mode) {
            self.frames.push(namer.guest(key.mode));
        }
        if matches!(stack.user, UserPart::LastBranches(_)) {
            self.frames.push(namer.root(LAST_BRANCHES));
        }
        chain_len
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
            if tagger.marks_vcpu_thread(&self.view(stack, table, false)) {
                vcpu_threads.insert((stack.pid, stack.tid));
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

    /// Samples whose call chain is at least `max_stack` addresses long.
    pub(super) fn truncated(&self, max_stack: usize) -> u64 {
        let cut = self
            .stacks
            .iter()
            .filter(|stack| stack.chain_len >= max_stack);
        cut.map(|stack| stack.samples).sum()
    }

    /// Samples whose user stack was copied, of which only the instruction pointer is shown.
    pub(super) fn copied(&self) -> u64 {
        let copied = self.stacks.iter().filter(|stack| stack.has_copied_stack);
        copied.map(|stack| stack.samples).sum()
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

impl FrameScope {
    fn shows(self, mode: CpuMode) -> bool {
        match self {
            Self::All => true,
            Self::Kernel => mode == CpuMode::Kernel,
            Self::User => mode == CpuMode::User,
        }
    }
}

/// Stands above the last branches of an event without call chains: they are no call stack.
const LAST_BRANCHES: &str = "[last branches]";

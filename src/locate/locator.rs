//! Where the addresses of raw stacks lie, stack by stack.
//!
//! What is found has no names yet, so that stacks can be located in parallel; each different
//! location is named once, afterwards. Callers that many stacks have in common are looked at once.

use std::iter::repeat_n;
use std::sync::Arc;

use hashbrown::HashMap;

use super::addresses::{Addresses, SpaceKey};
use super::caller_runs::{CallerRun, CallerRuns, Callers};
use super::frame_entry::FrameEntry;
use super::location::{Location, NumberedLocation};
use super::object_places::ObjectPlaces;
use super::piece::LocatedPiece;
use super::stack_mark::StackMark;
use super::task::{LocatedTask, TaskKey};
use crate::bytes::ByteOrder;
use crate::fold::{Block, ChainFrame, ChainFrames, EpochStack, UniqueStack, UserPart};
use crate::intern::number;
use crate::space::{TaskEpoch, Timeline};
use crate::symbol::KernelSymbols;
use crate::units::{Avma, CpuMode, Pid};
use crate::unwind::BranchFrames;

/// Fewer callers than that are looked at one by one: to find where each lies takes less time than to find
/// their run. Code without frame pointers leaves one or two that no other stack has.
const LEAST_RUN: usize = 6;

/// A stack in pieces, but for its weight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackPath {
    /// Its thread, as an index into the locator's list.
    pub(crate) task: u32,
    /// How many pieces it has.
    pub(crate) pieces: u32,
    /// How many addresses the call chain holds.
    pub(crate) chain_len: u32,
}

/// What locating needs to know.
#[derive(Clone, Debug)]
pub(crate) struct LocateRequest<'m> {
    /// What processes map.
    pub(crate) timeline: &'m Timeline,
    /// The kernel's functions, when there are any.
    pub(crate) kernel: Option<Arc<KernelSymbols>>,
    /// Whether the parts of the kernel's functions are told apart.
    pub(crate) is_kernel_exact: bool,
    /// Whether stacks are split by something that has a frame.
    pub(crate) is_split: bool,
}

/// Locates the addresses of stacks.
#[derive(Debug)]
pub(crate) struct Locator<'m> {
    timeline: &'m Timeline,
    is_split: bool,
    addresses: Addresses<'m>,
    runs: CallerRuns<'m>,
    /// Each different thread so far.
    tasks: Vec<LocatedTask>,
    task_index: HashMap<TaskKey, u32>,
    /// The task of the last stack, and its number.
    recent_task: Option<(TaskKey, u32)>,
    /// The pieces of the block's stacks.
    pieces: Vec<LocatedPiece>,
    /// How many the block had that had the most.
    most_pieces: usize,
    /// Locations of the callers that are looked at.
    callers: Vec<u32>,
}

impl<'m> Locator<'m> {
    pub(crate) fn new(map: LocateRequest<'m>) -> Self {
        Self {
            timeline: map.timeline,
            is_split: map.is_split,
            addresses: Addresses::new(map.timeline, map.kernel).exact(map.is_kernel_exact),
            runs: CallerRuns::new(),
            tasks: Vec::new(),
            task_index: HashMap::new(),
            recent_task: None,
            pieces: Vec::new(),
            most_pieces: 0,
            callers: Vec::new(),
        }
    }

    /// Locates the addresses of the stacks of a block; returns their paths, and the pieces of all, one
    /// behind the other, those nearest to the leaf first.
    pub(crate) fn block<O: ByteOrder>(
        &mut self,
        block: &Block<'_, 'm>,
    ) -> (Vec<StackPath>, Vec<LocatedPiece>) {
        let mut paths = Vec::with_capacity(block.len());
        // Most blocks have about as many as the one before.
        self.pieces.reserve(self.most_pieces);
        // An iterator over all groups takes twice as long.
        for group in block.groups() {
            for stack in group.iter() {
                paths.push(self.add::<O>(&stack));
            }
        }
        self.most_pieces = self.most_pieces.max(self.pieces.len());
        (paths, std::mem::take(&mut self.pieces))
    }

    #[inline]
    fn add<O: ByteOrder>(&mut self, placed: &EpochStack<'m>) -> StackPath {
        let start = self.pieces.len();
        let chain_len = self.stack::<O>(placed);
        let number_of = |items: usize| u32::try_from(items).unwrap_or(u32::MAX);
        StackPath {
            task: self.task(placed),
            // A record has at most 65 535 bytes; a trace behind one holds no stack.
            pieces: number_of(self.pieces.len() - start),
            chain_len: number_of(chain_len),
        }
    }

    /// Gives back what only locating needs, for there are no further stacks.
    pub(crate) fn end(&mut self) {
        self.addresses.end();
        self.runs.end();
    }

    /// Number of locations of all stacks so far: they are numbered from 0.
    pub(crate) fn location_count(&self) -> u32 {
        self.addresses.count()
    }

    /// The locations that lie in objects, in order of object and place; none before [`Self::end`].
    pub(crate) fn objects(&self) -> &[ObjectPlaces] {
        self.addresses.objects()
    }

    /// The others, in the order of their numbers.
    pub(crate) fn elsewhere(&self) -> &[NumberedLocation] {
        self.addresses.elsewhere()
    }

    /// Each different run of callers of all stacks so far.
    pub(crate) fn runs(&self) -> &CallerRuns<'m> {
        &self.runs
    }

    /// Each different thread of all stacks so far.
    pub(crate) fn tasks(&self) -> &[LocatedTask] {
        &self.tasks
    }

    fn task(&mut self, EpochStack { stack, task_epoch }: &EpochStack<'_>) -> u32 {
        let split = if self.is_split { stack.key.split } else { 0 };
        let key = TaskKey {
            pid: stack.key.pid,
            tid: stack.key.tid,
            task_epoch: *task_epoch,
            split,
        };
        let number = match self.recent_task {
            Some((recent, number)) if recent == key => number,
            Some(_) | None => {
                let task = LocatedTask {
                    key,
                    has_guest: false,
                };
                number(key, task, &mut self.task_index, &mut self.tasks)
            }
        };
        self.recent_task = Some((key, number));
        if stack.key.mode.is_guest()
            && let Some(task) = self.tasks.get_mut(number as usize)
        {
            task.has_guest = true;
        }
        number
    }

    /// Appends the pieces of a stack; returns how many addresses its call chain holds.
    #[inline]
    fn stack<O: ByteOrder>(&mut self, placed: &EpochStack<'m>) -> usize {
        let (chain_len, task_epoch) = self.chain::<O>(placed);
        let stack = &placed.stack;
        if chain_len == 0 || stack.user != UserPart::InChain {
            self.besides_chain::<O>(stack, task_epoch, chain_len == 0);
        }
        chain_len
    }

    /// Appends what a stack shows that its call chain does not.
    #[inline(never)]
    fn besides_chain<O: ByteOrder>(
        &mut self,
        stack: &UniqueStack<'_>,
        task_epoch: TaskEpoch,
        chain_is_empty: bool,
    ) {
        let key = stack.key;
        let of = SpaceKey {
            pid: key.pid,
            task_epoch,
        };
        if chain_is_empty && !key.mode.is_guest() {
            let own = ChainFrame::exact(key.mode, key.ip);
            self.address(of, own);
        }
        for at in frames_behind_chain::<O>(stack.user, key.mode) {
            self.address(of, at);
        }
        if chain_is_empty && key.mode.is_guest() {
            // 0 unless guests' addresses are wanted.
            let is_known = key.mode == CpuMode::GuestKernel && key.ip != Avma::default();
            self.other(Location::Guest {
                mode: key.mode,
                vm: key.pid,
                lookup: is_known.then_some(key.ip),
            });
        }
        let mark = match stack.user {
            UserPart::LastBranches(_) => Some(StackMark::LastBranches),
            UserPart::Unwound(end) => StackMark::of(end),
            UserPart::InChain
            | UserPart::OpenCalls(_)
            | UserPart::Deferred(_)
            | UserPart::CopiedStack(_)
            | UserPart::InstructionPointer(_)
            | UserPart::UnusedCopy => None,
        };
        if let Some(mark) = mark {
            self.other(Location::Mark(mark));
        }
    }

    /// Appends the pieces of a call chain; returns how many addresses it holds, and the
    /// epoch in which its outermost callers ran.
    #[inline]
    fn chain<O: ByteOrder>(&mut self, placed: &EpochStack<'m>) -> (usize, TaskEpoch) {
        let &EpochStack {
            ref stack,
            mut task_epoch,
        } = placed;
        let (mut chain_len, mut frame_entry) = (0, FrameEntry::Call);
        let mut frames = ChainFrames::<O>::new(stack.chain, stack.key.mode);
        let has_open_calls = matches!(stack.user, UserPart::OpenCalls(_));
        while let Some(mut at) = frames.next() {
            chain_len += 1;
            // Open calls tell the user part better than the chain does.
            if has_open_calls && at.mode == CpuMode::User {
                continue;
            }
            if frame_entry == FrameEntry::Exec && at.mode == CpuMode::User {
                let pid = stack.key.pid;
                task_epoch = self.timeline.of_caller_of_exec(pid, task_epoch, at.lookup);
            }
            let of = SpaceKey {
                pid: stack.key.pid,
                task_epoch,
            };
            let Some(space) = self.space(of, at.mode) else {
                self.not_looked_up(at.mode, of.pid);
                frame_entry = FrameEntry::Call;
                continue;
            };
            at = self.addresses.calling(space, frame_entry, at);
            frame_entry = frame_entry.then(at.mode, self.located(space, at));
            let bytes = frames.take_run(LEAST_RUN);
            if !bytes.is_empty() {
                chain_len += bytes.len() / 8;
                let callers = Callers {
                    bytes,
                    space,
                    frame_entry,
                };
                frame_entry = self.run::<O>(callers, at.mode);
            }
        }
        (chain_len, task_epoch)
    }

    /// Appends callers; returns what they mean for what called them.
    #[inline]
    fn run<O: ByteOrder>(&mut self, callers: Callers<'m>, mode: CpuMode) -> FrameEntry {
        let hash = self.runs.hash(&callers);
        let known = self.runs.find(&callers, hash);
        let run = known.unwrap_or_else(|| self.new_run::<O>(callers, hash, mode));
        self.pieces.push(LocatedPiece::run(run.number));
        run.frame_entry
    }

    #[inline(never)]
    fn new_run<O: ByteOrder>(
        &mut self,
        callers: Callers<'m>,
        hash: u32,
        mode: CpuMode,
    ) -> CallerRun {
        self.callers.clear();
        let mut frame_entry = callers.frame_entry;
        let mut frames = ChainFrames::<O>::of_run(callers.bytes, mode);
        while let Some(mut at) = frames.next() {
            at = self.addresses.calling(callers.space, frame_entry, at);
            let found = self.addresses.locate(callers.space, &at);
            self.callers.push(found.location);
            frame_entry = frame_entry.then(mode, found.frame_entry);
            if let Some(empty) = self.addresses.empty_around(callers.space, found) {
                let more = frames.pass_within(&empty);
                self.callers.extend(repeat_n(found.location, more));
            }
        }
        self.runs.add(callers, hash, &self.callers, frame_entry)
    }

    /// Appends the location of an address.
    fn address(&mut self, of: SpaceKey, at: ChainFrame) {
        match self.space(of, at.mode) {
            Some(space) => {
                self.located(space, at);
            }
            None => self.not_looked_up(at.mode, of.pid),
        }
    }

    /// Appends the location of an address of a space; returns what its function means for the frames
    /// that called it.
    #[inline]
    fn located(&mut self, space: u32, at: ChainFrame) -> FrameEntry {
        let found = self.addresses.locate(space, &at);
        self.pieces.push(LocatedPiece::location(found.location));
        found.frame_entry
    }

    /// The number of the space that code of a mode lies in; `None` when it is not the host's.
    #[inline]
    fn space(&mut self, of: SpaceKey, mode: CpuMode) -> Option<u32> {
        match mode {
            CpuMode::Kernel => Some(self.addresses.kernel_space(of.task_epoch)),
            CpuMode::User => Some(self.addresses.space(of)),
            CpuMode::GuestKernel | CpuMode::GuestUser | CpuMode::Hypervisor | CpuMode::Unknown => {
                None
            }
        }
    }

    /// Appends the location of an address that is not looked up.
    #[inline(never)]
    fn not_looked_up(&mut self, mode: CpuMode, pid: Pid) {
        self.other(if mode.is_guest() {
            Location::guest(mode, pid)
        } else {
            Location::Unknown(mode)
        });
    }

    /// Appends a location that no address leads to.
    fn other(&mut self, location: Location) {
        let number = self.addresses.other(location);
        self.pieces.push(LocatedPiece::location(number));
    }
}

/// The frames that a stack has besides those of its call chain, leaf first.
fn frames_behind_chain<O: ByteOrder>(user: UserPart<'_>, mode: CpuMode) -> Vec<ChainFrame> {
    let exact = |mode: CpuMode| move |at: Avma| ChainFrame::exact(mode, at);
    match user {
        UserPart::InChain | UserPart::UnusedCopy | UserPart::Unwound(_) => Vec::new(),
        UserPart::OpenCalls(entries) => BranchFrames::<O>::new(entries, true)
            .map(exact(CpuMode::User))
            .collect(),
        UserPart::LastBranches(entries) => BranchFrames::<O>::new(entries, false)
            .map(exact(mode))
            .collect(),
        UserPart::Deferred(chain) => ChainFrames::<O>::new(chain, CpuMode::User).collect(),
        UserPart::CopiedStack(ip) | UserPart::InstructionPointer(ip) => {
            vec![ChainFrame::exact(CpuMode::User, ip)]
        }
    }
}

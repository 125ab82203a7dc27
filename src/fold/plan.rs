//! What all visitors of a walk share.

use hashbrown::HashSet;

use super::readings::Readings;
use super::request::FoldRequest;
use super::select::Selection;
use super::split::Split;
use super::unique_stack::UserPart;
use crate::bytes::{ByteOrder, with_order};
use crate::hash::Mixer;
use crate::perf::abi::{
    PERF_SAMPLE_BRANCH_CALL_STACK, PERF_SAMPLE_BRANCH_STACK, PERF_SAMPLE_CALLCHAIN,
    PERF_SAMPLE_STACK_USER, PERF_SAMPLE_TIME,
};
use crate::perf::{Attr, Capture, Event, Events, Record, SampleHead, SampleTail};
use crate::space::Timeline;
use crate::units::{CpuMode, EventIx, Pid, RecordOrder, Tid, Timestamp};
use crate::unwind::{Machine, holds_branches};

/// What all visitors of a walk share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan<'c> {
    pub(super) events: &'c Events,
    pub(super) selection: &'c Selection,
    /// Whether every sample of every event passes the selection's conditions.
    pub(super) wants_all: bool,
    pub(super) split: Split,
    /// How many threads walk.
    pub(super) threads: usize,
    /// Whether records are ordered by file position because samples carry no time.
    pub(super) by_position: bool,
    pub(super) mixer: Mixer,
    /// What the wanted event's samples hold behind their chain that folding needs.
    pub(super) behind_chain: BehindChain,
    /// The recorded machine, when its registers are known.
    pub(super) machine: Option<Machine>,
    /// What is known of events that have no samples of their own.
    pub(super) readings: &'c Readings,
    /// Which threads to fold, and what is known of them; `None` on the first walk.
    pub(super) again: Option<(&'c HashSet<(Pid, Tid)>, &'c Timeline)>,
}

/// What samples hold behind their chain that tells the user part of the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BehindChain {
    Nothing,
    OpenCalls,
    LastBranches,
    CopiedStack,
}

impl BehindChain {
    fn of(attr: &Attr) -> Self {
        if attr.samples(PERF_SAMPLE_BRANCH_STACK) {
            if attr.branch_sample_type & PERF_SAMPLE_BRANCH_CALL_STACK != 0 {
                return Self::OpenCalls;
            }
            if !attr.samples(PERF_SAMPLE_CALLCHAIN) {
                return Self::LastBranches;
            }
        }
        if attr.samples(PERF_SAMPLE_STACK_USER) {
            return Self::CopiedStack;
        }
        Self::Nothing
    }
}

impl<'c> Plan<'c> {
    pub(super) fn new(
        capture: &'c Capture,
        request: &'c FoldRequest,
        readings: &'c Readings,
    ) -> Self {
        let events = capture.events();
        let selection = &request.selection;
        let untimed = |(_, event): (EventIx, &Event)| !event.attr.samples(PERF_SAMPLE_TIME);
        let wanted = events.get(selection.event).map(|event| &event.attr);
        let machine = with_order!(capture.endian(), O => capture.features().machine::<O>());
        Self {
            events,
            selection,
            wants_all: selection.is_all(),
            split: request.split,
            threads: request.threads,
            by_position: events.iter().any(untimed),
            mixer: Mixer::new(),
            behind_chain: wanted.map_or(BehindChain::Nothing, BehindChain::of),
            machine: machine.as_deref().and_then(Machine::from_name),
            readings,
            again: None,
        }
    }

    /// Where a record stands in the order of the capture, given the time that it carries.
    #[inline]
    pub(super) fn order_of(
        &self,
        record: &Record<'_>,
        time: Option<Timestamp>,
    ) -> Option<RecordOrder> {
        if self.by_position {
            Some(RecordOrder::of_position(record.position))
        } else {
            time.map(RecordOrder::of_time)
        }
    }
}

/// What a sample holds behind its chain: the value that stacks are split by, for which `split`
/// stands unless it lies there, and the user part. `None` when the record is too short for it.
pub(super) fn behind_chain<'a, O: ByteOrder>(
    plan: &Plan<'_>,
    attr: &Attr,
    (sample, split): (&SampleHead<'a>, u64),
    mode: CpuMode,
) -> Option<(u64, UserPart<'a>)> {
    let tail = SampleTail::parse::<O>(attr, sample.tail)?;
    let split = match plan.split {
        Split::Cgroup => tail.cgroup.unwrap_or(u64::MAX),
        Split::Nothing | Split::Cpu | Split::Slice(_) => split,
    };
    let branches = tail
        .branches
        .map(|branches| branches.entries)
        .filter(|entries| holds_branches(entries));
    let user = match (plan.behind_chain, branches) {
        (BehindChain::OpenCalls, Some(entries)) => UserPart::OpenCalls(entries),
        (BehindChain::LastBranches, Some(entries)) => UserPart::LastBranches(entries),
        (BehindChain::CopiedStack, _) => copied_stack::<O>(plan.machine, attr, &tail, mode),
        _ => UserPart::InChain,
    };
    Some((split, user))
}

/// What a sample with a copy of the user stack tells of it. The chain of a sample in user code holds
/// its instruction pointer, or none at all and the sample's own stands for it; in kernel code the
/// registers tell it.
fn copied_stack<'a, O: ByteOrder>(
    machine: Option<Machine>,
    attr: &Attr,
    tail: &SampleTail<'_>,
    mode: CpuMode,
) -> UserPart<'a> {
    let registers = tail.user_registers.filter(|registers| registers.abi != 0);
    let registers = registers.filter(|_| mode == CpuMode::Kernel && !attr.has_user_chain());
    let ip = registers.zip(machine).and_then(|(registers, machine)| {
        machine.instruction_pointer::<O>(registers, attr.regs_user)
    });
    // Kernel threads have no user stack; of one that is swapped out nothing can be copied.
    let has_copy = tail.user_stack.is_some_and(|copy| copy.filled > 0);
    match ip {
        Some(ip) if has_copy => UserPart::CopiedStack(ip.as_u64()),
        Some(ip) => UserPart::InstructionPointer(ip.as_u64()),
        None if has_copy => UserPart::UnusedCopy,
        None => UserPart::InChain,
    }
}

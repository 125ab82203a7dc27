//! A stack with all samples that have it.

use crate::space::TaskEpoch;
use crate::units::{Avma, Cpu, CpuMode, Pid, RecordOrder, ThreadId, Tid};
use crate::unwind::StackEnd;

/// What the user part of a stack comes from besides the call chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) enum UserPart<'a> {
    /// Nothing: the call chain tells all there is.
    #[default]
    InChain,
    /// Last-branch records in call-stack mode, newest first.
    OpenCalls(&'a [u8]),
    /// Last-branch records of an event without call chains, newest first: no stack, but all there
    /// is. One of them at least is more than zeros.
    LastBranches(&'a [u8]),
    /// A chain that the kernel wrote later.
    Deferred(&'a [u8]),
    /// The instruction pointer only: the stack itself was copied and is not unwound.
    CopiedStack(Avma),
    /// The instruction pointer only: nothing of the stack could be copied.
    InstructionPointer(Avma),
    /// What the call chain tells: the stack was copied as well and is not unwound.
    UnusedCopy,
    /// Nothing: the call chain holds what a copy of the stack told when it was unwound, up to this
    /// end.
    Unwound(StackEnd),
}

/// What makes a stack a different stack, besides its call chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct StackKey {
    /// Process.
    pub(crate) pid: Pid,
    /// Thread.
    pub(crate) tid: Tid,
    /// CPU mode of the sample itself.
    pub(crate) mode: CpuMode,
    /// Instruction pointer of a sample whose chain holds no frame, an address of the sample's own
    /// mode; else 0. Those of guests are 0 too unless they are kept.
    pub(crate) ip: Avma,
    /// The value of the [`Split`](super::split::Split); 0 when there is none.
    pub(crate) split: u64,
    /// What class its payloads are of; 0 when stacks are not kept apart by it.
    pub(crate) payload_class: u8,
    /// What was true of the thread; `None` while the timeline is not yet known.
    pub(crate) task_epoch: Option<TaskEpoch>,
}

impl StackKey {
    /// Its thread.
    #[inline]
    pub(super) const fn thread(&self) -> ThreadId {
        ThreadId {
            pid: self.pid,
            tid: self.tid,
        }
    }
}

/// A stack with all samples that have it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UniqueStack<'a> {
    /// What makes it different, besides the chain.
    pub(crate) key: StackKey,
    /// The raw call chain, leaf first, eight bytes an entry.
    pub(crate) chain: &'a [u8],
    /// Where the user part comes from.
    pub(crate) user: UserPart<'a>,
    /// Number of samples.
    pub(crate) samples: u64,
    /// Sum of their periods; a sample without one stands for its event's fixed period.
    pub(crate) period: u64,
    /// Where the earliest sample stands.
    pub(crate) first: RecordOrder,
    /// Where the latest sample stands.
    pub(crate) last: RecordOrder,
    /// The host CPU, of a stack of one sample that is to be kept; else `None`.
    pub(crate) cpu: Option<Cpu>,
}

//! An exit of which all is known.

use super::access::{Access, AccessSet};
use super::reason::{ExitReason, ReasonNumbering};
use super::time_parts::TimeParts;
use crate::units::Timestamp;

/// How an exit ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ExitEnding {
    /// The guest was entered again.
    Entry,
    /// The next exit of the thread came, and no entry between them: the kernel entered the guest
    /// again where it traces no entry (fast paths of Linux 5.8 to 5.10), or the entry was lost.
    Exit,
    /// Nothing: the capture ends before, or what follows was lost. How long it took is not known.
    Nothing,
}

/// An exit of which all is known that was recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FinishedExit {
    /// When the guest stopped running.
    pub start: Timestamp,
    /// How it ended.
    pub ending: ExitEnding,
    /// Where its time went; all 0 when it has no end.
    pub parts: TimeParts,
    /// Why.
    pub reason: ExitReason,
    /// The guest's instruction pointer.
    pub rip: Option<u64>,
    /// What it reached.
    pub accesses: AccessSet,
    /// The number of the stack that stands for its time in the kernel, as whoever paired it numbers
    /// stacks; `None` where none was recorded, or nobody asked.
    pub kernel_stack: Option<u32>,
    /// How many occurrences of tracepoints lie in it, `kvm_exit` and what ended it among them: what
    /// recording them took is part of its time.
    pub occurrences: u32,
}

impl Default for FinishedExit {
    /// None.
    fn default() -> Self {
        Self {
            start: Timestamp::default(),
            ending: ExitEnding::Nothing,
            parts: TimeParts::default(),
            reason: ExitReason {
                numbering: ReasonNumbering::Other,
                code: 0,
            },
            rip: None,
            accesses: AccessSet::default(),
            kernel_stack: None,
            occurrences: 0,
        }
    }
}

/// What a thread's occurrences tell, one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding<'e> {
    /// An exit has ended.
    Exit(&'e FinishedExit),
    /// A tracepoint told of an access. Where it lies within an exit, that one reaches the same, or
    /// something else of its kind that it reached first.
    Access {
        /// When.
        at: Timestamp,
        /// To what, and which way.
        access: Access,
        /// Whether another finding tells of the same access as one to a register of the local APIC.
        is_told_twice: bool,
        /// The guest's instruction pointer; `None` outside of exits whose tracepoint tells it.
        rip: Option<u64>,
        /// Why the guest had stopped; `None` outside of exits.
        reason: Option<ExitReason>,
    },
}

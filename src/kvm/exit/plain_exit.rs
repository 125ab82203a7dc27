//! What most exits are: the kernel deals with them by itself and enters the guest again.

use super::plain_run::{PlainRun, SOON_NS};
use super::reason::ExitReason;
use super::thread_event::ThreadEvent;
use super::thread_marks::What;
use crate::units::Timestamp;

/// An occurrence that waits for its turn.
#[derive(Clone, Copy, Debug)]
pub struct WaitingEvent {
    /// When.
    pub at: Timestamp,
    /// What it means to its thread.
    pub event: ThreadEvent,
}

impl From<&PlainRun> for WaitingEvent {
    /// As an occurrence of its thread.
    #[inline]
    fn from(run: &PlainRun) -> Self {
        Self {
            at: run.start,
            event: ThreadEvent::plain_run(run),
        }
    }
}

/// An exit whose whole time passes in the kernel, from `kvm_exit` to the entry behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlainExit {
    /// When the guest stopped running.
    pub start: Timestamp,
    /// When it was entered again.
    pub end: Timestamp,
    /// Why.
    pub reason: ExitReason,
    /// The vCPU's number in its VM; `None` where none was recorded.
    pub vcpu: Option<u32>,
    /// How many occurrences of tracepoints lie in it, the first and the last among them.
    pub occurrences: u32,
}

impl PlainExit {
    /// The exit that these occurrences of a thread begin with; `None` where they begin with something
    /// else or are not in order of time, where time passes elsewhere than in the kernel, and where the
    /// exit or what ends it is not wanted.
    #[inline]
    pub fn first_of(events: &[WaitingEvent]) -> Option<Self> {
        let (exit, behind) = events.split_first()?;
        let reason = exit.event.reason();
        let begins = exit.event.what() == What::Exit && exit.event.is_wanted();
        if !begins || reason.is_halt() {
            return None;
        }
        let mut last = exit.at;
        for (occurrences, next) in (2..).zip(behind) {
            if next.at < last {
                return None;
            }
            last = next.at;
            match next.event.what() {
                What::Access | What::UnsatisfiedRead | What::Kernel => {}
                What::Entry if next.event.is_wanted() => {
                    return Some(Self {
                        start: exit.at,
                        end: next.at,
                        reason,
                        vcpu: next.event.vcpu().or(exit.event.vcpu()),
                        occurrences,
                    });
                }
                What::Entry
                | What::Exit
                | What::UserspaceExit
                | What::HaltPoll
                | What::PolledHalt
                | What::SleptHalt
                | What::KernelForOthers
                | What::Preempted
                | What::Sleeps
                | What::Runs
                | What::PlainRun
                | What::Passing => return None,
            }
        }
        None
    }

    /// What its thread did.
    #[inline]
    pub const fn run(&self) -> PlainRun {
        PlainRun {
            start: self.start,
            end: self.end,
            exits: 1,
            guest_ns: 0,
            vcpu: self.vcpu,
        }
    }

    /// Whether it can be told before its turn comes: how long a halt sleeps is told elsewhere.
    #[inline]
    pub const fn is_soon_over(&self) -> bool {
        !self.reason.is_halt() && self.took() <= SOON_NS
    }

    /// How long it took, in nanoseconds.
    #[inline]
    pub const fn took(&self) -> u64 {
        self.end.as_nanos().saturating_sub(self.start.as_nanos())
    }

    /// How many of the occurrences it consists of.
    #[inline]
    pub const fn occurrence_count(&self) -> usize {
        self.occurrences as usize
    }
}

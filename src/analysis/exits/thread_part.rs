//! What one part of a walk by rounds found of a thread.

use super::basics::NO_PROCESS;
use super::waiting::WaitingList;
use crate::kvm::exit::{
    EntryAt, ExitTables, Recorded, Task, ThreadPairing, WaitingEvent, take_in_order,
};
use crate::units::{Pid, Tid, Timestamp};

/// What one part of the walk found of a thread.
#[derive(Debug, Default)]
pub(super) struct ThreadPart {
    tid: Tid,
    /// Its process, once a row tells it.
    pub(super) pid: Option<Pid>,
    /// What comes before `pairing`.
    pub(super) head: Vec<WaitingEvent>,
    /// What the part paired by itself.
    pub(super) pairing: Option<ThreadPairing>,
    /// What comes behind it, at the end of the part its tail.
    pub(super) pending: WaitingList,
    /// How long halts poll, told behind the part's first rounds.
    poll_limit: Option<u64>,
}

/// How far the rows of threads are complete.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complete {
    /// What the source records.
    pub(super) recorded: Recorded,
    /// The latest time of which all rows are there.
    pub(super) until: Timestamp,
    /// The latest row of the part's first two rounds.
    pub(super) latest_of_first: Timestamp,
}

impl ThreadPart {
    /// Nothing yet.
    pub(super) fn of(tid: Tid) -> Self {
        Self {
            tid,
            ..Self::default()
        }
    }

    /// Whose it is, as far as rows told.
    #[inline]
    pub(super) fn task(&self) -> Task {
        Task {
            pid: self.pid.filter(|&pid| pid != NO_PROCESS),
            tid: self.tid,
        }
    }

    /// Pairs what is complete, or adds it to the head.
    pub(super) fn flush(&mut self, complete: Complete, tables: &mut ExitTables) {
        let task = self.task();
        let Self {
            head,
            pairing,
            pending,
            poll_limit,
            ..
        } = self;
        pending.take_until(complete.until, |mut stretch| {
            while pairing.is_none()
                && let Some((waiting, behind)) = stretch.split_first()
            {
                head.push(*waiting);
                *pairing = complete.take_up(task.tid, waiting, poll_limit);
                stretch = behind;
            }
            if let Some(pairing) = pairing {
                take_in_order(pairing, task, stretch, tables);
            }
        });
    }
}

impl Complete {
    /// Takes the thread up where nothing before it matters any more.
    fn take_up(
        &self,
        tid: Tid,
        waiting: &WaitingEvent,
        poll_limit: &mut Option<u64>,
    ) -> Option<ThreadPairing> {
        if waiting.at <= self.latest_of_first {
            return None;
        }
        *poll_limit = waiting.event.poll_limit().or(*poll_limit);
        if self.recorded.halt_polls && poll_limit.is_none() {
            return None;
        }
        let entry = EntryAt::of(waiting, *poll_limit)?;
        Some(ThreadPairing::from_entry(tid, self.recorded, entry))
    }
}

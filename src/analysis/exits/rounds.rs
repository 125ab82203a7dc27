//! The walk that pairs while it goes on, in memory that does not grow with the capture.
//!
//! perf reads the buffers of all CPUs one after the other, writes down what is in them, and ends the
//! round with `FINISHED_ROUND`. What a buffer holds is in order; a thread that went to another CPU
//! continues in another buffer. What is read in a round is younger than all that was read two rounds
//! before:
//!
//! ```text
//! file    | CPU 0 | CPU 1 | round | CPU 0 | CPU 1 | round | CPU 0 | CPU 1 | round
//! time      ──────────────
//!                           ──────────────
//!                    what is here is older than   ───────→  ──────────────  what is here
//! ```
//! So at the end of a round, all rows up to the latest of the round before are complete: they are
//! put in order and paired.
//!
//! A part of the walk begins in the middle of a round, and its first rows may lie between those of
//! the part before. They are its *head* and are kept, up to the first entry behind the latest row of
//! its first two rounds: at an entry no exit is open, and nothing before it matters any more. From
//! there on the part pairs by itself. What is not complete at its end is its *tail*. Heads and tails
//! are put together when all parts are there.
//!
//! Most exits are plain and over within microseconds: those are told as soon as their entry is met, and
//! one row of all that follow each other waits in their place ([`PlainRun`](crate::kvm::exit::PlainRun)).
//! That another buffer holds something of the thread in their time shows when rows are put in order:
//! then all is walked once more, and each row waits for its turn.
//!
//! Source: the comment above `process_finished_round()`, tools/perf/util/session.c, Linux 6.12.

use hashbrown::HashMap;

use super::basics::{Basics, ThreadRow};
use super::sources::{Sources, UsualSample};
use super::thread_part::{Complete, ThreadPart};
use crate::bytes::ByteOrder;
use crate::kvm::exit::{
    ExitTables, ExitTeller, HostEvent, Moment, SurveyRequest, Task, WaitingEvent,
};
use crate::perf::PlainSample;
use crate::units::{EventIx, Pid, ThreadId, Tid, Timestamp};

/// How far a part of the walk has come.
#[derive(Clone, Copy, Debug, Default)]
struct Rounds {
    ended: u64,
    /// The latest row.
    latest: Timestamp,
    /// The latest row of all rounds before the one that goes on.
    latest_before: Timestamp,
    /// The latest row of the first two rounds.
    latest_of_first: Timestamp,
}

/// A thread and its place.
#[derive(Clone, Copy, Debug)]
struct RecentThread {
    thread: ThreadId,
    place: usize,
}

/// How many threads are found without a table.
pub(super) const RECENT: usize = 16;

/// What one part of the walk found.
#[derive(Debug)]
pub(super) struct RoundPart<'a> {
    pub(super) threads: Vec<ThreadPart>,
    pub(super) by_tid: HashMap<Tid, usize>,
    /// Threads that were met lately, by the last bits of their ids.
    recent: [Option<RecentThread>; RECENT],
    rounds: Rounds,
    pub(super) tables: ExitTables,
    /// Tells plain exits before their turn comes; `None` where all waits.
    teller: Option<ExitTeller>,
    pub(super) basics: Basics<'a>,
    /// Whether a thread's id is that of threads of several processes.
    pub(super) has_shared_ids: bool,
}

/// The visitor that pairs round by round.
pub(super) struct RoundPairing<'s> {
    pub(super) sources: &'s Sources<'s>,
    pub(super) request: &'s SurveyRequest,
    /// Whether rows of the thread are wanted.
    pub(super) is_wanted: &'s (dyn Fn(ThreadId) -> bool + Sync),
    /// Whether of a sample of a wanted thread nothing is asked but what it means to that.
    pub(super) takes_usual: bool,
    /// Whether plain exits are told before their turn comes.
    pub(super) tells_at_once: bool,
}

impl<'s> RoundPairing<'s> {
    pub(super) fn new(
        sources: &'s Sources<'s>,
        request: &'s SurveyRequest,
        is_wanted: &'s (dyn Fn(ThreadId) -> bool + Sync),
    ) -> Self {
        Self {
            sources,
            request,
            is_wanted,
            takes_usual: request.filter.takes_all() && !sources.tells_first,
            tells_at_once: true,
        }
    }

    /// The same, in which every occurrence waits until its turn comes.
    pub(super) fn in_turn(self) -> Self {
        Self {
            tells_at_once: false,
            ..self
        }
    }
}

impl RoundPart<'_> {
    /// Nothing yet.
    pub(super) fn of(plan: &RoundPairing<'_>) -> Self {
        Self {
            threads: Vec::new(),
            by_tid: HashMap::new(),
            recent: [None; RECENT],
            rounds: Rounds::default(),
            tables: ExitTables::new(plan.request),
            teller: plan
                .tells_at_once
                .then(|| ExitTeller::new(plan.sources.recorded)),
            basics: Basics::of(plan.sources),
            has_shared_ids: false,
        }
    }

    /// The same as [`Self::add`] of what most records are.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub(super) fn add_usual(
        &mut self,
        plan: &RoundPairing<'_>,
        event: EventIx,
        usual: &UsualSample<'_>,
    ) {
        let &PlainSample { pid, tid, at, .. } = &usual.sample;
        self.took(event, at);
        let place = self.place_of_wanted(plan, ThreadId { pid, tid });
        if let Some(place) = place {
            let event = usual.event;
            self.push(place, WaitingEvent { at, event });
        }
    }

    /// Counts a sample of a tracepoint that matters.
    #[inline]
    pub(super) fn took(&mut self, event: EventIx, at: Timestamp) {
        self.basics.took(event, at);
        self.rounds.latest = self.rounds.latest.max(at);
    }

    /// The same of several, which were counted for their events.
    pub(super) fn took_all(&mut self, samples: u64, first: Timestamp, latest: Timestamp) {
        self.basics.took_all(samples, first, latest);
        self.rounds.latest = self.rounds.latest.max(latest);
    }

    /// The place of a thread that rows were recorded in; `None` where it is not wanted.
    #[inline]
    pub(super) fn place_of_wanted(
        &mut self,
        plan: &RoundPairing<'_>,
        thread: ThreadId,
    ) -> Option<usize> {
        let recent = self.recent_place(thread);
        recent.or_else(|| self.turn_to(plan, thread))
    }

    /// The place of a thread that rows were recorded in; `None` where it is not wanted.
    fn turn_to(&mut self, plan: &RoundPairing<'_>, thread: ThreadId) -> Option<usize> {
        if !(plan.is_wanted)(thread) {
            return None;
        }
        let place = self.place_of(thread.tid);
        self.check_process(place, thread.pid);
        if let Some(recent) = self.recent.get_mut(recent_ix(thread)) {
            *recent = Some(RecentThread { thread, place });
        }
        Some(place)
    }

    /// The place of a thread that was met lately.
    #[inline]
    fn recent_place(&self, thread: ThreadId) -> Option<usize> {
        let recent = self.recent.get(recent_ix(thread))?.as_ref()?;
        (recent.thread == thread).then_some(recent.place)
    }

    #[inline]
    pub(super) fn add<O: ByteOrder>(&mut self, plan: &RoundPairing<'_>, found: &ThreadRow<'_, '_>) {
        let (row, decoder) = (&found.row, &found.source.decoder);
        if !decoder.is_of_exits() {
            return;
        }
        self.rounds.latest = self.rounds.latest.max(row.at);
        if decoder.is_switch() {
            let switch = decoder.payload::<O>(row.payload);
            if let Some(HostEvent::SchedSwitch { next_tid, .. }) = switch {
                let place = self.place_of(next_tid);
                self.decode::<O>(plan, found, next_tid, place);
            }
        }
        let tid = found.thread.tid;
        let place = match self.recent_place(found.thread) {
            Some(place) => place,
            None if decoder.is_switch() => {
                if !(plan.is_wanted)(found.thread) {
                    return;
                }
                self.place_of(tid)
            }
            None => match self.turn_to(plan, found.thread) {
                Some(place) => place,
                None => return,
            },
        };
        if !self.decode::<O>(plan, found, tid, place) {
            self.basics.undecoded += 1;
        }
    }

    /// Lets a row wait for its turn in a thread that it is about; `false` when it cannot be decoded.
    #[inline]
    fn decode<O: ByteOrder>(
        &mut self,
        plan: &RoundPairing<'_>,
        found: &ThreadRow<'_, '_>,
        tid: Tid,
        place: usize,
    ) -> bool {
        let row = &found.row;
        let is_wanted = plan.request.filter.takes(Moment {
            at: row.at,
            cpu: row.cpu(),
            task: Task { pid: None, tid },
        });
        let event = found.source.decoder.thread_event::<O>(row.payload, tid);
        if let Some(event) = event {
            let event = event.wanted(is_wanted);
            self.push(place, WaitingEvent { at: row.at, event });
        }
        event.is_some()
    }

    /// Lets an occurrence of a thread wait for its turn. The plain exit that it ends is told at once,
    /// where it may be.
    pub(super) fn push(&mut self, place: usize, waiting: WaitingEvent) {
        let Some(thread) = self.threads.get_mut(place) else {
            return;
        };
        thread.pending.push(waiting);
        if let Some(teller) = &mut self.teller
            && waiting.event.is_entry()
        {
            let (task, tables) = (thread.task(), &mut self.tables);
            thread.pending.put_together(|exit, events| {
                if !tables.add_plain(exit) {
                    teller.tell(task, events.iter().copied(), tables);
                }
            });
        }
    }

    /// Tells all of a plain exit of a thread, which these occurrences are.
    pub(super) fn tell(&mut self, place: usize, events: impl Iterator<Item = WaitingEvent>) {
        if let (Some(thread), Some(teller)) = (self.threads.get(place), &mut self.teller) {
            teller.tell(thread.task(), events, &mut self.tables);
        }
    }

    fn place_of(&mut self, tid: Tid) -> usize {
        let threads = &mut self.threads;
        *self.by_tid.entry(tid).or_insert_with(|| {
            threads.push(ThreadPart::of(tid));
            threads.len() - 1
        })
    }

    fn check_process(&mut self, place: usize, pid: Pid) {
        if let Some(thread) = self.threads.get_mut(place) {
            let own = *thread.pid.get_or_insert(pid);
            self.has_shared_ids |= own != pid;
        }
    }

    pub(super) fn end_round(&mut self, plan: &RoundPairing<'_>) {
        let until = self.rounds.latest_before;
        self.rounds.latest_before = self.rounds.latest;
        self.rounds.ended += 1;
        if self.rounds.ended == 2 {
            self.rounds.latest_of_first = self.rounds.latest;
        }
        if self.rounds.ended < 2 {
            return;
        }
        let complete = Complete {
            recorded: plan.sources.recorded,
            until,
            latest_of_first: self.rounds.latest_of_first,
        };
        for thread in &mut self.threads {
            thread.flush(complete, &mut self.tables);
        }
    }
}

/// Where a thread is among those that were met lately.
#[inline]
pub(super) fn recent_ix(thread: ThreadId) -> usize {
    thread.tid.as_i32().cast_unsigned() as usize % RECENT
}

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
//! Source: the comment above `process_finished_round()`, tools/perf/util/session.c, Linux 6.12.

use hashbrown::HashMap;

use super::basics::{Basics, NO_PROCESS, ThreadRow};
use super::sources::{Sources, UsualSample};
use super::waiting::WaitingList;
use crate::bytes::ByteOrder;
use crate::kvm::exit::{
    EntryAt, ExitTables, HostEvent, Moment, SurveyRequest, Task, ThreadPairing, WaitingEvent,
    take_in_order,
};
use crate::perf::abi::{PERF_RECORD_FINISHED_ROUND, PERF_RECORD_SAMPLE};
use crate::perf::{Damage, PlainSample, Record, SampleAtHand, Visitor};
use crate::units::{EventIx, Pid, ThreadId, Tid, Timestamp};

/// What one part of the walk found of a thread.
#[derive(Debug, Default)]
pub(super) struct ThreadPart {
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
const RECENT: usize = 16;

/// What one part of the walk found.
#[derive(Debug)]
pub(super) struct RoundPart<'a> {
    pub(super) threads: Vec<ThreadPart>,
    pub(super) by_tid: HashMap<Tid, usize>,
    /// Threads that were met lately, by the last bits of their ids.
    recent: [Option<RecentThread>; RECENT],
    rounds: Rounds,
    pub(super) tables: ExitTables,
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
    takes_usual: bool,
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
        }
    }
}

impl<'a> Visitor<'a> for RoundPairing<'_> {
    type Gathered = RoundPart<'a>;

    fn begin(&self) -> RoundPart<'a> {
        RoundPart {
            threads: Vec::new(),
            by_tid: HashMap::new(),
            recent: [None; RECENT],
            rounds: Rounds::default(),
            tables: ExitTables::new(self.request),
            basics: Basics::of(self.sources),
            has_shared_ids: false,
        }
    }

    /// Each part keeps the rows of its first rounds, and they are paired once more.
    fn parts_a_thread(&self) -> usize {
        1
    }

    fn go_on(&self, last: &mut RoundPart<'a>) -> RoundPart<'a> {
        let mut part = self.begin();
        // Sums: the order of the parts does not matter to them.
        std::mem::swap(&mut part.tables, &mut last.tables);
        part
    }

    /// Payloads are decoded at once. What concerns several threads is looked at where it is.
    fn takes_copies(&self, part: &RoundPart<'a>) -> bool {
        let kept = part.basics.host_rows.len() as u64;
        kept * 4 <= part.basics.tally.read
    }

    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        part: &mut RoundPart<'a>,
        at_hand: SampleAtHand<'_>,
        whole: impl FnOnce() -> Record<'a>,
    ) {
        if self.takes_usual
            && let Some(usual) = self.sources.usual::<O>(at_hand)
        {
            part.add_usual(self, at_hand.event, &usual);
            return;
        }
        if let Some(found) = part.basics.sample_at_hand::<O>(self.sources, at_hand) {
            if found.source.decoder.is_of_several() {
                part.basics.keep_host_row::<O>(self.sources, &whole());
            }
            part.add::<O>(self, &found);
        }
    }

    #[inline]
    fn record<O: ByteOrder>(&self, part: &mut RoundPart<'a>, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE {
            if let Some(found) = part.basics.sample::<O>(self.sources, &record) {
                part.add::<O>(self, &found);
            }
        } else if record.header.record_type == PERF_RECORD_FINISHED_ROUND {
            part.end_round(self);
        } else {
            part.basics.other::<O>(self.sources, &record);
        }
    }

    fn damage(&self, part: &mut RoundPart<'a>, damage: Damage) {
        part.basics.tally.damaged_bytes += damage.len;
    }
}

impl RoundPart<'_> {
    /// The same as [`Self::add`] of what most records are.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    fn add_usual(&mut self, plan: &RoundPairing<'_>, event: EventIx, usual: &UsualSample<'_>) {
        let &PlainSample { pid, tid, at, .. } = &usual.sample;
        self.basics.took(event, at);
        self.rounds.latest = self.rounds.latest.max(at);
        let thread = ThreadId { pid, tid };
        let place = match self.recent_place(thread) {
            Some(place) => Some(place),
            None => self.turn_to(plan, thread),
        };
        if let Some(thread) = place.and_then(|place| self.threads.get_mut(place)) {
            thread.pending.push(at, usual.event);
        }
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
    fn add<O: ByteOrder>(&mut self, plan: &RoundPairing<'_>, found: &ThreadRow<'_, '_>) {
        let (row, decoder) = (&found.row, &found.source.decoder);
        if !decoder.is_of_exits() {
            return;
        }
        self.rounds.latest = self.rounds.latest.max(row.at);
        if decoder.is_switch() {
            let switch = decoder.payload::<O>(row.payload);
            if let Some(HostEvent::SchedSwitch { next_tid, .. }) = switch {
                let place = self.place_of(next_tid);
                self.push::<O>(plan, found, next_tid, place);
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
        if !self.push::<O>(plan, found, tid, place) {
            self.basics.undecoded += 1;
        }
    }

    /// Lets a row wait for its turn in a thread that it is about; `false` when it cannot be decoded.
    #[inline]
    fn push<O: ByteOrder>(
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
        if let (Some(event), Some(thread)) = (event, self.threads.get_mut(place)) {
            thread.pending.push(row.at, event.wanted(is_wanted));
        }
        event.is_some()
    }

    fn place_of(&mut self, tid: Tid) -> usize {
        let threads = &mut self.threads;
        *self.by_tid.entry(tid).or_insert_with(|| {
            threads.push(ThreadPart::default());
            threads.len() - 1
        })
    }

    fn check_process(&mut self, place: usize, pid: Pid) {
        if let Some(thread) = self.threads.get_mut(place) {
            let own = *thread.pid.get_or_insert(pid);
            self.has_shared_ids |= own != pid;
        }
    }

    fn end_round(&mut self, plan: &RoundPairing<'_>) {
        let complete = self.rounds.latest_before;
        self.rounds.latest_before = self.rounds.latest;
        self.rounds.ended += 1;
        if self.rounds.ended == 2 {
            self.rounds.latest_of_first = self.rounds.latest;
        }
        if self.rounds.ended < 2 {
            return;
        }
        for (&tid, &place) in &self.by_tid {
            if let Some(thread) = self.threads.get_mut(place) {
                let flush = Flush {
                    plan,
                    tid,
                    complete,
                    latest_of_first: self.rounds.latest_of_first,
                };
                flush.flush(thread, &mut self.tables);
            }
        }
    }
}

/// Where a thread is among those that were met lately.
#[inline]
fn recent_ix(thread: ThreadId) -> usize {
    thread.tid.as_i32().cast_unsigned() as usize % RECENT
}

/// The rows of a thread that are complete, on their way.
struct Flush<'f> {
    plan: &'f RoundPairing<'f>,
    tid: Tid,
    /// The latest time of which all rows are there.
    complete: Timestamp,
    latest_of_first: Timestamp,
}

impl Flush<'_> {
    /// Pairs what is complete, or adds it to the head.
    fn flush(&self, thread: &mut ThreadPart, tables: &mut ExitTables) {
        let ThreadPart {
            pid,
            head,
            pairing,
            pending,
            poll_limit,
        } = thread;
        let task = Task {
            pid: pid.filter(|&pid| pid != NO_PROCESS),
            tid: self.tid,
        };
        pending.take_until(self.complete, |mut stretch| {
            while pairing.is_none()
                && let Some((waiting, behind)) = stretch.split_first()
            {
                head.push(*waiting);
                *pairing = self.take_up(waiting, poll_limit);
                stretch = behind;
            }
            if let Some(pairing) = pairing {
                take_in_order(pairing, task, stretch, tables);
            }
        });
    }

    /// Takes the thread up where nothing before it matters any more.
    fn take_up(
        &self,
        waiting: &WaitingEvent,
        poll_limit: &mut Option<u64>,
    ) -> Option<ThreadPairing> {
        if waiting.at <= self.latest_of_first {
            return None;
        }
        let recorded = self.plan.sources.recorded;
        *poll_limit = waiting.event.poll_limit().or(*poll_limit);
        if !waiting.event.is_entry() || (recorded.halt_polls && poll_limit.is_none()) {
            return None;
        }
        let entry = EntryAt {
            at: waiting.at,
            vcpu: waiting.event.vcpu(),
            poll_limit: *poll_limit,
        };
        Some(ThreadPairing::from_entry(self.tid, recorded, entry))
    }
}

//! Samples that most records are, taken at once: plain exits are told where they lie.
//!
//! From `kvm_exit` to the entry behind it, what a thread records is looked at where the walk is, and
//! nothing of it is kept but that there was a plain exit:
//!
//! ```text
//! of a thread   exit pio entry  exit entry  exit mmio │ the end of what is at hand
//!               └── plain ───┘  └ plain ─┘  └ waits ┘
//! waiting       └─────── one run ───────┘   exit, mmio
//! ```
//! What is no such exit waits for its turn, as does all that comes from other tracepoints.

use super::rounds::{RECENT, RoundPairing, RoundPart, recent_ix};
use super::sources::Sources;
use crate::bytes::ByteOrder;
use crate::kvm::exit::{ExitReason, PlainExit, PlainRun, UsualRole, WaitingEvent};
use crate::perf::{PlainSample, PlainSamples, UniformSample};
use crate::units::{EventIx, ThreadId, Timestamp};

/// How many occurrences of one exit are looked at where they lie: most have two or three.
const MOST_HELD: usize = 4;

/// Passes samples that most records are, as long as one follows the other.
pub(super) fn take_at_once<O: ByteOrder>(
    plan: &RoundPairing<'_>,
    part: &mut RoundPart<'_>,
    samples: &mut PlainSamples<'_>,
) {
    let mut courses: [Option<Course<'_>>; RECENT] = [None; RECENT];
    let (mut taken, mut first) = (0, Timestamp::from_nanos(u64::MAX));
    let mut latest = Timestamp::default();
    let Some(uniform) = &plan.sources.uniform else {
        return;
    };
    while let Some(upcoming) = samples.upcoming_of::<O>(uniform)
        && let UniformSample { event, sample } = upcoming.found
        && let Some(role) = plan.sources.role::<O>(event, sample.payload)
    {
        let PlainSample {
            pid,
            tid,
            at,
            payload,
            ..
        } = sample;
        samples.pass_it(&upcoming);
        part.basics.count(event);
        taken += 1;
        first = first.min(at);
        latest = latest.max(at);
        let thread = ThreadId { pid, tid };
        let Some(slot) = courses.get_mut(recent_ix(thread)) else {
            continue;
        };
        let course = match slot {
            Some(course) if course.thread == thread => course,
            other => turn_to::<O>(plan, part, other, thread),
        };
        let held = Held { at, event, payload };
        if at < course.last {
            course.settle::<O>(plan.sources, part);
        }
        course.last = at;
        match role {
            UsualRole::Exit(reason) => course.begin::<O>(held, reason, plan.sources, part),
            UsualRole::Access => course.add::<O>(held, plan.sources, part),
            UsualRole::Entry { vcpu } => course.end::<O>(held, vcpu, plan.sources, part),
        }
    }
    for course in courses.iter_mut().flatten() {
        course.settle::<O>(plan.sources, part);
    }
    part.took_all(taken, first, latest);
}

/// The course of another thread than the one that had its place.
#[cold]
fn turn_to<'c, 'r, O: ByteOrder>(
    plan: &RoundPairing<'_>,
    part: &mut RoundPart<'_>,
    slot: &'c mut Option<Course<'r>>,
    thread: ThreadId,
) -> &'c mut Course<'r> {
    if let Some(other) = slot {
        other.settle::<O>(plan.sources, part);
    }
    slot.insert(Course {
        thread,
        place: part.place_of_wanted(plan, thread),
        held: [None; MOST_HELD],
        len: 0,
        start: Timestamp::default(),
        reason: ExitReason::default(),
        run: None,
        last: Timestamp::default(),
    })
}

/// An occurrence that is looked at where it lies.
#[derive(Clone, Copy, Debug)]
struct Held<'r> {
    at: Timestamp,
    event: EventIx,
    payload: &'r [u8],
}

impl Held<'_> {
    /// As it waits for its turn.
    fn waiting<O: ByteOrder>(&self, sources: &Sources<'_>) -> Option<WaitingEvent> {
        let decoder = &sources.get(self.event)?.decoder;
        let event = decoder.usual_event::<O>(self.payload)?;
        Some(WaitingEvent { at: self.at, event })
    }
}

/// What a thread did, as far as nobody was told.
#[derive(Clone, Copy, Debug)]
struct Course<'r> {
    thread: ThreadId,
    /// Its place in the part; `None` where it is not wanted.
    place: Option<usize>,
    /// The exit that it is in, and what follows that.
    held: [Option<Held<'r>>; MOST_HELD],
    /// How many of them there are.
    len: u8,
    /// When the guest stopped, if there are any.
    start: Timestamp,
    /// Why.
    reason: ExitReason,
    /// The plain exits before it, whose tables were told.
    run: Option<PlainRun>,
    /// When the last occurrence was.
    last: Timestamp,
}

impl<'r> Course<'r> {
    /// An exit begins.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    fn begin<O: ByteOrder>(
        &mut self,
        exit: Held<'r>,
        reason: ExitReason,
        sources: &Sources<'_>,
        part: &mut RoundPart<'_>,
    ) {
        if self.len > 0 {
            self.settle::<O>(sources, part);
        }
        self.start = exit.at;
        self.reason = reason;
        self.held[0] = Some(exit);
        self.len = 1;
    }

    /// Something is reached.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    fn add<O: ByteOrder>(
        &mut self,
        access: Held<'r>,
        sources: &Sources<'_>,
        part: &mut RoundPart<'_>,
    ) {
        match self.held.get_mut(usize::from(self.len)) {
            Some(place) if self.len > 0 => {
                *place = Some(access);
                self.len += 1;
            }
            Some(_) | None => self.let_wait::<O>(access, sources, part),
        }
    }

    /// The guest is entered.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    fn end<O: ByteOrder>(
        &mut self,
        entry: Held<'r>,
        vcpu: u32,
        sources: &Sources<'_>,
        part: &mut RoundPart<'_>,
    ) {
        let exit = PlainExit {
            start: self.start,
            end: entry.at,
            reason: self.reason,
            vcpu: Some(vcpu),
            occurrences: u32::from(self.len) + 1,
        };
        if self.len == 0 || !exit.is_soon_over() || self.place.is_none() {
            self.let_wait::<O>(entry, sources, part);
            return;
        }
        if !part.tables.add_plain(&exit) {
            self.tell::<O>(entry, sources, part);
        }
        self.len = 0;
        let exit = exit.run();
        self.run = Some(match self.run {
            Some(run) if run.is_near(&exit) => run.with(&exit),
            Some(_) => {
                self.settle::<O>(sources, part);
                exit
            }
            None => exit,
        });
    }

    /// Tells all of the exit that it is in, which this entry ends.
    #[cold]
    fn tell<O: ByteOrder>(&self, entry: Held<'r>, sources: &Sources<'_>, part: &mut RoundPart<'_>) {
        let held = self.held.iter().take(self.len.into()).flatten();
        let events = held.chain([&entry]);
        let events = events.filter_map(|held| held.waiting::<O>(sources));
        if let Some(place) = self.place {
            part.tell(place, events);
        }
    }

    /// All that it did, and what it does next, wait for their turn.
    #[cold]
    fn let_wait<O: ByteOrder>(
        &mut self,
        next: Held<'r>,
        sources: &Sources<'_>,
        part: &mut RoundPart<'_>,
    ) {
        self.settle::<O>(sources, part);
        if let (Some(place), Some(waiting)) = (self.place, next.waiting::<O>(sources)) {
            part.push(place, waiting);
        }
    }

    /// What it did waits for its turn.
    fn settle<O: ByteOrder>(&mut self, sources: &Sources<'_>, part: &mut RoundPart<'_>) {
        let Some(place) = self.place else {
            self.len = 0;
            return;
        };
        if let Some(run) = self.run.take()
            && let Some(thread) = part.threads.get_mut(place)
        {
            thread.pending.push_run(&run);
        }
        for held in self.held.iter().take(self.len.into()).flatten() {
            if let Some(waiting) = held.waiting::<O>(sources) {
                part.push(place, waiting);
            }
        }
        self.len = 0;
    }
}

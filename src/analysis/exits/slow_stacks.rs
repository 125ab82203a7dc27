//! Where the slowest exits spent their time, by call stacks.
//!
//! An exit may hold many tracepoints, each recorded with a stack. The one that stands for the exit is
//! found at the longest stretch of time between two of them that follow each other in its thread:
//!
//! ```text
//! kvm_exit ─┬─ kvm_page_fault ─────────────────── kvm_entry      longest: behind kvm_page_fault
//! kvm_exit ─────────────── kvm_pio ─┬─ kvm_entry                  longest: before kvm_pio
//! ```
//! - It is the stack where the stretch begins: from there the kernel went on, or went to sleep.
//! - Where that is `kvm_exit`, whose stack is that of the loop around the guest, it is the stack where
//!   the stretch ends: the kernel had got there by then.
//! - Where that is `kvm_entry` it is the loop's own: nothing tells more.

use hashbrown::HashMap;

use super::basics::{Basics, NO_PROCESS};
use super::sources::Sources;
use crate::analysis::profile::profile;
use crate::analysis::request::{Request, TimeRequest};
use crate::bytes::ByteOrder;
use crate::kvm::exit::SlowExit;
use crate::perf::abi::PERF_RECORD_SAMPLE;
use crate::perf::{Capture, Damage, Record, SampleAtHand, Visitor};
use crate::stack::FrameKind;
use crate::symbol::SymbolRequest;
use crate::tracepoint::Formats;
use crate::units::{EventIx, Tid, Timestamp};

/// The stack that stands for an exit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlowStack {
    /// The tracepoint that was recorded with it: `kvm:kvm_page_fault`.
    pub event: String,
    /// Names of its frames, the root first, as a flame graph shows them.
    pub frames: Vec<String>,
}

/// The stacks of the slowest exits, in their order; `None` where none was recorded. Nothing where
/// tracepoints were recorded without stacks.
pub fn slow_stacks(
    capture: &Capture,
    symbols: &SymbolRequest,
    slowest: &[SlowExit],
    threads: usize,
) -> Vec<Option<SlowStack>> {
    let formats = Formats::of_capture(capture);
    let sources = Sources::of(capture, &formats);
    if !sources.has_chains || slowest.is_empty() {
        return Vec::new();
    }
    let looking = Looking {
        sources: &sources,
        slowest,
        tids: by_tid(slowest),
    };
    let parts = capture.scan(threads, &looking).gathered;
    let mut met: Vec<MetInExit> = parts.into_iter().flat_map(|part| part.met).collect();
    // A stable sort: those of one time stay in the order of the file.
    met.sort_by_key(|met| (met.exit, met.at));
    let moments = met.chunk_by(|a, b| a.exit == b.exit).filter_map(moment_of);
    let mut stacks = vec![None; slowest.len()];
    for moment in moments {
        let thread = slowest.get(moment.exit).map(|slow| slow.task.tid);
        if let (Some(place), Some(tid)) = (stacks.get_mut(moment.exit), thread) {
            *place = stack_at(capture, symbols, &moment, tid, threads);
        }
    }
    stacks
}

/// Exits by their threads.
fn by_tid(slowest: &[SlowExit]) -> HashMap<Tid, Vec<usize>> {
    let mut found: HashMap<Tid, Vec<usize>> = HashMap::new();
    for (place, slow) in slowest.iter().enumerate() {
        found.entry(slow.task.tid).or_default().push(place);
    }
    found
}

/// An occurrence within one of the exits.
#[derive(Clone, Copy, Debug)]
struct MetInExit {
    /// The place of the exit among the slowest.
    exit: usize,
    at: Timestamp,
    event: EventIx,
    /// Whether its stack is that of the loop around the guest.
    is_of_loop: bool,
}

/// The occurrence whose stack stands for an exit; `None` where there are no two.
fn moment_of(met: &[MetInExit]) -> Option<MetInExit> {
    let stretches = met.windows(2).filter_map(|two| two.first_chunk::<2>());
    let length =
        |[from, until]: &[MetInExit; 2]| until.at.as_nanos().saturating_sub(from.at.as_nanos());
    // Of equal ones the first.
    let longest = stretches.rev().max_by_key(|stretch| length(stretch));
    longest.map(|&[from, until]| if from.is_of_loop { until } else { from })
}

/// The visitor that looks for occurrences within exits.
struct Looking<'s> {
    sources: &'s Sources<'s>,
    slowest: &'s [SlowExit],
    tids: HashMap<Tid, Vec<usize>>,
}

/// What one part of the walk found.
struct FoundInExits<'a> {
    basics: Basics<'a>,
    met: Vec<MetInExit>,
}

impl<'a> Visitor<'a> for Looking<'_> {
    type Gathered = FoundInExits<'a>;

    fn begin(&self) -> FoundInExits<'a> {
        FoundInExits {
            basics: Basics::of(self.sources),
            met: Vec::new(),
        }
    }

    fn takes_copies(&self, _: &FoundInExits<'a>) -> bool {
        true
    }

    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        part: &mut FoundInExits<'a>,
        at_hand: SampleAtHand<'_>,
        _: impl FnOnce() -> Record<'a>,
    ) {
        self.look::<O>(part, at_hand);
    }

    #[inline]
    fn record<O: ByteOrder>(&self, part: &mut FoundInExits<'a>, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE
            && let Some(event) = record.event
        {
            let body = record.body;
            self.look::<O>(part, SampleAtHand { event, body });
        }
    }

    fn damage(&self, _: &mut FoundInExits<'a>, _: Damage) {}
}

impl Looking<'_> {
    #[inline]
    fn look<O: ByteOrder>(&self, part: &mut FoundInExits<'_>, at_hand: SampleAtHand<'_>) {
        let Some(found) = part.basics.sample_at_hand::<O>(self.sources, at_hand) else {
            return;
        };
        let (row, thread) = (&found.row, found.thread);
        let Some(exits) = self.tids.get(&thread.tid) else {
            return;
        };
        for &exit in exits {
            let Some(slow) = self.slowest.get(exit) else {
                continue;
            };
            let pid = Some(thread.pid).filter(|&pid| pid != NO_PROCESS);
            let end = slow.exit.start.as_nanos();
            let end = end.saturating_add(slow.exit.parts.wall());
            let interval = slow.exit.start..=Timestamp::from_nanos(end);
            if pid != slow.task.pid || !interval.contains(&row.at) {
                continue;
            }
            let decoder = &found.source.decoder;
            let event = decoder.thread_event::<O>(row.payload, thread.tid);
            part.met.push(MetInExit {
                exit,
                at: row.at,
                event: row.event,
                is_of_loop: event.is_some_and(|event| event.is_of_loop()),
            });
        }
    }
}

/// The stack that was recorded then; `None` where there is none, or several were.
fn stack_at(
    capture: &Capture,
    symbols: &SymbolRequest,
    moment: &MetInExit,
    tid: Tid,
    threads: usize,
) -> Option<SlowStack> {
    let event = capture.events().get(moment.event)?.name.clone();
    let at = Some(moment.at);
    let request = Request {
        event: Some(event.clone()),
        tids: vec![tid],
        times: vec![TimeRequest::Absolute(at, at)],
        no_tag: true,
        threads,
        ..Request::default()
    };
    let profile = profile(capture, symbols, &request).ok()?;
    let mut stacks = profile.stacks.iter();
    let stack = stacks.next().filter(|stack| stack.samples == 1)?;
    if stacks.next().is_some() {
        return None;
    }
    let frames = profile.stacks.frames(stack).iter();
    let frames = frames.map(|&frame| profile.frames.get(frame));
    let frames = frames.filter(|frame| frame.kind != FrameKind::Root);
    Some(SlowStack {
        event,
        frames: frames.map(|frame| frame.name.to_string()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: what is in front of the longest stretch, and what is behind it where `kvm_exit` is in
    /// front.
    #[test]
    fn the_stack_is_that_at_the_longest_stretch() {
        let stands = |events: &[(u64, u32, bool)]| {
            let met: Vec<MetInExit> = events
                .iter()
                .map(|&(at, event, is_of_loop)| MetInExit {
                    exit: 0,
                    at: Timestamp::from_nanos(at),
                    event: EventIx(event),
                    is_of_loop,
                })
                .collect();
            moment_of(&met).map(|met| met.event.0)
        };
        let (exit, fault, pio, entry) = (0, 1, 2, 3);
        let slow_fault = [(10, exit, true), (12, fault, false), (90, entry, true)];
        assert_eq!(stands(&slow_fault), Some(fault));
        let slow_read = [(10, exit, true), (80, pio, false), (90, entry, true)];
        assert_eq!(stands(&slow_read), Some(pio));
        assert_eq!(stands(&[(10, exit, true), (90, entry, true)]), Some(entry));
        assert_eq!(stands(&[(10, exit, true)]), None);
    }
}

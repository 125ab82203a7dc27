//! All records of a capture, one after the other.

use super::intervals::Intervals;
use super::moment::{Effect, PerfMoment};
use super::plan::PerfPlan;
use super::request::LikePerfRequest;
use super::round_queue::RoundQueue;
use crate::bytes::ByteOrder;
use crate::perf::abi::{
    PERF_RECORD_FINISHED_ROUND, PERF_RECORD_SAMPLE, PERF_RECORD_USER_TYPE_START,
};
use crate::perf::{Capture, Events, Record, SampleTail, Visitor};
use crate::units::Timestamp;

/// What is known behind the records so far.
#[derive(Debug)]
pub(super) struct Replayed {
    queue: RoundQueue,
    intervals: Intervals,
}

impl Replayed {
    /// Delivers what still waits.
    pub(super) fn finish(mut self) -> ReplayEnd {
        let intervals = &mut self.intervals;
        self.queue.end(|moment| intervals.take(moment));
        ReplayEnd {
            intervals: self.intervals,
            out_of_order: self.queue.out_of_order,
        }
    }
}

/// What a replay came to.
#[derive(Debug)]
pub(super) struct ReplayEnd {
    pub(super) intervals: Intervals,
    /// Records that arrived out of order.
    pub(super) out_of_order: u32,
}

/// The visitor of a replay. It relies on the parts of a walk on one thread being in the order of the
/// file: each goes on where the last one ended.
#[derive(Debug)]
pub(super) struct Replay<'a> {
    pub(super) events: &'a Events,
    pub(super) plan: PerfPlan,
    pub(super) request: &'a LikePerfRequest,
}

impl<'a> Replay<'a> {
    /// Walks a capture.
    pub(super) fn run(&self, capture: &Capture) -> ReplayEnd {
        let mut parts = capture.scan(1, self).gathered;
        parts.pop().unwrap_or_else(|| self.begin()).finish()
    }

    fn sample<O: ByteOrder>(&self, record: &Record<'a>) -> Option<PerfMoment> {
        let ix = record.event?;
        let event = self.events.get(ix)?;
        let event_ix = ix.as_usize();
        if !self.plan.reads(event_ix) {
            let time = event.layout.time::<O>(record.body);
            return Some(nothing_at(time));
        }
        let head = event.layout.head::<O>(record.body)?;
        let pids = &self.request.pids;
        let mut moment = nothing_at(head.time);
        if pids.is_empty() || pids.contains(&head.pid) {
            let tail = SampleTail::parse::<O>(&event.attr, head.tail);
            let payload = tail.and_then(|tail| tail.raw).unwrap_or_default();
            moment.tid = head.tid.as_i32();
            moment.effect = self.plan.effect::<O>(event_ix, payload);
        }
        Some(moment)
    }

    fn other<O: ByteOrder>(&self, record: &Record<'a>) -> PerfMoment {
        let event = self.events.of_sideband::<O>(record.body);
        let time = event.and_then(|event| event.layout.trailer().time::<O>(record.body));
        nothing_at(time)
    }
}

fn nothing_at(time: Option<Timestamp>) -> PerfMoment {
    PerfMoment {
        at: time.map_or(u64::MAX, Timestamp::as_nanos),
        tid: -1,
        effect: Effect::Nothing,
    }
}

impl<'a> Visitor<'a> for Replay<'_> {
    type Gathered = Replayed;

    fn begin(&self) -> Replayed {
        Replayed {
            queue: RoundQueue::default(),
            intervals: Intervals::new(self.request.vcpu),
        }
    }

    fn go_on(&self, last: &mut Replayed) -> Replayed {
        std::mem::replace(last, self.begin())
    }

    fn record<O: ByteOrder>(&self, replayed: &mut Replayed, record: Record<'a>) {
        let Replayed { queue, intervals } = replayed;
        let moment = match record.header.record_type {
            PERF_RECORD_SAMPLE => self.sample::<O>(&record),
            PERF_RECORD_FINISHED_ROUND => {
                return queue.end_round(|moment| intervals.take(moment));
            }
            PERF_RECORD_USER_TYPE_START.. => None,
            _ => Some(self.other::<O>(&record)),
        };
        let at_once = moment.and_then(|moment| queue.push(moment));
        at_once
            .into_iter()
            .for_each(|moment| intervals.take(moment));
    }
}

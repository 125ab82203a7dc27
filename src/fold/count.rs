//! Samples of all events: their times, and their number by what is known of their threads.

use hashbrown::HashMap;

use super::census::{SampleTimes, TimeSpan};
use super::plan::Plan;
use super::readings::Readings;
use super::request::FoldRequest;
use super::split::SliceCursor;
use crate::bytes::ByteOrder;
use crate::perf::abi::PERF_RECORD_SAMPLE;
use crate::perf::{Capture, Events, Record, SampleAtHand, Visitor};
use crate::space::{Histories, TaskEpoch, Timeline};
use crate::units::{EventIx, ThreadId};

/// What is counted in one part.
#[derive(Debug, Default)]
struct Counter<'t> {
    counts: Vec<Vec<u64>>,
    slice: SliceCursor,
    histories: HashMap<ThreadId, Histories<'t>>,
}

/// Times of the earliest and of the latest sample of any event, in one walk; `None` when no sample
/// has a time.
pub(crate) fn sample_times(capture: &Capture, threads: usize) -> SampleTimes {
    let events = capture.events();
    let mut all = TimeSpan::default();
    for part in capture.scan(threads, &Timing { events }).gathered {
        all.join(part);
    }
    all.ends()
}

/// The visitor that looks for the earliest and the latest sample.
struct Timing<'e> {
    events: &'e Events,
}

impl<'a> Visitor<'a> for Timing<'_> {
    type Gathered = TimeSpan;

    fn begin(&self) -> TimeSpan {
        TimeSpan::default()
    }

    fn takes_copies(&self, _: &Self::Gathered) -> bool {
        true
    }

    fn record<O: ByteOrder>(&self, times: &mut TimeSpan, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE
            && let Some(event) = record.event
        {
            self.add::<O>(times, event, record.body);
        }
    }

    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        times: &mut TimeSpan,
        at_hand: SampleAtHand<'_>,
        _: impl FnOnce() -> Record<'a>,
    ) {
        self.add::<O>(times, at_hand.event, at_hand.body);
    }
}

impl Timing<'_> {
    #[inline]
    fn add<O: ByteOrder>(&self, times: &mut TimeSpan, event: EventIx, body: &[u8]) {
        if let Some(event) = self.events.get(event)
            && let Some(time) = event.layout.time::<O>(body)
        {
            times.add(time);
        }
    }
}

/// Samples (of events that were counted with their group, occurrences) of each event that pass the
/// selection and whose thread is wanted, by event and slice of time, in one walk. There are slices
/// where the request splits by them.
///
/// The slices of a [`Census`](super::census::Census) hold the same of all threads; what is true of a
/// thread at a time is known only after the walk that makes one.
pub(crate) fn count_of_threads(
    capture: &Capture,
    request: &FoldRequest,
    timeline: &Timeline,
    is_wanted: impl Fn(ThreadId, TaskEpoch) -> bool + Sync,
) -> Vec<Vec<u64>> {
    let readings = Readings::of(capture, request.threads);
    let plan = Plan::new(capture, request, &readings);
    let mut sums = vec![vec![0_u64; plan.slices()]; plan.events.len()];
    let counting = Counting {
        plan,
        timeline,
        is_wanted,
    };
    for part in capture.scan(request.threads, &counting).gathered {
        let sums = sums.iter_mut().flatten();
        for (sum, count) in sums.zip(part.counts.into_iter().flatten()) {
            *sum = sum.saturating_add(count);
        }
    }
    sums
}

/// The visitor that counts samples of wanted threads.
struct Counting<'p, 't, W> {
    plan: Plan<'p>,
    timeline: &'t Timeline,
    is_wanted: W,
}

impl<'a, 't, W> Visitor<'a> for Counting<'_, 't, W>
where
    W: Fn(ThreadId, TaskEpoch) -> bool + Sync,
{
    type Gathered = Counter<'t>;

    fn begin(&self) -> Counter<'t> {
        Counter {
            counts: vec![vec![0; self.plan.slices()]; self.plan.events.len()],
            ..Counter::default()
        }
    }

    fn go_on(&self, last: &mut Counter<'t>) -> Counter<'t> {
        std::mem::take(last)
    }

    fn takes_copies(&self, _: &Self::Gathered) -> bool {
        true
    }

    fn record<O: ByteOrder>(&self, counter: &mut Counter<'t>, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE {
            counter.sample::<O>(self, record, record.body);
        }
    }

    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        counter: &mut Counter<'t>,
        at_hand: SampleAtHand<'_>,
        whole: impl FnOnce() -> Record<'a>,
    ) {
        counter.sample::<O>(self, whole(), at_hand.body);
    }
}

impl<'t> Counter<'t> {
    /// Counts a sample. What cannot be decoded was counted as skipped when the capture was folded.
    fn sample<O: ByteOrder>(
        &mut self,
        counting: &Counting<'_, 't, impl Fn(ThreadId, TaskEpoch) -> bool>,
        record: Record<'_>,
        at_hand: &[u8],
    ) -> Option<()> {
        let Counting {
            plan,
            timeline,
            is_wanted,
        } = counting;
        let ix = record.event?;
        let layout = &plan.events.get(ix)?.layout;
        let sample = layout.head::<O>(at_hand)?;
        let order = plan.order_of(&record, sample.time)?;
        let thread = ThreadId {
            pid: sample.pid,
            tid: sample.tid,
        };
        let known = self.histories.entry(thread);
        let history = known.or_insert_with(|| timeline.histories(thread));
        if plan.selection.takes(&sample) && is_wanted(thread, history.task_epoch(order)) {
            let slice = plan.slicing.as_ref();
            let slice = slice.map_or(0, |slicing| self.slice.slice_of(slicing, order));
            let read = plan.readings.at(record.position).iter();
            let read = read.filter(|reading| reading.event != ix);
            let read = read.map(|reading| (reading.event, reading.period));
            for (event, occurrences) in read.chain([(ix, 1)]) {
                let counts = self.counts.get_mut(event.as_usize())?;
                let count = counts.get_mut(slice as usize)?;
                *count = count.saturating_add(occurrences);
            }
        }
        Some(())
    }
}

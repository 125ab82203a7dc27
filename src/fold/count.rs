//! Samples of all events: their times, and their number by what is known of their threads.

use hashbrown::HashMap;

use super::census::{SampleTimes, join_times};
use super::plan::Plan;
use super::readings::Readings;
use super::request::FoldRequest;
use super::split::SliceCursor;
use crate::bytes::{ByteOrder, position};
use crate::perf::abi::PERF_RECORD_SAMPLE;
use crate::perf::{Capture, Events, Record, Visitor};
use crate::space::{Histories, TaskEpoch, Timeline};
use crate::units::ThreadId;

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
    let parts = capture.scan(threads, &Timing { events }).gathered;
    parts.into_iter().fold(None, join_times)
}

/// The visitor that looks for the earliest and the latest sample.
struct Timing<'e> {
    events: &'e Events,
}

impl<'a> Visitor<'a> for Timing<'_> {
    type Gathered = SampleTimes;

    fn begin(&self) -> SampleTimes {
        None
    }

    #[inline]
    fn record<O: ByteOrder>(&self, times: &mut SampleTimes, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE
            && let Some(event) = self.events.of_sample::<O>(record.body)
            && let Some(event) = self.events.get(event)
            && let Some(time) = event.layout.time::<O>(record.body)
        {
            *times = join_times(*times, Some((time, time)));
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
    let mut sums = vec![vec![0_u64; plan.split.slices()]; plan.events.len()];
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
            counts: vec![vec![0; self.plan.split.slices()]; self.plan.events.len()],
            ..Counter::default()
        }
    }

    fn go_on(&self, last: &mut Counter<'t>) -> Counter<'t> {
        std::mem::take(last)
    }

    #[inline]
    fn record<O: ByteOrder>(&self, counter: &mut Counter<'t>, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE {
            counter.sample::<O>(&self.plan, record, self.timeline, &self.is_wanted);
        }
    }
}

impl<'t> Counter<'t> {
    /// Counts a sample. What cannot be decoded was counted as skipped when the capture was folded.
    fn sample<O: ByteOrder>(
        &mut self,
        plan: &Plan<'_>,
        record: Record<'_>,
        timeline: &'t Timeline,
        is_wanted: impl Fn(ThreadId, TaskEpoch) -> bool,
    ) -> Option<()> {
        let ix = plan.events.of_sample::<O>(record.body)?;
        let layout = &plan.events.get(ix)?.layout;
        let sample = layout.head::<O>(record.body)?;
        let order = plan.order_of(&record, sample.time)?;
        let thread = ThreadId {
            pid: sample.pid,
            tid: sample.tid,
        };
        let known = self.histories.entry(thread);
        let history = known.or_insert_with(|| timeline.histories(thread));
        if plan.selection.takes(&sample) && is_wanted(thread, history.task_epoch(order)) {
            let slice = self.slice.value(&plan.split, sample.cpu, order);
            let read = plan.readings.at(record.position).iter();
            let read = read.filter(|reading| reading.event != ix);
            let read = read.map(|reading| (reading.event, reading.period));
            for (event, occurrences) in read.chain([(ix, 1)]) {
                let counts = self.counts.get_mut(event.as_usize())?;
                let count = counts.get_mut(position(slice))?;
                *count = count.saturating_add(occurrences);
            }
        }
        Some(())
    }
}

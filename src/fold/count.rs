//! Samples of all events: their times, and their number by what is known of their threads.

use hashbrown::HashMap;

use super::census::{SampleTimes, join_times};
use super::plan::Plan;
use super::readings::Readings;
use super::request::FoldRequest;
use super::split::SliceCursor;
use crate::bytes::{ByteOrder, position, with_order};
use crate::perf::abi::PERF_RECORD_SAMPLE;
use crate::perf::{Capture, Record, ScanItem};
use crate::space::{Histories, TaskEpoch, Timeline};
use crate::units::ThreadId;

/// The visitor of one part.
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
    let parts = with_order!(capture.endian(), O => {
        let visit = |times: &mut SampleTimes, met: ScanItem<'_>| {
            if let ScanItem::Record(record) = met
                && record.header.record_type == PERF_RECORD_SAMPLE
                && let Some(event) = events.of_sample::<O>(record.body)
                && let Some(event) = events.get(event)
                && let Some(time) = event.layout.time::<O>(record.body)
            {
                *times = join_times(*times, Some((time, time)));
            }
        };
        capture.scan::<O, _, _, _>(threads, |_| None, visit).visitors
    });
    parts.into_iter().fold(None, join_times)
}

/// Samples (of events that were counted with their group, occurrences) of each event that pass the
/// selection and whose thread is wanted, by event and slice of time, in one walk. There are slices
/// where the request splits by them.
///
/// The slices of a [`Census`](super::census::Census) hold the same of all threads; what is true of a
/// thread at a time is known only after the walk that makes one.
pub(crate) fn count_of_threads<'t>(
    capture: &Capture,
    request: &FoldRequest,
    timeline: &'t Timeline,
    is_wanted: impl Fn(ThreadId, TaskEpoch) -> bool + Sync,
) -> Vec<Vec<u64>> {
    let readings = Readings::of(capture, request.threads);
    let plan = Plan::new(capture, request, &readings);
    let slices = plan.split.slices();
    let none = || vec![vec![0; slices]; plan.events.len()];
    let make = |last: Option<&mut Counter<'t>>| match last {
        Some(last) => std::mem::take(last),
        None => Counter {
            counts: none(),
            ..Counter::default()
        },
    };
    let parts = with_order!(capture.endian(), O => {
        let visit = |counter: &mut Counter<'t>, met: ScanItem<'_>| {
            if let ScanItem::Record(record) = met
                && record.header.record_type == PERF_RECORD_SAMPLE
            {
                counter.sample::<O>(&plan, record, timeline, &is_wanted);
            }
        };
        capture.scan::<O, _, _, _>(request.threads, make, visit).visitors
    });
    let mut sums = none();
    for part in parts {
        let sums = sums.iter_mut().flatten();
        for (sum, count) in sums.zip(part.counts.into_iter().flatten()) {
            *sum = sum.saturating_add(count);
        }
    }
    sums
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

//! Samples by slices of time, by which a diff tells a change from noise.

use hashbrown::HashMap;

use super::carried::drop_uncarried;
use super::choice::{is_timed, resolve_times, sample_times};
use super::request::Request;
use crate::error::{BadRequest, Result};
use crate::fold::{
    FoldRequest, Kept, Selection, Slicing, Split, TimeRange, count_of_threads, fold,
};
use crate::name::TaskNames;
use crate::perf::Capture;
use crate::space::{TaskEpoch, Timeline};
use crate::units::{EventIx, FilePosition, RecordOrder, ThreadId};

/// Cuts the wanted time into equal slices: from the first to the last sample, or what the ranges
/// leave of it.
pub(super) fn slicing(capture: &Capture, times: &[TimeRange], request: &Request) -> Slicing {
    let all = if is_timed(capture) {
        sample_times(capture, request.threads).ok()
    } else {
        None
    };
    let end = RecordOrder::of_position(FilePosition::new(capture.file_len()));
    let of_time = RecordOrder::of_time;
    let all = all.map(|(start, end)| (of_time(start), of_time(end)));
    let (start, end) = all.unwrap_or((RecordOrder::default(), end));
    let first = times.iter().map(|range| of_time(range.first)).min();
    let last = times.iter().map(|range| of_time(range.last)).max();
    let first = first.map_or(start, |first| first.max(start));
    let last = last.map_or(end, |last| last.min(end));
    let span = last.since(first).saturating_add(1);
    Slicing {
        origin: first,
        len: span.div_ceil(u64::from(request.slices.max(1))),
        slices: request.slices,
    }
}

/// The length of a slice in seconds; `None` when samples carry no time.
pub(super) fn slice_seconds(capture: &Capture, slicing: Slicing) -> Option<f64> {
    is_timed(capture).then_some(slicing.len as f64 / 1e9)
}

/// Samples of each event in slices of time, as
/// [`Profile::slices`](super::Profile::slices), for captures without call chains; and the length
/// of a slice in seconds.
///
/// # Errors
/// When times are asked for by parts and the capture tells none, or samples are told apart by what
/// they do not carry.
pub fn count_in_slices(
    capture: &Capture,
    request: &Request,
) -> Result<(Vec<Vec<u64>>, Option<f64>)> {
    if !request.cgroups.is_empty() {
        return Err(BadRequest::CountedByCgroup.into());
    }
    let times = resolve_times(capture, &request.times, request.threads)?;
    let slicing = slicing(capture, &times, request);
    let selection = Selection {
        event: EventIx(0),
        pids: request.pids.clone(),
        tids: request.tids.clone(),
        cpus: request.cpus.clone(),
        times,
    };
    let wanted = FoldRequest {
        selection,
        split: Split::Slice(slicing),
        kept: Kept::default(),
        threads: request.threads,
    };
    let folded = fold(capture, &wanted);
    let mut slices = if request.comms.is_empty() {
        folded.census.slices
    } else {
        let timeline = Timeline::build(folded.sideband, &HashMap::new());
        of_comms(capture, &wanted, &timeline, request)
    };
    drop_uncarried(capture, request, &mut slices)?;
    Ok((slices, slice_seconds(capture, slicing)))
}

/// Samples of each event in slices of time, of the threads whose names are wanted.
pub(super) fn of_comms(
    capture: &Capture,
    wanted: &FoldRequest,
    timeline: &Timeline,
    request: &Request,
) -> Vec<Vec<u64>> {
    let is_wanted = |thread: ThreadId, task_epoch: TaskEpoch| {
        let names = TaskNames::of(timeline, thread.pid, thread.tid, task_epoch);
        request.comms.iter().any(|wanted| *wanted == names.thread)
    };
    count_of_threads(capture, wanted, timeline, is_wanted)
}

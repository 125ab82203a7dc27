//! Times that are meant, and their slices.

use crate::analysis::request::TimeRequest;
use crate::bytes::with_order;
use crate::error::{BadRequest, Error, Result};
use crate::fold::{self, Slicing, TimeRange};
use crate::perf::Capture;
use crate::perf::abi::PERF_SAMPLE_TIME;
use crate::units::{FilePosition, RecordOrder, Timestamp};

/// Turns the user's ranges into points of the capture's clock.
pub(in crate::analysis) fn resolve_times(
    capture: &Capture,
    wanted: &[TimeRequest],
    threads: usize,
) -> Result<Vec<TimeRange>> {
    let mut events = capture.events().iter();
    if !wanted.is_empty() && events.all(|(_, event)| !event.attr.samples(PERF_SAMPLE_TIME)) {
        return Err(no_times());
    }
    resolve_within(wanted, || sample_times(capture, threads))
}

/// The same for a source whose first and last time `bounds` tells; it is asked once at most.
pub(in crate::analysis) fn resolve_within(
    wanted: &[TimeRequest],
    mut bounds: impl FnMut() -> Result<(Timestamp, Timestamp)>,
) -> Result<Vec<TimeRange>> {
    let mut known_bounds = None;
    let mut resolved = Vec::new();
    for range in wanted {
        resolved.push(match *range {
            TimeRequest::Absolute(first, last) => TimeRange {
                first: first.unwrap_or_default(),
                last: last.unwrap_or(Timestamp::from_nanos(u64::MAX)),
            },
            TimeRequest::Part(first, last) => {
                let (start, end) = match known_bounds {
                    Some(known) => known,
                    None => *known_bounds.insert(bounds()?),
                };
                TimeRange {
                    first: part_of(start, end, first),
                    last: part_of(start, end, last),
                }
            }
        });
    }
    Ok(resolved)
}

/// Whether all samples carry their times.
pub(in crate::analysis) fn is_timed(capture: &Capture) -> bool {
    let mut events = capture.events().iter();
    events.all(|(_, event)| event.attr.samples(PERF_SAMPLE_TIME))
}

/// Times of the first and the last sample.
fn sample_times(capture: &Capture, threads: usize) -> Result<(Timestamp, Timestamp)> {
    let recorded = with_order!(capture.endian(), O => capture.features().sample_times::<O>());
    if let Some(range) = recorded {
        return Ok((range.start, range.end));
    }
    fold::sample_times(capture, threads).ok_or_else(no_times)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a part from 0 to 1 of a span of nanoseconds; spans over 104 days round to 2 ns"
)]
fn part_of(start: Timestamp, end: Timestamp, part: f64) -> Timestamp {
    let span = end.as_nanos().saturating_sub(start.as_nanos());
    let passed = (span as f64 * part) as u64;
    Timestamp::from_nanos(start.as_nanos().saturating_add(passed))
}

/// Cuts the wanted time into equal slices: from the first to the last sample, or what the ranges
/// leave of it.
pub(super) fn slicing(
    capture: &Capture,
    times: &[TimeRange],
    slices: u32,
    threads: usize,
) -> Slicing {
    let all = if is_timed(capture) {
        sample_times(capture, threads).ok()
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
        len: span.div_ceil(u64::from(slices.max(1))),
        slices,
    }
}

fn no_times() -> Error {
    Error::from(BadRequest::NoTimes)
}

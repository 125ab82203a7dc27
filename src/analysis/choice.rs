//! Which samples of a capture are meant.

use super::preferred::preferred;
use crate::bytes::with_order;
use crate::error::{BadFile, BadRequest, Error, Result};
use crate::fold;
use crate::fold::TimeRange;
use crate::perf::abi::{
    PERF_SAMPLE_BRANCH_CALL_STACK, PERF_SAMPLE_BRANCH_STACK, PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_IP,
    PERF_SAMPLE_TIME,
};
use crate::perf::{Capture, Event};
use crate::units::{EventIx, Timestamp};

/// A range of time as the user states it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum TimeRequest {
    /// Points of the capture's clock; `None` for its beginning or end.
    Absolute(Option<Timestamp>, Option<Timestamp>),
    /// Parts of the time from the first to the last sample, 0 to 1.
    Part(f64, f64),
}

/// The names of a capture's events.
pub fn event_names(capture: &Capture) -> Vec<&str> {
    capture
        .events()
        .iter()
        .map(|(_, event)| event.name.as_str())
        .collect()
}

/// Finds the event to fold: the one of that name, or else the one that is preferred as far as events
/// tell without their samples.
///
/// A name may leave out modifiers: `cpu-clock` finds `cpu-clock/freq=997/` and `cpu-clock:u`.
///
/// # Errors
/// When there is no such event, or its samples do not say where they were taken.
pub fn choose_event(capture: &Capture, name: Option<&str>) -> Result<EventIx> {
    let events = capture.events();
    let find = |is_wanted: &dyn Fn(&Event) -> bool| {
        let mut events = events.iter();
        events.find(|(_, event)| is_wanted(event))
    };
    let Some(name) = name else {
        return preferred(capture, None)
            .ok_or_else(|| Error::file(capture.path(), BadFile::NoAddresses));
    };
    let exact = find(&|event| event.name == name);
    let Some((ix, event)) = exact.or_else(|| find(&|event| plain_name(&event.name) == name)) else {
        let known = event_names(capture)
            .into_iter()
            .map(ToOwned::to_owned)
            .collect();
        return Err(BadRequest::NoSuchEvent {
            name: name.to_owned(),
            known,
        }
        .into());
    };
    if has_stacks(event) || has_addresses(event) {
        return Ok(ix);
    }
    Err(BadRequest::NoAddresses {
        event: name.to_owned(),
    }
    .into())
}

/// Whether an event's samples hold call chains, or at least last branches.
pub(super) fn has_stacks(event: &Event) -> bool {
    event.attr.samples(PERF_SAMPLE_CALLCHAIN) || event.attr.samples(PERF_SAMPLE_BRANCH_STACK)
}

/// Whether an event's samples say where they were taken.
pub(super) fn has_addresses(event: &Event) -> bool {
    event.attr.samples(PERF_SAMPLE_IP)
}

/// Whether the stacks of an event are single frames, because it records no call chains.
pub fn is_flat(capture: &Capture, event: EventIx) -> bool {
    let event = capture.events().get(event);
    event.is_some_and(|event| !has_stacks(event))
}

/// Whether the stacks of an event are made of its last branches, because it records no call chains:
/// they are no call stacks.
pub fn is_of_branches(capture: &Capture, event: EventIx) -> bool {
    let attr = capture.events().get(event).map(|event| &event.attr);
    attr.is_some_and(|attr| {
        let is_call_stack = attr.branch_sample_type & PERF_SAMPLE_BRANCH_CALL_STACK != 0;
        let has_branches = attr.samples(PERF_SAMPLE_BRANCH_STACK) && !is_call_stack;
        has_branches && !attr.samples(PERF_SAMPLE_CALLCHAIN)
    })
}

/// An event's name without the settings and modifiers that perf appends.
pub(super) fn plain_name(name: &str) -> &str {
    if let Some((plain, _)) = name.split_once('/') {
        return plain;
    }
    match name.rsplit_once(':') {
        Some((plain, modifiers))
            if !modifiers.is_empty() && modifiers.chars().all(|c| "ukhGHIpPSDWeb".contains(c)) =>
        {
            plain
        }
        Some(_) | None => name,
    }
}

/// Reads perf's `--time` syntax: `A,B` in seconds with either end left out, `10%-20%` and lists of
/// it, `10%/2` (the second tenth), several ranges separated by blanks.
///
/// Source: tools/perf/Documentation/perf-script.txt, Linux 6.12.
///
/// # Errors
/// When `text` is none of these, or ends before it begins.
pub fn parse_times(text: &str) -> std::result::Result<Vec<TimeRequest>, String> {
    let wrong = || format!("{text:?} is no time range: give START,END in seconds, or A%-B%");
    let ranges = if text.contains('%') {
        text.split(',')
            .map(|part| parse_percent(part.trim()))
            .collect::<Option<Vec<_>>>()
    } else {
        text.split_whitespace().map(parse_seconds).collect()
    };
    let ranges = ranges
        .filter(|ranges| !ranges.is_empty())
        .ok_or_else(wrong)?;
    let is_backward = |range: &TimeRequest| match *range {
        TimeRequest::Absolute(Some(first), Some(last)) => first > last,
        TimeRequest::Absolute(..) => false,
        TimeRequest::Part(first, last) => first > last,
    };
    if ranges.iter().any(is_backward) {
        return Err(format!("{text:?} ends before it begins"));
    }
    Ok(ranges)
}

fn parse_seconds(text: &str) -> Option<TimeRequest> {
    let (first, last) = text.split_once(',')?;
    let point = |text: &str| {
        if text.is_empty() {
            return Some(None);
        }
        let (seconds, nanos) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(seconds) || !digits(nanos) || nanos.len() > 9 {
            return None;
        }
        let seconds: u64 = seconds.parse().ok()?;
        let nanos: u64 = format!("{nanos:0<9}").parse().ok()?;
        let total = seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?;
        Some(Some(Timestamp::from_nanos(total)))
    };
    Some(TimeRequest::Absolute(point(first)?, point(last)?))
}

fn parse_percent(text: &str) -> Option<TimeRequest> {
    let percent = |text: &str| {
        let value: f64 = text.strip_suffix('%')?.parse().ok()?;
        (0.0..=100.0).contains(&value).then_some(value / 100.0)
    };
    if let Some((width, number)) = text.split_once('/') {
        let (width, number) = (percent(width)?, number.parse::<u32>().ok()?);
        let last = width * f64::from(number);
        return (number > 0 && last <= 1.0 + 1e-9)
            .then(|| TimeRequest::Part((last - width).max(0.0), last.min(1.0)));
    }
    let (first, last) = text.split_once('-')?;
    Some(TimeRequest::Part(percent(first)?, percent(last)?))
}

/// Turns the user's ranges into points of the capture's clock.
pub(super) fn resolve_times(
    capture: &Capture,
    wanted: &[TimeRequest],
    threads: usize,
) -> Result<Vec<TimeRange>> {
    let mut events = capture.events().iter();
    if !wanted.is_empty() && events.all(|(_, event)| !event.attr.samples(PERF_SAMPLE_TIME)) {
        return Err(no_times());
    }
    let mut bounds = None;
    let mut resolved = Vec::new();
    for range in wanted {
        resolved.push(match *range {
            TimeRequest::Absolute(first, last) => TimeRange {
                first: first.unwrap_or_default(),
                last: last.unwrap_or(Timestamp::from_nanos(u64::MAX)),
            },
            TimeRequest::Part(first, last) => {
                let (start, end) = match bounds {
                    Some(known) => known,
                    None => *bounds.insert(sample_times(capture, threads)?),
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
pub(super) fn is_timed(capture: &Capture) -> bool {
    let mut events = capture.events().iter();
    events.all(|(_, event)| event.attr.samples(PERF_SAMPLE_TIME))
}

/// Times of the first and the last sample.
pub(super) fn sample_times(capture: &Capture, threads: usize) -> Result<(Timestamp, Timestamp)> {
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

fn no_times() -> Error {
    Error::from(BadRequest::NoTimes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Option<Timestamp> {
        Some(Timestamp::from_nanos(nanos))
    }

    /// Users type what perf accepts; expected values follow perf-script(1).
    #[test]
    fn time_ranges_read_as_perf_reads_them() {
        use TimeRequest::{Absolute, Part};
        let cases = [
            (
                "1.5,2",
                vec![Absolute(at(1_500_000_000), at(2_000_000_000))],
            ),
            ("1.000000001,", vec![Absolute(at(1_000_000_001), None)]),
            (",7", vec![Absolute(None, at(7_000_000_000))]),
            (
                "1,2 3,4",
                vec![
                    Absolute(at(1_000_000_000), at(2_000_000_000)),
                    Absolute(at(3_000_000_000), at(4_000_000_000)),
                ],
            ),
            ("0%-10%", vec![Part(0.0, 0.1)]),
            ("0%-10%,30%-50%", vec![Part(0.0, 0.1), Part(0.3, 0.5)]),
            ("50%/2", vec![Part(0.5, 1.0)]),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_times(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "5",
            "2,1",
            "20%-10%",
            "101%-102%",
            "x,y",
            "10%/11",
            "1.2.3,4",
            "-1,2",
        ] {
            assert!(parse_times(text).is_err(), "{text}");
        }
    }

    /// `-e cpu-clock` must find the event whatever way its frequency was set.
    #[test]
    fn modifiers_are_no_part_of_an_events_plain_name() {
        for name in [
            "cpu-clock",
            "cpu-clock:u",
            "cpu-clock/freq=997/",
            "cpu-clock/freq=997/H",
        ] {
            assert_eq!(plain_name(name), "cpu-clock");
        }
        assert_eq!(plain_name("kvm:kvm_exit"), "kvm:kvm_exit");
    }
}

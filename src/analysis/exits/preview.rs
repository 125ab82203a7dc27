//! What must be known of a trace.dat or a text before its occurrences are taken, and what they say.

use super::first_seen::FirstSeen;
use crate::bytes::Endian;
use crate::error::BadRequest;
use crate::kvm::exit::{Decoder, HostEvent, Task, ToldReasons};
use crate::tracedat::{ClockUnit, TraceDat};
use crate::tracepoint::text::{TextClock, TraceText};
use crate::tracepoint::{FormatIx, Formats, Occurrence};
use crate::units::{Index, Timestamp};

/// What a first walk finds.
pub(in crate::analysis) struct Preview<'s> {
    pub(in crate::analysis) formats: &'s Formats,
    /// How often each event occurs, by [`FormatIx`].
    pub(in crate::analysis) counts: Vec<u64>,
    pub(in crate::analysis) times: Option<(Timestamp, Timestamp)>,
    /// Who was seen first on each CPU, as far as it was asked to look.
    pub(super) first_on: FirstSeen,
}

impl<'s> Preview<'s> {
    pub(in crate::analysis) fn new(formats: &'s Formats) -> Self {
        Self {
            formats,
            counts: vec![0; formats.len()],
            times: None,
            first_on: FirstSeen::default(),
        }
    }

    pub(in crate::analysis) fn count(&mut self, event: FormatIx, more: u64) {
        if let Some(count) = self.counts.get_mut(event.position()) {
            *count += more;
        }
    }

    pub(in crate::analysis) fn add(&mut self, found: &Occurrence<'_>) {
        self.count(found.event, 1);
        let (first, last) = self.times.unwrap_or((found.time, found.time));
        self.times = Some((first.min(found.time), last.max(found.time)));
    }

    pub(super) fn see(&mut self, found: &Occurrence<'_>) {
        let Occurrence { pid, tid, time, .. } = *found;
        if let Some(cpu) = found.cpu {
            self.first_on.add(cpu, time, Task { pid, tid });
        }
    }

    pub(in crate::analysis) fn counted(&self) -> impl Iterator<Item = (FormatIx, u64)> {
        let counts = self.formats.iter().map(|(ix, _)| ix).zip(&self.counts);
        counts.map(|(ix, &count)| (ix, count))
    }
}

/// The clock of a trace.dat where it counts no nanoseconds.
pub(in crate::analysis) fn foreign_clock_of_trace_dat(trace: &TraceDat) -> Option<String> {
    match trace.clock_unit() {
        ClockUnit::Nanoseconds => None,
        ClockUnit::Other(clock) => Some(clock),
    }
}

/// The same of a text.
pub(in crate::analysis) fn foreign_clock_of_text(text: &TraceText) -> Option<String> {
    match text.clock() {
        TextClock::Nanoseconds => None,
        TextClock::Unknown => Some("of the text".to_owned()),
    }
}

/// The values of an event as a text tells them.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct ToldValues<'t> {
    pub(in crate::analysis) event: FormatIx,
    pub(in crate::analysis) values: &'t str,
}

/// The formats of a text's events, with the names of reasons as it told them.
pub(in crate::analysis) fn told_formats(text: &TraceText, reasons: &ToldReasons) -> Formats {
    let mut formats = Formats::new(reasons.format().into_iter().collect(), Endian::Little);
    for (_, format) in text.formats().iter() {
        formats.of_name(&format.name);
    }
    formats
}

/// What the values of a text say; `None` when they are not understood.
///
/// Of an entry or exit whose line was cut it is known that it happened.
pub(in crate::analysis) fn told_event(
    text: &TraceText,
    told: ToldValues<'_>,
    decoder: &Decoder,
    reasons: &mut ToldReasons,
) -> Option<HostEvent> {
    let Some(values) = text.values(told.event, told.values) else {
        return decoder.without_values(|| reasons.find_cut("").number);
    };
    let reason = values.text("exit_reason").and_then(|name| {
        // Every kernel tells where the guest was, behind the reason.
        if values.number("guest_rip").is_none() {
            return Some(reasons.find_cut(name));
        }
        reasons.learn(name);
        reasons.find(name)
    });
    let event = decoder.named(
        |name| {
            values.number(name).or_else(|| match name {
                "exit_reason" => reason.map(|reason| reason.number.into()),
                "isa" => reason.and_then(|reason| reason.isa).map(u64::from),
                _ => None,
            })
        },
        |name| values.text(name).map(str::as_bytes),
    );
    event.or_else(|| decoder.without_values(|| reasons.find_cut("").number))
}

/// Processes are asked for of a source that tells none.
pub(in crate::analysis) fn no_processes(source: &str) -> crate::error::Error {
    BadRequest::NotCarried {
        event: source.to_owned(),
        field: "processes",
        remedy: "--tid and --comm tell threads; perf record tells processes, and so does the kernel's \
                 trace with: echo 1 > options/record-tgid",
    }
    .into()
}

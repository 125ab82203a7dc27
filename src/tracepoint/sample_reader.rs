//! Samples of tracepoints as occurrences, record by record.

use super::formats::{FormatIx, Formats};
use super::occurrence::{Occurrence, Values};
use crate::bytes::{ByteOrder, position, slice_at, u32_at};
use crate::loss::Skip;
use crate::perf::abi::{PERF_RECORD_SAMPLE, PERF_SAMPLE_RAW, PERF_SAMPLE_TID};
use crate::perf::{Capture, Event, Length, Record, SampleHead};
use crate::units::{EventIx, Tid};

/// Reads samples of tracepoints for a [`Visitor`](crate::perf::Visitor): it allocates nothing, and
/// several threads may share it.
#[derive(Debug)]
pub struct SampleReader<'c> {
    /// By [`EventIx`]; `None` for events that are no tracepoints.
    events: Vec<Option<TracedEvent<'c>>>,
}

/// An event that is a tracepoint.
#[derive(Debug)]
struct TracedEvent<'c> {
    event: &'c Event,
    format: FormatIx,
    has_payload: bool,
    has_tid: bool,
}

/// What a record is to a [`SampleReader`].
#[derive(Clone, Copy, Debug)]
pub enum TracedRecord<'a> {
    /// No sample of a tracepoint.
    Other,
    /// A sample of a tracepoint.
    Occurrence {
        /// What happened.
        occurrence: Occurrence<'a>,
        /// The sample itself, up to its call chain.
        sample: SampleHead<'a>,
    },
    /// A sample that cannot be read, and why.
    Skipped(Skip),
    /// A sample of a tracepoint that does not say when it was taken.
    Untimed,
}

impl<'c> SampleReader<'c> {
    /// A reader for the tracepoints of a capture; `formats` are the capture's.
    pub fn new(capture: &'c Capture, formats: &Formats) -> Self {
        let traced = |event: &'c Event| {
            let format = formats.by_id(event.attr.config);
            format
                .filter(|_| event.attr.is_tracepoint())
                .map(|format| TracedEvent {
                    event,
                    format,
                    has_payload: event.attr.samples(PERF_SAMPLE_RAW),
                    has_tid: event.attr.samples(PERF_SAMPLE_TID),
                })
        };
        Self {
            events: capture.events().iter().map(|(_, e)| traced(e)).collect(),
        }
    }

    /// Whether any event is a tracepoint.
    pub fn has_tracepoints(&self) -> bool {
        self.events.iter().any(Option::is_some)
    }

    /// The format of an event; `None` when it is no tracepoint.
    pub fn format_of(&self, event: EventIx) -> Option<FormatIx> {
        Some(self.events.get(event.as_usize())?.as_ref()?.format)
    }

    /// Reads a record. A sample whose event records no payload has an empty one.
    #[inline]
    pub fn read<'a, O: ByteOrder>(&self, record: &Record<'a>) -> TracedRecord<'a> {
        if record.header.record_type != PERF_RECORD_SAMPLE {
            return TracedRecord::Other;
        }
        let Some(ix) = record.event else {
            return TracedRecord::Skipped(Skip::UnknownEvent);
        };
        match self.events.get(ix.as_usize()) {
            Some(Some(traced)) if record.length != Length::Odd => traced.read::<O>(record.body),
            Some(Some(_)) => TracedRecord::Skipped(Skip::OddLength),
            Some(None) | None => TracedRecord::Other,
        }
    }
}

impl TracedEvent<'_> {
    #[inline]
    fn read<'a, O: ByteOrder>(&self, body: &'a [u8]) -> TracedRecord<'a> {
        let Some(sample) = self.event.layout.head::<O>(body) else {
            return TracedRecord::Skipped(Skip::TooShort);
        };
        let Some(time) = sample.time else {
            return TracedRecord::Untimed;
        };
        let payload = if self.has_payload {
            // The raw data comes first behind the call chain: its length, then its bytes.
            let len = u32_at::<O>(sample.tail, 0);
            let found = len.and_then(|len| slice_at(sample.tail, 4, position(len.into())));
            let Some(payload) = found else {
                return TracedRecord::Skipped(Skip::TooShort);
            };
            payload
        } else {
            &[]
        };
        let occurrence = Occurrence {
            time,
            cpu: sample.cpu,
            pid: self.has_tid.then_some(sample.pid),
            tid: if self.has_tid {
                sample.tid
            } else {
                tid_in::<O>(payload)
            },
            event: self.format,
            values: Values::Payload(payload),
        };
        TracedRecord::Occurrence { occurrence, sample }
    }
}

/// The thread that a payload names itself, `common_pid`; -1 when it is too short.
///
/// Source: `struct trace_entry`, `include/linux/trace_events.h`, Linux 2.6.32 to 6.18.
fn tid_in<O: ByteOrder>(payload: &[u8]) -> Tid {
    Tid::new(u32_at::<O>(payload, 4).map_or(-1, u32::cast_signed))
}

//! What a trace.dat is: everything that `info` says, as text or as JSON.

use crate::bytes::Endian;
use crate::report::trace_remarks::{damage_words, lost_words};
use crate::tracedat::{Buffer, ClockUnit, TraceDat, TraceWalk};
use crate::tracepoint::Occurrence;
use crate::units::{Index, Timestamp};

/// What a trace.dat is and what is in it. Texts come from the file and are safe to print.
#[derive(Debug)]
pub struct TraceDatFacts {
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) version: u8,
    pub(super) byte_order: &'static str,
    pub(super) recorder: Option<String>,
    pub(super) uname: Option<String>,
    pub(super) cpu_count: Option<u32>,
    pub(super) clock: ClockUnit,
    /// Times of the first and the last event.
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    pub(super) buffers: Vec<BufferFacts>,
    /// Events that occur, those that occur most first.
    pub(super) events: Vec<EventCount>,
    pub(super) walk: TraceWalk,
    /// What the kernel did not record.
    pub(super) lost: Vec<String>,
    /// What of the file could not be read.
    pub(super) damage: Vec<String>,
}

/// A buffer of the file.
#[derive(Debug)]
pub(super) struct BufferFacts {
    /// Empty for the kernel's own.
    pub(super) name: String,
    pub(super) clock: String,
    pub(super) cpus: usize,
    pub(super) page_bytes: u64,
}

/// How often an event occurs.
#[derive(Debug)]
pub(super) struct EventCount {
    pub(super) name: String,
    pub(super) count: u64,
}

impl TraceDatFacts {
    /// Times of the first and the last event; `None` without events, or where its clock counts no
    /// nanoseconds.
    pub fn times(&self) -> Option<(Timestamp, Timestamp)> {
        let times = self.first.zip(self.last);
        times.filter(|_| matches!(self.clock, ClockUnit::Nanoseconds))
    }

    /// Gathers what a file says of itself, and counts its events.
    pub fn of(trace: &TraceDat) -> Self {
        let formats = trace.formats();
        let mut counts = vec![0_u64; formats.len()];
        let (mut first, mut last) = (None, None);
        let walk = trace.walk(|Occurrence { time, event, .. }| {
            if let Some(count) = counts.get_mut(event.position()) {
                *count += 1;
            }
            first = first.or(Some(time));
            last = Some(time);
        });
        let counted = formats.iter().zip(counts).filter(|(_, count)| *count > 0);
        let mut events: Vec<EventCount> = counted
            .map(|((_, format), count)| EventCount {
                name: crate::text::one_line(&format.name).into_owned(),
                count,
            })
            .collect();
        events.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        let buffers = trace.buffers().map(|buffer| {
            let Buffer {
                name,
                clock,
                page_bytes,
                cpus,
            } = buffer;
            BufferFacts {
                name: name.to_owned(),
                clock: clock.to_owned(),
                cpus,
                page_bytes,
            }
        });
        Self {
            path: trace.path().display().to_string(),
            bytes: trace.file_len(),
            version: trace.version(),
            byte_order: match trace.formats().endian() {
                Endian::Little => "little-endian",
                Endian::Big => "big-endian",
            },
            recorder: trace.recorder().map(ToOwned::to_owned),
            uname: trace.uname().map(ToOwned::to_owned),
            cpu_count: trace.cpu_count(),
            clock: trace.clock_unit(),
            first,
            last,
            buffers: buffers.collect(),
            events,
            lost: lost_words(trace.statistics(), &walk.missed),
            damage: damage_words(&walk.damage),
            walk,
        }
    }

    /// Whether something of the file could not be read.
    pub fn is_damaged(&self) -> bool {
        !self.walk.damage.is_none()
    }
}

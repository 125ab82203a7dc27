//! What was recorded of each event, and what was lost.

use crate::bytes::{ByteOrder, u64_at};
use crate::perf::abi::{PERF_RECORD_LOST, PERF_RECORD_LOST_SAMPLES, PERF_RECORD_SAMPLE};
use crate::perf::{Capture, Events, Record, SampleAtHand, Visitor};
use crate::units::{EventIx, Timestamp};

/// What was recorded of an event, and what was lost.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventLoss {
    /// The event's name, as the capture has it.
    pub name: String,
    /// Its samples.
    pub samples: u64,
    /// Its samples that found no space, by `LOST_SAMPLES` records: exact, where kernel (Linux 6.0 and
    /// later) and perf (6.1 and later) count them.
    pub lost_samples: u64,
    /// Records of any kind that found no space in a buffer, by LOST records that name this event: it
    /// is the one that was written next, not the one that was lost.
    ///
    /// Source: `__perf_output_begin`, `kernel/events/ring_buffer.c`, Linux 6.18.
    pub lost_records_before: u64,
}

/// What was recorded of all events.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventLosses {
    /// Each event, in the order of the capture.
    pub events: Vec<EventLoss>,
    /// Time of the first and the last sample of any event; `None` without times.
    pub times: Option<(Timestamp, Timestamp)>,
}

/// Counts samples and losses of each event.
pub fn event_losses(capture: &Capture, threads: usize) -> EventLosses {
    let events = capture.events();
    let named = events.iter().map(|(_, event)| EventLoss {
        name: event.name.clone(),
        ..EventLoss::default()
    });
    let mut sums = EventLosses {
        events: named.collect(),
        times: None,
    };
    for part in capture.scan(threads, &LossCounting { events }).gathered {
        if let Some((first, last)) = part.times {
            sums.see(first);
            sums.see(last);
        }
        for (sum, loss) in sums.events.iter_mut().zip(part.events) {
            sum.samples = sum.samples.saturating_add(loss.samples);
            sum.lost_samples = sum.lost_samples.saturating_add(loss.lost_samples);
            let before = loss.lost_records_before;
            sum.lost_records_before = sum.lost_records_before.saturating_add(before);
        }
    }
    sums
}

/// The visitor that counts.
struct LossCounting<'e> {
    events: &'e Events,
}

impl EventLosses {
    fn see(&mut self, time: Timestamp) {
        let (first, last) = self.times.unwrap_or((time, time));
        self.times = Some((first.min(time), last.max(time)));
    }

    fn of(&mut self, event: Option<EventIx>) -> Option<&mut EventLoss> {
        self.events.get_mut(event?.as_usize())
    }
}

impl<'a> Visitor<'a> for LossCounting<'_> {
    type Gathered = EventLosses;

    fn begin(&self) -> EventLosses {
        EventLosses {
            events: vec![EventLoss::default(); self.events.len()],
            times: None,
        }
    }

    fn takes_copies(&self, _: &Self::Gathered) -> bool {
        true
    }

    fn record<O: ByteOrder>(&self, losses: &mut EventLosses, record: Record<'a>) {
        let body = record.body;
        let number = |at| u64_at::<O>(body, at).unwrap_or(0);
        match record.header.record_type {
            PERF_RECORD_SAMPLE => self.count::<O>(losses, record.event, body),
            PERF_RECORD_LOST => {
                let event = self.events.by_id(number(0));
                if let Some(loss) = losses.of(event) {
                    loss.lost_records_before = loss.lost_records_before.saturating_add(number(8));
                }
            }
            PERF_RECORD_LOST_SAMPLES => {
                if let Some(loss) = losses.of(self.of_trailer::<O>(body)) {
                    loss.lost_samples = loss.lost_samples.saturating_add(number(0));
                }
            }
            _ => {}
        }
    }

    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        losses: &mut EventLosses,
        at_hand: SampleAtHand<'_>,
        _: impl FnOnce() -> Record<'a>,
    ) {
        self.count::<O>(losses, Some(at_hand.event), at_hand.body);
    }
}

impl LossCounting<'_> {
    #[inline]
    fn count<O: ByteOrder>(&self, losses: &mut EventLosses, event: Option<EventIx>, body: &[u8]) {
        if let Some(loss) = losses.of(event) {
            loss.samples = loss.samples.saturating_add(1);
        }
        let event = event.and_then(|event| self.events.get(event));
        if let Some(time) = event.and_then(|event| event.layout.time::<O>(body)) {
            losses.see(time);
        }
    }

    /// The event that the trailer of a record names.
    fn of_trailer<O: ByteOrder>(&self, body: &[u8]) -> Option<EventIx> {
        let (first, event) = self.events.iter().next()?;
        let Some(from_end) = event.layout.trailer().id_from_end() else {
            return Some(first);
        };
        self.events
            .by_id(u64_at::<O>(body, body.len().checked_sub(from_end)?)?)
    }
}

//! The walk: what each thread's tracepoints recorded, undecoded.

use hashbrown::HashMap;

use super::sources::Sources;
use crate::bytes::{ByteOrder, position, slice_at, u32_at, u64_at};
use crate::kvm::exit::HostEvent;
use crate::loss::{Skip, Tally};
use crate::perf::abi::{PERF_RECORD_COMM, PERF_RECORD_LOST, PERF_RECORD_LOST_SAMPLES};
use crate::perf::abi::{PERF_RECORD_SAMPLE, PERF_SAMPLE_RAW};
use crate::perf::{Damage, Length, Record, Sideband, Visitor};
use crate::units::{Cpu, EventIx, Pid, ThreadId, Tid, Timestamp};

/// What a tracepoint recorded, undecoded: it lies in the capture until its turn comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) at: Timestamp,
    pub(super) payload: &'a [u8],
    pub(super) event: EventIx,
    /// `u32::MAX` where the samples carry none.
    cpu: u32,
}

impl Row<'_> {
    pub(super) const fn cpu(&self) -> Option<Cpu> {
        if self.cpu == u32::MAX {
            None
        } else {
            Some(Cpu(self.cpu))
        }
    }
}

/// A name that a thread took.
#[derive(Clone, Copy, Debug)]
pub(super) struct TaskName<'a> {
    pub(super) thread: ThreadId,
    pub(super) name: &'a [u8],
}

/// What one part of the walk found.
#[derive(Debug)]
pub(super) struct RowPart<'a> {
    pub(super) rows: HashMap<ThreadId, Vec<Row<'a>>>,
    /// Switches to threads, which other threads recorded.
    pub(super) switches: HashMap<Tid, Vec<Row<'a>>>,
    pub(super) names: Vec<TaskName<'a>>,
    pub(super) tally: Tally,
    /// Samples of each event, by [`EventIx`].
    pub(super) samples: Vec<u64>,
    /// Samples of tracepoints whose payload is not what their format says.
    pub(super) undecoded: u64,
    pub(super) times: Option<(Timestamp, Timestamp)>,
}

/// The visitor that gathers rows.
pub(super) struct Gathering<'s> {
    pub(super) sources: &'s Sources<'s>,
}

impl<'a> Visitor<'a> for Gathering<'_> {
    type Gathered = RowPart<'a>;

    fn begin(&self) -> RowPart<'a> {
        RowPart::of(self.sources)
    }

    #[inline]
    fn record<O: ByteOrder>(&self, part: &mut RowPart<'a>, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE {
            part.tally.read += 1;
            if let Err(reason) = part.sample::<O>(self.sources, &record) {
                part.tally.skip(reason);
            }
        } else {
            part.other::<O>(self.sources, &record);
        }
    }

    fn damage(&self, part: &mut RowPart<'a>, damage: Damage) {
        part.tally.damaged_bytes += damage.len;
    }
}

impl<'a> RowPart<'a> {
    /// Nothing yet.
    pub(super) fn of(sources: &Sources<'_>) -> Self {
        Self {
            rows: HashMap::new(),
            switches: HashMap::new(),
            names: Vec::new(),
            tally: Tally::default(),
            samples: vec![0; sources.events.len()],
            undecoded: 0,
            times: None,
        }
    }

    #[inline]
    fn sample<O: ByteOrder>(
        &mut self,
        sources: &Sources<'_>,
        record: &Record<'a>,
    ) -> Result<(), Skip> {
        let ix = record.event.ok_or(Skip::UnknownEvent)?;
        let event = sources.events.get(ix).ok_or(Skip::UnknownEvent)?;
        if record.length == Length::Odd {
            return Err(Skip::OddLength);
        }
        let head = event.layout.head::<O>(record.body).ok_or(Skip::TooShort)?;
        if let Some(count) = self.samples.get_mut(ix.as_usize()) {
            *count += 1;
        }
        let Some(at) = head.time else {
            self.tally.other_events += 1;
            return Ok(());
        };
        let (first, last) = self.times.unwrap_or((at, at));
        self.times = Some((first.min(at), last.max(at)));
        let Some(source) = sources.get(ix) else {
            self.tally.other_events += 1;
            return Ok(());
        };
        self.tally.folded += 1;
        let payload = if event.attr.samples(PERF_SAMPLE_RAW) {
            let len = u32_at::<O>(head.tail, 0).map(u64::from).map(position);
            len.and_then(|len| slice_at(head.tail, 4, len))
        } else {
            None
        };
        let Some(payload) = payload else {
            self.undecoded += 1;
            return Ok(());
        };
        let row = Row {
            at,
            payload,
            event: ix,
            cpu: head.cpu.map_or(u32::MAX, |Cpu(cpu)| cpu),
        };
        let thread = ThreadId {
            pid: head.pid,
            tid: head.tid,
        };
        self.rows.entry(thread).or_default().push(row);
        if source.is_switch
            && let Some(HostEvent::SchedSwitch { next_tid, .. }) =
                source.decoder.payload::<O>(payload)
        {
            self.switches.entry(next_tid).or_default().push(row);
        }
        Ok(())
    }

    fn other<O: ByteOrder>(&mut self, sources: &Sources<'_>, record: &Record<'a>) {
        if record.length == Length::Odd {
            self.tally.odd_records += 1;
            return;
        }
        match record.header.record_type {
            PERF_RECORD_LOST => {
                let lost = u64_at::<O>(record.body, 8).unwrap_or(0);
                self.tally.lost_records = self.tally.lost_records.saturating_add(lost);
            }
            PERF_RECORD_LOST_SAMPLES => {
                let lost = u64_at::<O>(record.body, 0).unwrap_or(0);
                self.tally.lost_samples = self.tally.lost_samples.saturating_add(lost);
            }
            PERF_RECORD_COMM => {
                let event = sources.events.of_sideband::<O>(record.body);
                let trailer = event.map_or(0, |event| event.layout.trailer().len());
                let used = record.body.len().saturating_sub(trailer);
                let body = record.body.get(..used).unwrap_or_default();
                match Sideband::parse::<O>(record.header, body) {
                    Some(Sideband::Comm { pid, tid, name, .. }) => {
                        let thread = ThreadId { pid, tid };
                        self.names.push(TaskName { thread, name });
                    }
                    Some(_) | None => self.tally.unread_sideband += 1,
                }
            }
            _ => {}
        }
    }

    /// Adds what the following part found.
    pub(super) fn append(&mut self, later: Self) {
        for (thread, rows) in later.rows {
            append_to(self.rows.entry(thread).or_default(), rows);
        }
        for (tid, rows) in later.switches {
            append_to(self.switches.entry(tid).or_default(), rows);
        }
        self.names.extend(later.names);
        self.tally.add(&later.tally);
        for (sum, count) in self.samples.iter_mut().zip(later.samples) {
            *sum += count;
        }
        self.undecoded += later.undecoded;
        self.times = match (self.times, later.times) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (own, others) => own.or(others),
        };
    }
}

/// Appends without a copy where nothing is there yet.
fn append_to<'a>(own: &mut Vec<Row<'a>>, later: Vec<Row<'a>>) {
    if own.is_empty() {
        *own = later;
    } else {
        own.extend(later);
    }
}

/// The process of samples that carry none.
pub(super) const NO_PROCESS: Pid = Pid::new(-1);

//! What a walk counts beside what tracepoints recorded, and the step from a sample to a row.

use super::first_seen::FirstSeen;
use super::sources::{Sources, TracepointSource};
use crate::bytes::{ByteOrder, position, slice_at, u32_at, u64_at};
use crate::kvm::exit::Task;
use crate::loss::{Skip, Tally};
use crate::perf::abi::{
    PERF_RECORD_COMM, PERF_RECORD_FORK, PERF_RECORD_LOST, PERF_RECORD_LOST_SAMPLES,
};
use crate::perf::{Length, Record, SampleAtHand, SampleHead, Sideband};
use crate::units::{Cpu, EventIx, Pid, ThreadId, Timestamp};

/// What a tracepoint recorded, undecoded: it lies in the capture until its turn comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) at: Timestamp,
    pub(super) payload: &'a [u8],
    /// The call chain, eight bytes an entry; empty where none was recorded.
    pub(super) chain: &'a [u8],
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

/// A row with the thread that it was recorded in.
pub(super) struct ThreadRow<'s, 'a> {
    pub(super) row: Row<'a>,
    pub(super) thread: ThreadId,
    pub(super) source: &'s TracepointSource,
}

/// A row that concerns several threads, with the one that it was recorded in.
#[derive(Clone, Copy, Debug)]
pub(super) struct HostRow<'a> {
    pub(super) row: Row<'a>,
    pub(super) thread: ThreadId,
}

impl<'a> HostRow<'a> {
    /// The row of a tracepoint that concerns several threads; `None` for others.
    #[inline]
    pub(super) fn of(found: &ThreadRow<'_, 'a>) -> Option<Self> {
        let &ThreadRow {
            row,
            thread,
            source,
        } = found;
        source
            .decoder
            .is_of_several()
            .then_some(Self { row, thread })
    }
}

/// A name that a thread took.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct TaskName<'a> {
    pub(in crate::analysis) thread: ThreadId,
    pub(in crate::analysis) name: &'a [u8],
}

/// What a part of a walk counts.
#[derive(Debug)]
pub(in crate::analysis) struct Basics<'a> {
    pub(in crate::analysis) names: Vec<TaskName<'a>>,
    /// Threads that began, when all are asked for.
    pub(super) born: Vec<ThreadId>,
    pub(in crate::analysis) tally: Tally,
    /// Rows that concern several threads.
    pub(super) host_rows: Vec<HostRow<'a>>,
    /// Samples of each event, by [`EventIx`].
    pub(in crate::analysis) samples: Vec<u64>,
    /// Samples of tracepoints whose payload is not what their format says.
    pub(in crate::analysis) undecoded: u64,
    /// Time of the first and the last sample of any event.
    pub(in crate::analysis) times: Option<(Timestamp, Timestamp)>,
    /// Who was seen first on each CPU; nothing unless [`Sources::tells_first`].
    pub(super) first_on: FirstSeen,
}

impl<'a> Basics<'a> {
    pub(in crate::analysis) fn of(sources: &Sources<'_>) -> Self {
        Self {
            names: Vec::new(),
            born: Vec::new(),
            host_rows: Vec::new(),
            tally: Tally::default(),
            samples: vec![0; sources.events.len()],
            undecoded: 0,
            times: None,
            first_on: FirstSeen::default(),
        }
    }

    /// Counts a sample; its row when it is one of a tracepoint that matters.
    #[inline]
    pub(super) fn sample<'s, O: ByteOrder>(
        &mut self,
        sources: &'s Sources<'_>,
        record: &Record<'a>,
    ) -> Option<ThreadRow<'s, 'a>> {
        let at_hand = match record.event {
            Some(event) if record.length != Length::Odd => SampleAtHand {
                event,
                body: record.body,
            },
            event => {
                self.tally.read += 1;
                self.tally.skip(match event {
                    Some(_) => Skip::OddLength,
                    None => Skip::UnknownEvent,
                });
                return None;
            }
        };
        let row = self.sample_at_hand::<O>(sources, at_hand);
        self.host_rows.extend(row.as_ref().and_then(HostRow::of));
        row
    }

    /// The same of a sample that is what its event says; but a row that concerns several threads is
    /// not kept.
    #[inline]
    pub(super) fn sample_at_hand<'s, 'r, O: ByteOrder>(
        &mut self,
        sources: &'s Sources<'_>,
        at_hand: SampleAtHand<'r>,
    ) -> Option<ThreadRow<'s, 'r>> {
        self.tally.read += 1;
        match self.read::<O>(sources, at_hand) {
            Ok(row) => row,
            Err(reason) => {
                self.tally.skip(reason);
                None
            }
        }
    }

    /// Keeps the row of a sample that concerns several threads, which was counted already.
    pub(super) fn keep_host_row<O: ByteOrder>(
        &mut self,
        sources: &Sources<'_>,
        record: &Record<'a>,
    ) {
        let row = record.event.and_then(|ix| {
            let head = sources.events.get(ix)?.layout.head::<O>(record.body)?;
            row_of::<O>(sources.get(ix)?, ix, &head)
        });
        self.host_rows.extend(row.as_ref().and_then(HostRow::of));
    }

    #[inline]
    fn read<'s, 'r, O: ByteOrder>(
        &mut self,
        sources: &'s Sources<'_>,
        at_hand: SampleAtHand<'r>,
    ) -> Result<Option<ThreadRow<'s, 'r>>, Skip> {
        let ix = at_hand.event;
        let event = sources.events.get(ix).ok_or(Skip::UnknownEvent)?;
        let head = event.layout.head::<O>(at_hand.body);
        let head = head.ok_or(Skip::TooShort)?;
        self.met(ix, head.time);
        let Some(at) = head.time else {
            self.tally.other_events += 1;
            return Ok(None);
        };
        if let Some(cpu) = head.cpu.filter(|_| sources.tells_first) {
            let (pid, tid) = (Some(head.pid), head.tid);
            self.first_on.add(cpu, at, Task { pid, tid });
        }
        let Some(source) = sources.get(ix) else {
            self.tally.other_events += 1;
            return Ok(None);
        };
        self.tally.folded += 1;
        let row = row_of::<O>(source, ix, &head);
        self.undecoded += u64::from(row.is_none());
        Ok(row)
    }

    /// Counts a sample of a tracepoint that matters.
    #[inline]
    pub(super) fn took(&mut self, event: EventIx, at: Timestamp) {
        self.tally.read += 1;
        self.tally.folded += 1;
        self.met(event, Some(at));
    }

    /// Counts a sample for its event, and takes its time.
    #[inline]
    pub(in crate::analysis) fn met(&mut self, event: EventIx, time: Option<Timestamp>) {
        self.count(event);
        if let Some(at) = time {
            self.spans(at, at);
        }
    }

    /// Counts a sample for its event.
    #[inline]
    pub(super) fn count(&mut self, event: EventIx) {
        if let Some(count) = self.samples.get_mut(event.as_usize()) {
            *count += 1;
        }
    }

    /// Counts samples of tracepoints that matter, which were counted for their events.
    pub(super) fn took_all(&mut self, samples: u64, first: Timestamp, latest: Timestamp) {
        self.tally.read += samples;
        self.tally.folded += samples;
        if samples > 0 {
            self.spans(first, latest);
        }
    }

    #[inline]
    fn spans(&mut self, from: Timestamp, to: Timestamp) {
        let (first, last) = self.times.unwrap_or((from, to));
        self.times = Some((first.min(from), last.max(to)));
    }

    /// Counts a record that is no sample.
    pub(in crate::analysis) fn other<O: ByteOrder>(
        &mut self,
        sources: &Sources<'_>,
        record: &Record<'a>,
    ) {
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
            PERF_RECORD_FORK if sources.tells_first => {
                match Sideband::parse::<O>(record.header, record.body) {
                    Some(Sideband::Fork { pid, tid, .. }) => self.born.push(ThreadId { pid, tid }),
                    Some(_) | None => self.tally.unread_sideband += 1,
                }
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

    /// Adds what the following part counted.
    pub(in crate::analysis) fn append(&mut self, later: Self) {
        self.names.extend(later.names);
        self.born.extend(later.born);
        self.host_rows.extend(later.host_rows);
        self.tally.add(&later.tally);
        for (sum, count) in self.samples.iter_mut().zip(later.samples) {
            *sum += count;
        }
        self.undecoded += later.undecoded;
        self.first_on.append(later.first_on);
        self.times = match (self.times, later.times) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (own, others) => own.or(others),
        };
    }
}

/// The row of a sample; `None` where it has no payload, or no time.
#[inline]
fn row_of<'s, 'r, O: ByteOrder>(
    source: &'s TracepointSource,
    event: EventIx,
    head: &SampleHead<'r>,
) -> Option<ThreadRow<'s, 'r>> {
    let len = source.has_payload.then(|| u32_at::<O>(head.tail, 0));
    let payload = slice_at(head.tail, 4, position(len.flatten()?.into()))?;
    let row = Row {
        at: head.time?,
        payload,
        chain: head.chain.unwrap_or_default(),
        event,
        cpu: head.cpu.map_or(u32::MAX, |Cpu(cpu)| cpu),
    };
    let thread = ThreadId {
        pid: head.pid,
        tid: head.tid,
    };
    Some(ThreadRow {
        row,
        thread,
        source,
    })
}

/// The process of samples that carry none.
pub(in crate::analysis) const NO_PROCESS: Pid = Pid::new(-1);

//! Where each field of a sample lies, computed once per event.

use super::attr::Attr;
use super::chained::ChainedLayout;
use super::measure::{ReadShape, SampleMeasure, Word, end_of_raw};
use super::plain::PlainLayout;
use super::tail::TailShape;
use crate::bytes::{ByteOrder, position};
use crate::perf::abi::{
    KNOWN_READ_BITS, KNOWN_SAMPLE_BITS, PERF_SAMPLE_ADDR, PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_CPU,
    PERF_SAMPLE_ID, PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_IP, PERF_SAMPLE_PERIOD, PERF_SAMPLE_READ,
    PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_TID, PERF_SAMPLE_TIME,
};
use crate::units::{Cpu, Pid, Tid, Timestamp};

/// Position of a field of one word, counted in words; one past every record when it is absent, so
/// that looking there is all that it takes to find out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Slot(usize);

impl Slot {
    const ABSENT: Self = Self(usize::MAX);

    /// The slot behind `len` others, which are one more then; absent when the event does not
    /// sample the field of this bit.
    fn next(attr: &Attr, bit: u64, len: &mut usize) -> Self {
        if !attr.samples(bit) {
            return Self::ABSENT;
        }
        *len += 1;
        Self(*len - 1)
    }

    /// Position in bytes; `None` when the field is absent.
    fn position(self) -> Option<usize> {
        self.0.checked_mul(size_of::<Word>())
    }

    #[inline]
    fn u64<O: ByteOrder>(self, words: &[Word]) -> Option<u64> {
        words.get(self.0).map(|&word| O::u64(word))
    }

    #[inline]
    fn u32_pair<O: ByteOrder>(self, words: &[Word]) -> Option<(u32, u32)> {
        let &[a, b, c, d, e, f, g, h] = words.get(self.0)?;
        Some((O::u32([a, b, c, d]), O::u32([e, f, g, h])))
    }
}

/// Where each field of an event's samples lies.
///
/// ```text
/// identifier ip pid,tid time addr id stream_id cpu,res period | read | nr, chain[nr] | tail
/// '------------ fixed part: each field there or not ---------'
/// ```
/// Source: the comment above `PERF_RECORD_SAMPLE`, `include/uapi/linux/perf_event.h`, and
/// `perf_output_sample()`, kernel/events/core.c, Linux 6.18.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SampleLayout {
    identifier: Slot,
    ip: Slot,
    tid: Slot,
    time: Slot,
    data_avma: Slot,
    id: Slot,
    cpu: Slot,
    period: Slot,
    /// Length of the fixed part in words.
    fixed_len: usize,
    read: ReadShape,
    /// What READ records hold, whether samples do or not.
    values: ReadShape,
    has_chain: bool,
    tail: TailShape,
    trailer: Trailer,
    /// Whether the attributes ask for fields that this program does not know.
    has_unknown_fields: bool,
}

/// The fields of a sample up to its call chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SampleHead<'a> {
    /// The event's id, when the samples carry one.
    pub id: Option<u64>,
    /// The instruction pointer; 0 when the samples carry none.
    pub ip: u64,
    /// Process; -1 when the samples carry none.
    pub pid: Pid,
    /// Thread; -1 when the samples carry none.
    pub tid: Tid,
    /// When it was taken.
    pub time: Option<Timestamp>,
    /// The data address (AVMA) that the event is about.
    pub data_avma: Option<u64>,
    /// Where it was taken.
    pub cpu: Option<Cpu>,
    /// How many occurrences it stands for.
    pub period: Option<u64>,
    /// The counter values, undecoded; empty when there are none.
    pub read: &'a [u8],
    /// The call chain, eight bytes an entry, leaf first, with context markers; `None` when the
    /// event records none.
    pub chain: Option<&'a [u8]>,
    /// Everything behind the call chain, undecoded.
    pub tail: &'a [u8],
}

impl SampleLayout {
    /// Computes the layout from an event's attributes.
    pub fn of(attr: &Attr) -> Self {
        let mut len = 0;
        let mut slot = |bit| Slot::next(attr, bit, &mut len);
        let identifier = slot(PERF_SAMPLE_IDENTIFIER);
        let ip = slot(PERF_SAMPLE_IP);
        let tid = slot(PERF_SAMPLE_TID);
        let time = slot(PERF_SAMPLE_TIME);
        let data_avma = slot(PERF_SAMPLE_ADDR);
        let id = slot(PERF_SAMPLE_ID);
        slot(PERF_SAMPLE_STREAM_ID);
        let cpu = slot(PERF_SAMPLE_CPU);
        let period = slot(PERF_SAMPLE_PERIOD);
        Self {
            identifier,
            ip,
            tid,
            time,
            data_avma,
            id,
            cpu,
            period,
            fixed_len: len,
            read: if attr.samples(PERF_SAMPLE_READ) {
                ReadShape::of(attr)
            } else {
                ReadShape::Absent
            },
            values: ReadShape::of(attr),
            has_chain: attr.samples(PERF_SAMPLE_CALLCHAIN),
            tail: TailShape::of(attr),
            trailer: Trailer::of(attr),
            has_unknown_fields: attr.sample_type & !KNOWN_SAMPLE_BITS != 0
                || attr.read_format & !KNOWN_READ_BITS != 0,
        }
    }

    /// Whether the attributes ask for fields that this program does not know. They come last in
    /// a sample, so everything up to the call chain is sound all the same.
    pub fn has_unknown_fields(&self) -> bool {
        self.has_unknown_fields
    }

    /// Whether the fields of a sample end where its record does. `body` is the record without its
    /// header.
    pub fn is_filled_by<O: ByteOrder>(&self, body: &[u8]) -> bool {
        let Some(head) = self.len_of_head::<O>(words_of(body)) else {
            return false;
        };
        match self.tail {
            TailShape::Absent => head == body.len(),
            TailShape::Raw => end_of_raw::<O>(body, head) == Some(body.len()),
            TailShape::Fields(fields) => {
                let tail = body.get(head..).unwrap_or_default();
                fields.is_filled_by::<O>(tail)
            }
        }
    }

    /// How its samples are measured.
    pub(crate) fn measure(&self) -> SampleMeasure {
        SampleMeasure::new(self.fixed_len, self.read, self.has_chain, self.tail)
    }

    /// The places of the fields when they are the same in all samples, and these hold task, time, CPU
    /// and raw data; `None` otherwise.
    pub fn plain(&self) -> Option<PlainLayout> {
        let slot = |slot: Slot| (slot != Slot::ABSENT).then_some(slot.0);
        let is_plain =
            self.read == ReadShape::Absent && !self.has_chain && self.tail == TailShape::Raw;
        Some(PlainLayout {
            task: slot(self.tid)?,
            time: slot(self.time)?,
            cpu: slot(self.cpu)?,
            raw: self.fixed_len,
        })
        .filter(|_| is_plain)
    }

    /// The places of the fields that tell a stack, when they are the same in all samples; `None`
    /// otherwise.
    pub fn chained(&self) -> Option<ChainedLayout> {
        let slot = |slot: Slot| (slot != Slot::ABSENT).then_some(slot.0);
        let is_chained = self.read == ReadShape::Absent && self.has_chain;
        Some(ChainedLayout {
            task: slot(self.tid)?,
            time: slot(self.time)?,
            period: slot(self.period),
            chain: self.fixed_len,
        })
        .filter(|_| is_chained)
    }

    /// How many bytes the fields of a sample take: one or two possible lengths. `body` are the bytes
    /// behind the record's header, whatever its length.
    pub(crate) fn lens_of_fields<O: ByteOrder>(&self, body: &[u8]) -> [Option<usize>; 2] {
        let Some(head) = self.len_of_head::<O>(words_of(body)) else {
            return [None, None];
        };
        match self.tail {
            TailShape::Absent => [Some(head), None],
            TailShape::Raw => [end_of_raw::<O>(body, head), None],
            TailShape::Fields(fields) => {
                let tail = body.get(head..).unwrap_or_default();
                fields.lens::<O>(tail).map(|len| Some(len? + head))
            }
        }
    }

    /// How many bytes the fields up to the call chain take.
    #[inline]
    fn len_of_head<O: ByteOrder>(&self, words: &[Word]) -> Option<usize> {
        let read_len = self.read.len::<O>(words.get(self.fixed_len))?;
        let mut end = self.fixed_len.checked_add(read_len)?;
        if self.has_chain {
            let nr = position(O::u64(*words.get(end)?));
            end = nr.checked_add(end + 1)?;
        }
        (end <= words.len()).then(|| end * size_of::<Word>())
    }

    /// Whether the bytes are counter values as the event's samples hold them.
    pub(crate) fn are_values<O: ByteOrder>(&self, bytes: &[u8]) -> bool {
        let words = words_of(bytes);
        let read = self.values.len::<O>(words.first());
        read.and_then(|len| len.checked_mul(size_of::<Word>())) == Some(bytes.len())
    }

    /// Position of the event's id in a sample; `None` when the samples carry none.
    pub fn id_position(&self) -> Option<usize> {
        self.identifier.position().or(self.id.position())
    }

    /// Position of the time in a sample, in words; `None` when the samples carry none.
    pub(crate) fn time_word(&self) -> Option<usize> {
        (self.time != Slot::ABSENT).then_some(self.time.0)
    }

    /// What follows every record that is no sample.
    pub fn trailer(&self) -> &Trailer {
        &self.trailer
    }

    /// The time of a sample, without decoding the rest; `None` when it carries none.
    #[inline]
    pub fn time<O: ByteOrder>(&self, body: &[u8]) -> Option<Timestamp> {
        self.time
            .u64::<O>(words_of(body))
            .map(Timestamp::from_nanos)
    }

    /// Decodes a sample up to its call chain. `body` is the record without its header.
    ///
    /// `None` when the record is too short for what its event says it holds.
    #[expect(
        clippy::inline_always,
        reason = "what the caller does not use of the result is not decoded then"
    )]
    #[inline(always)]
    pub fn head<'a, O: ByteOrder>(&self, body: &'a [u8]) -> Option<SampleHead<'a>> {
        let words = words_of(body);
        let fixed_end = self.fixed_len;
        let read_len = self.read.len::<O>(words.get(fixed_end))?;
        let read_end = fixed_end.checked_add(read_len)?;
        let read = words.get(fixed_end..read_end)?.as_flattened();
        let (chain, end) = if self.has_chain {
            let nr = position(O::u64(*words.get(read_end)?));
            let (start, end) = (read_end + 1, nr.checked_add(read_end + 1)?);
            (Some(words.get(start..end)?.as_flattened()), end)
        } else {
            (None, read_end)
        };
        let (pid, tid) = self
            .tid
            .u32_pair::<O>(words)
            .unwrap_or((u32::MAX, u32::MAX));
        Some(SampleHead {
            id: self
                .identifier
                .u64::<O>(words)
                .or_else(|| self.id.u64::<O>(words)),
            ip: self.ip.u64::<O>(words).unwrap_or(0),
            pid: Pid::new(pid.cast_signed()),
            tid: Tid::new(tid.cast_signed()),
            time: self.time.u64::<O>(words).map(Timestamp::from_nanos),
            data_avma: self.data_avma.u64::<O>(words),
            cpu: self.cpu.u32_pair::<O>(words).map(|(cpu, _)| Cpu(cpu)),
            period: self.period.u64::<O>(words),
            read,
            chain,
            tail: body.get(size_of::<Word>() * end..)?,
        })
    }
}

/// The whole words of a record's body. Kernels write nothing else.
#[inline]
fn words_of(body: &[u8]) -> &[Word] {
    body.as_chunks().0
}

/// The `struct sample_id` at the end of every record that is no sample, when the event has
/// `sample_id_all`.
///
/// ```text
/// ... | pid,tid time id stream_id cpu,res identifier |
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trailer {
    len: usize,
    time: Slot,
    cpu: Slot,
    /// Counted from the record's end.
    id_from_end: Option<usize>,
}

impl Trailer {
    fn of(attr: &Attr) -> Self {
        use linux_perf_data::linux_perf_event_reader::AttrFlags;
        let absent = Self {
            len: 0,
            time: Slot::ABSENT,
            cpu: Slot::ABSENT,
            id_from_end: None,
        };
        if !attr.flags.contains(AttrFlags::SAMPLE_ID_ALL) {
            return absent;
        }
        let mut len = 0;
        let mut slot = |bit| Slot::next(attr, bit, &mut len);
        slot(PERF_SAMPLE_TID);
        let time = slot(PERF_SAMPLE_TIME);
        let id = slot(PERF_SAMPLE_ID);
        slot(PERF_SAMPLE_STREAM_ID);
        let cpu = slot(PERF_SAMPLE_CPU);
        let identifier = slot(PERF_SAMPLE_IDENTIFIER);
        let len = len * size_of::<Word>();
        let id = identifier.position().or(id.position());
        let id_from_end = id.map(|at| len - at);
        Self {
            len,
            time,
            cpu,
            id_from_end,
        }
    }

    /// Length in bytes; 0 when there is none.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether records have no trailer.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How far from the end of a record its event's id lies.
    pub fn id_from_end(&self) -> Option<usize> {
        self.id_from_end
    }

    /// When the record was written; `None` when it does not say.
    pub fn time<O: ByteOrder>(&self, body: &[u8]) -> Option<Timestamp> {
        self.time
            .u64::<O>(self.of_body(body)?)
            .map(Timestamp::from_nanos)
    }

    /// The CPU on which the record was written; `None` when it does not say.
    pub fn cpu<O: ByteOrder>(&self, body: &[u8]) -> Option<Cpu> {
        self.cpu
            .u32_pair::<O>(self.of_body(body)?)
            .map(|(cpu, _)| Cpu(cpu))
    }

    fn of_body<'a>(&self, body: &'a [u8]) -> Option<&'a [Word]> {
        body.get(body.len().checked_sub(self.len)?..).map(words_of)
    }
}

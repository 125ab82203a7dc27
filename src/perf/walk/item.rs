//! What a walk goes over, and what it meets.

use crate::bytes::MappedFile;
use crate::perf::abi::{PERF_RECORD_COMPRESSED, PERF_RECORD_COMPRESSED2};
use crate::perf::record::{Events, LengthMatch, RECORD_HEADER_LEN, RecordHeader};
use crate::units::{EventIx, FilePosition};

/// A run of whole records.
#[derive(Clone, Copy, Debug)]
pub struct Region<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Position of the first byte in the capture: orders records that carry no time.
    pub position: FilePosition,
    /// The mapping that the bytes belong to, and where in it they begin.
    pub mapping: Option<(&'a MappedFile, usize)>,
    /// The events whose samples the records are, where they are known.
    pub events: Option<&'a Events>,
}

/// A record as the walk meets it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Position in the capture.
    pub position: FilePosition,
    /// Its header.
    pub header: RecordHeader,
    /// What follows the header.
    pub body: &'a [u8],
    /// The event of a sample, where the events are known.
    pub event: Option<EventIx>,
    /// Whether its header states the length that it has.
    pub length: Length,
    /// How that length fits what is in it.
    pub(crate) length_match: LengthMatch,
}

/// A sample at hand.
#[derive(Clone, Copy, Debug)]
pub struct SampleAtHand<'r> {
    /// Its event.
    pub event: EventIx,
    /// What follows its header.
    pub body: &'r [u8],
}

impl Record<'_> {
    /// What bytes at hand hold of it, which begin with its header, when it is a sample that is what its
    /// event says; `None` otherwise.
    pub(super) fn sample_in<'r>(&self, at_hand: &'r [u8]) -> Option<SampleAtHand<'r>> {
        let is_exact = self.length_match == LengthMatch::Exact && self.length == Length::Right;
        let event = self.event.filter(|_| is_exact)?;
        let body = at_hand.get(RECORD_HEADER_LEN..self.header.len.into())?;
        Some(SampleAtHand { event, body })
    }

    /// Whether it holds a piece of a zstd stream.
    pub(crate) const fn is_compressed(&self) -> bool {
        matches!(
            self.header.record_type,
            PERF_RECORD_COMPRESSED | PERF_RECORD_COMPRESSED2
        )
    }
}

/// Whether the header of a record states the length that its kind, and its event, say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Length {
    /// It does, as far as can be told.
    Right,
    /// It does not, but what is in the record, and what follows, tell the right one.
    Mended,
    /// It does not: what is in the record is damaged.
    Odd,
}

/// What a walk meets.
#[derive(Clone, Copy, Debug)]
pub(super) enum ScanItem<'a> {
    /// A record.
    Record(Record<'a>),
    /// Bytes that are no record and are jumped over.
    Damage(Damage),
}

/// A stretch of bytes that is no record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Position in the capture.
    pub position: FilePosition,
    /// Length in bytes.
    pub len: u64,
}

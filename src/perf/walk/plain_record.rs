//! The step of a walk from one sample to the next: of most captures these are nearly all records.

use super::item::SampleAtHand;
use crate::bytes::ByteOrder;
use crate::perf::record::{Events, RECORD_HEADER_LEN, RecordHeader, UniformSample, UniformSamples};

/// Samples one after the other, at hand for as long as the walk stays there.
#[derive(Clone, Copy, Debug)]
pub struct PlainSamples<'r> {
    /// All from the next record on.
    bytes: &'r [u8],
    /// The header that they begin with, when it looks like that of a sample.
    header: Option<RecordHeader>,
    /// How many bytes at the end are for others to walk: no record that is met here begins there.
    beyond: usize,
    events: Option<&'r Events>,
    /// How many were passed.
    passed: u64,
}

/// A sample that is what its event says, and that another one seems to follow.
#[derive(Clone, Copy, Debug)]
pub struct PlainRecord<'r> {
    /// The sample.
    pub sample: SampleAtHand<'r>,
    pub(super) header: RecordHeader,
    behind: &'r [u8],
    /// The header that they begin with.
    following: RecordHeader,
}

/// The same, decoded.
#[derive(Clone, Copy, Debug)]
pub struct Upcoming<'r> {
    /// The sample.
    pub found: UniformSample<'r>,
    behind: &'r [u8],
    following: RecordHeader,
}

impl<'r> PlainSamples<'r> {
    /// The samples that `bytes` begin with, up to the first record that begins in the last `beyond`
    /// of them.
    #[inline]
    pub(super) fn new<O: ByteOrder>(
        bytes: &'r [u8],
        beyond: usize,
        events: Option<&'r Events>,
    ) -> Self {
        Self {
            bytes,
            header: sample_header::<O>(bytes),
            beyond,
            events,
            passed: 0,
        }
    }

    /// The next sample; `None` when a closer look is needed at what is next.
    #[expect(clippy::inline_always, reason = "it is done for every record")]
    #[inline(always)]
    pub fn upcoming<O: ByteOrder>(&self) -> Option<PlainRecord<'r>> {
        if self.bytes.len() <= self.beyond {
            return None;
        }
        let header = self.header?;
        let (record, behind) = self.bytes.split_at_checked(header.len.into())?;
        let body = record.get(RECORD_HEADER_LEN..)?;
        let event = self.events?.of_filled_sample::<O>(body)?;
        let following = sample_header::<O>(behind)?;
        Some(PlainRecord {
            sample: SampleAtHand { event, body },
            header,
            behind,
            following,
        })
    }

    /// The same, where it is one of these.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub fn upcoming_of<O: ByteOrder>(&self, uniform: &UniformSamples) -> Option<Upcoming<'r>> {
        if self.bytes.len() <= self.beyond {
            return None;
        }
        let (record, behind) = self.bytes.split_at_checked(self.header?.len.into())?;
        let found = uniform.sample::<O>(record.get(RECORD_HEADER_LEN..)?)?;
        let following = sample_header::<O>(behind)?;
        Some(Upcoming {
            found,
            behind,
            following,
        })
    }

    /// Goes on behind that one.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub const fn pass_it(&mut self, upcoming: &Upcoming<'r>) {
        self.bytes = upcoming.behind;
        self.header = Some(upcoming.following);
        self.passed += 1;
    }

    /// Goes on behind a sample that was [upcoming](Self::upcoming).
    #[expect(clippy::inline_always, reason = "it is done for every record")]
    #[inline(always)]
    pub const fn pass(&mut self, record: &PlainRecord<'r>) {
        self.bytes = record.behind;
        self.header = Some(record.following);
        self.passed += 1;
    }

    /// How many bytes are left.
    pub(super) const fn left(&self) -> usize {
        self.bytes.len()
    }

    /// How many samples were passed.
    pub(super) const fn passed(&self) -> u64 {
        self.passed
    }
}

/// The header that the bytes begin with, when it looks like that of a sample.
#[inline]
fn sample_header<O: ByteOrder>(bytes: &[u8]) -> Option<RecordHeader> {
    RecordHeader::parse::<O>(bytes).filter(|header| header.is_of_sample())
}

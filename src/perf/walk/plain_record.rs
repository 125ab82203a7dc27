//! The step of a walk from one sample to the next: of most captures these are nearly all records.

use super::item::SampleAtHand;
use crate::bytes::ByteOrder;
use crate::perf::record::{Events, RECORD_HEADER_LEN, RecordHeader};

/// A sample with what is behind it.
pub(super) struct PlainRecord<'r> {
    pub(super) sample: SampleAtHand<'r>,
    pub(super) behind: &'r [u8],
    /// The header that it begins with.
    pub(super) following: RecordHeader,
}

/// The header that the bytes begin with, when it looks like that of a sample.
#[inline]
pub(super) fn sample_header<O: ByteOrder>(bytes: &[u8]) -> Option<RecordHeader> {
    RecordHeader::parse::<O>(bytes).filter(|header| header.is_of_sample())
}

/// The sample that the bytes begin with: when it is what its
/// event says, and what follows looks like another.
#[expect(clippy::inline_always, reason = "it is done for every record")]
#[inline(always)]
pub(super) fn plain_sample<'r, O: ByteOrder>(
    here: &'r [u8],
    header: RecordHeader,
    events: &Events,
) -> Option<PlainRecord<'r>> {
    let (record, behind) = here.split_at_checked(header.len.into())?;
    let body = record.get(RECORD_HEADER_LEN..)?;
    let event = events.of_filled_sample::<O>(body)?;
    let following = sample_header::<O>(behind)?;
    Some(PlainRecord {
        sample: SampleAtHand { event, body },
        behind,
        following,
    })
}

//! How long a sample is by what is in it: the measure by which all samples are checked.

use super::attr::Attr;
use super::tail::TailShape;
use crate::bytes::{ByteOrder, position, u32_at, u64_at};
use crate::perf::abi::{
    PERF_FORMAT_GROUP, PERF_FORMAT_ID, PERF_FORMAT_LOST, PERF_FORMAT_TOTAL_TIME_ENABLED,
    PERF_FORMAT_TOTAL_TIME_RUNNING,
};

/// A word of a record: what most fields take.
pub(crate) type Word = [u8; 8];

/// What tells the length of an event's samples, in the shapes that nearly all captures have; places
/// in bytes from the end of the record's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SampleMeasure {
    /// They are all of this length.
    Fixed(usize),
    /// A call chain begins there and is all that follows.
    Chain(usize),
    /// Raw data begins there and is all that follows.
    Raw(usize),
    /// A call chain begins there, and raw data follows it.
    ChainAndRaw(usize),
    /// Other fields.
    Others,
}

impl SampleMeasure {
    pub(crate) fn new(
        fixed_words: usize,
        read: ReadShape,
        has_chain: bool,
        tail: TailShape,
    ) -> Self {
        let words = match read {
            ReadShape::Absent => fixed_words,
            ReadShape::Single { len } => fixed_words + len,
            ReadShape::Group { .. } => return Self::Others,
        };
        let at = words * size_of::<Word>();
        match (has_chain, tail) {
            (false, TailShape::Absent) => Self::Fixed(at),
            (true, TailShape::Absent) => Self::Chain(at),
            (false, TailShape::Raw) => Self::Raw(at),
            (true, TailShape::Raw) => Self::ChainAndRaw(at),
            (_, TailShape::Fields(_)) => Self::Others,
        }
    }

    /// Whether a sample's fields end where its record does; never, where there are others. `body` is
    /// the record without its header.
    #[inline]
    pub(crate) fn is_filled_by<O: ByteOrder>(self, body: &[u8]) -> bool {
        match self {
            Self::Fixed(len) => body.len() == len,
            Self::Chain(at) => chain_end::<O>(body, at) == Some(body.len()),
            Self::Raw(at) => end_of_raw::<O>(body, at) == Some(body.len()),
            Self::ChainAndRaw(at) => {
                let end = chain_end::<O>(body, at);
                end.and_then(|at| end_of_raw::<O>(body, at)) == Some(body.len())
            }
            Self::Others => false,
        }
    }
}

#[inline]
fn chain_end<O: ByteOrder>(body: &[u8], at: usize) -> Option<usize> {
    // More frames than this do not fit into a record.
    let frames = u64_at::<O>(body, at).filter(|&nr| nr <= u64::from(u16::MAX))?;
    Some(at + size_of::<Word>() * (1 + position(frames)))
}

/// Where raw data ends that begins at `at`. Kernels fill up to whole words.
#[inline]
pub(crate) fn end_of_raw<O: ByteOrder>(body: &[u8], at: usize) -> Option<usize> {
    // More bytes than this do not fit into a record.
    let len = u32_at::<O>(body, at).filter(|&len| len <= u32::from(u16::MAX))?;
    let end = at + size_of::<u32>() + position(len.into());
    Some((end + 7) & !7)
}

/// How many words the counter values of a sample take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ReadShape {
    /// The samples hold none.
    Absent,
    /// `{ value, [time_enabled], [time_running], [id], [lost] }`.
    Single { len: usize },
    /// `{ nr, [time_enabled], [time_running], { value, [id], [lost] }[nr] }`.
    Group { head: usize, each: usize },
}

impl ReadShape {
    pub(crate) fn of(attr: &Attr) -> Self {
        let words = |bits: u64| position(u64::from((attr.read_format & bits).count_ones()));
        let times = words(PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING);
        let each = 1 + words(PERF_FORMAT_ID | PERF_FORMAT_LOST);
        if attr.read_format & PERF_FORMAT_GROUP == 0 {
            Self::Single { len: times + each }
        } else {
            Self::Group {
                head: 1 + times,
                each,
            }
        }
    }

    /// `nr` is the first of the words.
    #[inline]
    pub(crate) fn len<O: ByteOrder>(self, nr: Option<&Word>) -> Option<usize> {
        match self {
            Self::Absent => Some(0),
            Self::Single { len } => Some(len),
            Self::Group { head, each } => {
                let members = position(O::u64(*nr?));
                members.checked_mul(each)?.checked_add(head)
            }
        }
    }
}

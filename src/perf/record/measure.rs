//! How long a sample is by what is in it: the measure by which all samples are checked.

use super::attr::Attr;
use super::tail::TailShape;
use crate::bytes::{ByteOrder, position, u32_at};
use crate::perf::abi::{
    PERF_FORMAT_GROUP, PERF_FORMAT_ID, PERF_FORMAT_LOST, PERF_FORMAT_TOTAL_TIME_ENABLED,
    PERF_FORMAT_TOTAL_TIME_RUNNING,
};

/// A word of a record: what most fields take.
pub(crate) type Word = [u8; 8];

/// What tells the length of an event's samples, in the shapes that nearly all captures have; places
/// in words from the end of the record's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SampleMeasure {
    /// They are all of this length.
    Fixed(u16),
    /// A call chain begins there and is all that follows.
    Chain(u16),
    /// Raw data begins there and is all that follows.
    Raw(u16),
    /// A call chain begins there, and raw data follows it.
    ChainAndRaw(u16),
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
        let Ok(at) = u16::try_from(words) else {
            return Self::Others;
        };
        match (has_chain, tail) {
            (false, TailShape::Absent) => Self::Fixed(at),
            (true, TailShape::Absent) => Self::Chain(at),
            (false, TailShape::Raw) => Self::Raw(at),
            (true, TailShape::Raw) => Self::ChainAndRaw(at),
            (_, TailShape::Fields(_)) => Self::Others,
        }
    }

    /// Whether a sample's fields end where its record does; never, where there are others. The words
    /// are the record without its header.
    #[inline]
    pub(crate) fn is_filled_by<O: ByteOrder>(self, words: &[Word]) -> bool {
        let end = match self {
            Self::Fixed(len) => Some(len.into()),
            Self::Chain(at) => chain_end::<O>(words, at.into()),
            Self::Raw(at) => raw_end::<O>(words, at.into()),
            Self::ChainAndRaw(at) => {
                let end = chain_end::<O>(words, at.into());
                end.and_then(|at| raw_end::<O>(words, at))
            }
            Self::Others => None,
        };
        end == Some(words.len())
    }
}

/// The word behind a call chain that begins at the word `at`.
#[inline]
fn chain_end<O: ByteOrder>(words: &[Word], at: usize) -> Option<usize> {
    let frames = position(O::u64(*words.get(at)?));
    frames.checked_add(at + 1)
}

/// The word behind raw data that begins at the word `at`. Kernels fill up to whole words.
#[inline]
fn raw_end<O: ByteOrder>(words: &[Word], at: usize) -> Option<usize> {
    let &[a, b, c, d, ..] = words.get(at)?;
    let len = u64::from(O::u32([a, b, c, d])) + size_of::<u32>() as u64;
    Some(at + position(len.div_ceil(size_of::<Word>() as u64)))
}

/// Where raw data ends that begins at `at`, in bytes. Kernels fill up to whole words.
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

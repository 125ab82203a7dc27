//! What compressed records hold, in segments: what is unpacked can be walked while the rest is
//! still packed.

use std::ops::Range;
use std::sync::{Mutex, Once, OnceLock, PoisonError};

use super::unpack::{Piece, unpack};
use crate::bytes::{ByteOrder, MORE_UNPACKED, Storage, UnpackLimit};
use crate::perf::record::Events;

/// A run of whole records, and the way to the next one.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) storage: Storage,
    /// Bytes of the segments before it.
    pub(crate) bytes_before: u64,
    /// Whether a stream of records begins with it.
    pub(crate) begins_stream: bool,
    next: Link,
}

/// Not set: not known yet. `None`: nothing follows.
type Link = OnceLock<Option<Box<Segment>>>;

/// The unpacked records of a capture, as far as they are known.
#[derive(Debug)]
pub(crate) struct Unpacked {
    first: Link,
    once: Once,
    losses: OnceLock<Losses>,
    limit: UnpackLimit,
}

/// What could not be unpacked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Losses {
    /// Compressed bytes that make no sense, or have nothing to follow on.
    pub(crate) bytes: u64,
    /// Why the rest could not be kept: the temporary file could not be written, or it is too much.
    pub(crate) cause: Option<String>,
}

impl Default for Unpacked {
    fn default() -> Self {
        Self::within(UnpackLimit::default())
    }
}

impl Drop for Unpacked {
    /// Takes the segments one by one: dropping the first would drop the others inside each other.
    fn drop(&mut self) {
        let mut next = self.first.take().flatten();
        while let Some(mut segment) = next {
            next = segment.next.take().flatten();
        }
    }
}

impl Unpacked {
    /// None yet, and no more than so many later.
    pub(crate) fn within(limit: UnpackLimit) -> Self {
        Self {
            first: Link::new(),
            once: Once::new(),
            losses: OnceLock::new(),
            limit,
        }
    }

    /// Unpacks streams, each given as its pieces in order; at most once, and whoever comes second
    /// waits.
    pub(crate) fn fill<'p, O: ByteOrder>(
        &self,
        streams: impl Fn() -> Vec<Vec<Piece<'p>>>,
        events: Option<&Events>,
    ) {
        self.once.call_once(|| {
            let mut losses = Losses::default();
            let mut chain = Chain::new(&self.first, self.limit);
            for pieces in streams() {
                match unpack::<O>(&pieces, &mut chain, events) {
                    Ok(lost) => losses.bytes += lost,
                    Err(cause) => {
                        losses.cause = Some(cause.to_string());
                        break;
                    }
                }
            }
            if chain.is_over {
                let cause = format!("they unpack to too much; {MORE_UNPACKED}");
                losses.cause.get_or_insert(cause);
            }
            // Set before the end of the chain is, for whoever reads up to there.
            drop(self.losses.set(losses));
        });
    }

    /// What could not be unpacked; `None` before all is.
    pub(crate) fn losses(&self) -> Option<&Losses> {
        self.losses.get()
    }

    /// The segments in order, with their numbers, for any number of threads; each waits until the
    /// next segment is there.
    pub(crate) fn arriving<'u>(&'u self) -> impl Fn() -> Option<(usize, &'u Segment)> + Sync {
        let upcoming = Mutex::new((0, &self.first));
        move || {
            let mut upcoming = upcoming.lock().unwrap_or_else(PoisonError::into_inner);
            let (number, link) = *upcoming;
            let segment = link.wait().as_deref()?;
            *upcoming = (number + 1, &segment.next);
            Some((number, segment))
        }
    }
}

/// The end of the chain of segments. When it is dropped, nothing follows.
pub(crate) struct Chain<'u> {
    last: &'u Link,
    /// Bytes of all segments.
    pub(crate) len: u64,
    /// Whether a stream of records begins with the next segment.
    pub(crate) begins_stream: bool,
    pub(crate) limit: UnpackLimit,
    /// Whether something was left packed, since it is more than the limit.
    pub(crate) is_over: bool,
}

impl<'u> Chain<'u> {
    const fn new(first: &'u Link, limit: UnpackLimit) -> Self {
        Self {
            last: first,
            len: 0,
            begins_stream: true,
            limit,
            is_over: false,
        }
    }

    /// Adds a segment.
    pub(crate) fn push(&mut self, storage: Storage) {
        let len = storage.bytes().len() as u64;
        let segment = Segment {
            storage,
            bytes_before: self.len,
            begins_stream: self.begins_stream,
            next: Link::new(),
        };
        self.begins_stream = false;
        self.len += len;
        if let Some(segment) = self.last.get_or_init(|| Some(Box::new(segment))) {
            self.last = &segment.next;
        }
    }

    /// Bytes of the next segment: small at first so that the walk can begin soon, later so large
    /// that there are few.
    pub(crate) fn wanted_len(&self) -> usize {
        let eighth = usize::try_from(self.len / 8).unwrap_or(usize::MAX);
        eighth.clamp(SEGMENT.start, SEGMENT.end)
    }
}

impl Drop for Chain<'_> {
    fn drop(&mut self) {
        drop(self.last.set(None));
    }
}

/// Smallest and largest length of a segment, but for the last one of a stream.
const SEGMENT: Range<usize> = 1 << 21..1 << 25;

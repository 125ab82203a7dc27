//! What compressed records hold, in segments that are chained one to the next.

use std::ops::Range;
use std::sync::OnceLock;

use crate::bytes::{Storage, UnpackLimit};

/// A run of whole records, and the way to the next one.
#[derive(Debug)]
pub(crate) struct UnpackedSegment {
    pub(crate) storage: Storage,
    /// Bytes of the segments before it.
    pub(crate) bytes_before: u64,
    /// Whether a stream of records begins with it.
    pub(crate) begins_stream: bool,
    pub(super) next: Link,
}

/// Not set: not known yet. `None`: nothing follows.
pub(super) type Link = OnceLock<Option<Box<UnpackedSegment>>>;

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
    pub(super) const fn new(first: &'u Link, limit: UnpackLimit) -> Self {
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
        let segment = UnpackedSegment {
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

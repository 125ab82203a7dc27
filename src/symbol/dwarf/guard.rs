//! Bounds on the work that debug information may cause.

use std::borrow::Cow;
use std::cell::Cell;

use addr2line::gimli::{self, EndianSlice, Reader, ReaderOffsetId, RunTimeEndian};

/// How far the stack may grow below where the work began. Threads have 2 MiB of it; inlined
/// functions that lie a hundred deep in each other take a tenth of this.
const MOST_STACK: usize = 1 << 20;

/// What the readers of one debug file may still do.
///
/// Debug information refers to itself: a megabyte of it can state a list of ranges once and use it
/// a hundred thousand times, or nest as deep as it has bytes. Where it goes beyond what honest
/// files need, reading ends in an error.
#[derive(Debug)]
pub(super) struct Guard {
    /// Bytes that may still be read, each as often as it is read.
    left: Cell<u64>,
    /// An address of the stack where the work began.
    stack_start: usize,
}

impl Guard {
    /// Allows so much reading, at the stack's present depth.
    pub(super) fn new(most_bytes: u64) -> Self {
        Self {
            left: Cell::new(most_bytes),
            stack_start: stack_address(),
        }
    }

    /// Whether reading was ended for its length. It stays so.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    #[inline]
    fn spend(&self, bytes: usize) -> gimli::Result<()> {
        let left = self.left.get().saturating_sub(bytes as u64);
        self.left.set(left);
        let depth = self.stack_start.abs_diff(stack_address());
        if left == 0 || depth > MOST_STACK {
            return Err(gimli::Error::Io);
        }
        Ok(())
    }
}

/// Where the stack is.
#[inline]
fn stack_address() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

/// A reader of a section whose work is bounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct GuardedSlice<'g> {
    slice: EndianSlice<'g, RunTimeEndian>,
    guard: &'g Guard,
}

impl<'g> GuardedSlice<'g> {
    pub(super) fn new(bytes: &'g [u8], endian: RunTimeEndian, guard: &'g Guard) -> Self {
        let slice = EndianSlice::new(bytes, endian);
        Self { slice, guard }
    }

    /// Reads what tells its length only when it is read.
    #[inline]
    fn read_measured<T>(
        &mut self,
        read: impl FnOnce(&mut EndianSlice<'g, RunTimeEndian>) -> gimli::Result<T>,
    ) -> gimli::Result<T> {
        let before = Reader::len(&self.slice);
        let found = read(&mut self.slice);
        self.guard.spend(before - Reader::len(&self.slice))?;
        found
    }

    /// What is left to read.
    pub(super) fn bytes(&self) -> &'g [u8] {
        self.slice.slice()
    }
}

impl<'g> Reader for GuardedSlice<'g> {
    type Endian = RunTimeEndian;
    type Offset = usize;

    #[inline]
    fn endian(&self) -> RunTimeEndian {
        self.slice.endian()
    }

    #[inline]
    fn len(&self) -> usize {
        Reader::len(&self.slice)
    }

    #[inline]
    fn is_empty(&self) -> bool {
        Reader::is_empty(&self.slice)
    }

    #[inline]
    fn empty(&mut self) {
        self.slice.empty();
    }

    #[inline]
    fn truncate(&mut self, len: usize) -> gimli::Result<()> {
        self.slice.truncate(len)
    }

    #[inline]
    fn offset_from(&self, base: &Self) -> usize {
        self.slice.offset_from(base.slice)
    }

    #[inline]
    fn offset_id(&self) -> ReaderOffsetId {
        self.slice.offset_id()
    }

    #[inline]
    fn lookup_offset_id(&self, id: ReaderOffsetId) -> Option<usize> {
        self.slice.lookup_offset_id(id)
    }

    #[inline]
    fn find(&self, byte: u8) -> gimli::Result<usize> {
        let found = Reader::find(&self.slice, byte);
        let read = found.as_ref().map_or(Reader::len(&self.slice), |&at| at);
        self.guard.spend(read)?;
        found
    }

    #[inline]
    fn skip(&mut self, len: usize) -> gimli::Result<()> {
        self.guard.spend(1)?;
        self.slice.skip(len)
    }

    #[inline]
    fn split(&mut self, len: usize) -> gimli::Result<Self> {
        self.guard.spend(1)?;
        let (slice, guard) = (self.slice.split(len)?, self.guard);
        Ok(Self { slice, guard })
    }

    #[inline]
    fn to_slice(&self) -> gimli::Result<Cow<'_, [u8]>> {
        self.guard.spend(Reader::len(&self.slice))?;
        self.slice.to_slice()
    }

    #[inline]
    fn to_string(&self) -> gimli::Result<Cow<'_, str>> {
        self.guard.spend(Reader::len(&self.slice))?;
        Reader::to_string(&self.slice)
    }

    #[inline]
    fn to_string_lossy(&self) -> gimli::Result<Cow<'_, str>> {
        self.guard.spend(Reader::len(&self.slice))?;
        Reader::to_string_lossy(&self.slice)
    }

    #[inline]
    fn read_slice(&mut self, bytes: &mut [u8]) -> gimli::Result<()> {
        self.guard.spend(bytes.len())?;
        Reader::read_slice(&mut self.slice, bytes)
    }

    #[inline]
    fn read_u8(&mut self) -> gimli::Result<u8> {
        self.guard.spend(1)?;
        self.slice.read_u8()
    }

    // Numbers of any length are most of what is read. Byte by byte, each would be spent by itself.

    #[inline]
    fn skip_leb128(&mut self) -> gimli::Result<()> {
        self.read_measured(Reader::skip_leb128)
    }

    #[inline]
    fn read_uleb128(&mut self) -> gimli::Result<u64> {
        self.read_measured(Reader::read_uleb128)
    }

    #[inline]
    fn read_uleb128_u32(&mut self) -> gimli::Result<u32> {
        self.read_measured(Reader::read_uleb128_u32)
    }

    #[inline]
    fn read_uleb128_u16(&mut self) -> gimli::Result<u16> {
        self.read_measured(Reader::read_uleb128_u16)
    }

    #[inline]
    fn read_sleb128(&mut self) -> gimli::Result<i64> {
        self.read_measured(Reader::read_sleb128)
    }
}

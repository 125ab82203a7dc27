//! Reading numbers from slices of hostile bytes: nothing here panics or allocates.

use std::fmt;
use std::marker::PhantomData;

/// The byte order of a capture, as a type, so that one decoder serves both.
pub trait ByteOrder: Copy + Default + fmt::Debug + Send + Sync + 'static {
    /// Whether the order is big endian.
    const IS_BIG: bool;
    /// Two bytes as a number.
    fn u16(bytes: [u8; 2]) -> u16;
    /// Four bytes as a number.
    fn u32(bytes: [u8; 4]) -> u32;
    /// Eight bytes as a number.
    fn u64(bytes: [u8; 8]) -> u64;
}

/// Least significant byte first.
#[derive(Clone, Copy, Default, Debug)]
pub struct Little;

/// Most significant byte first.
#[derive(Clone, Copy, Default, Debug)]
pub struct Big;

impl ByteOrder for Little {
    const IS_BIG: bool = false;
    #[inline]
    fn u16(bytes: [u8; 2]) -> u16 {
        u16::from_le_bytes(bytes)
    }
    #[inline]
    fn u32(bytes: [u8; 4]) -> u32 {
        u32::from_le_bytes(bytes)
    }
    #[inline]
    fn u64(bytes: [u8; 8]) -> u64 {
        u64::from_le_bytes(bytes)
    }
}

impl ByteOrder for Big {
    const IS_BIG: bool = true;
    #[inline]
    fn u16(bytes: [u8; 2]) -> u16 {
        u16::from_be_bytes(bytes)
    }
    #[inline]
    fn u32(bytes: [u8; 4]) -> u32 {
        u32::from_be_bytes(bytes)
    }
    #[inline]
    fn u64(bytes: [u8; 8]) -> u64 {
        u64::from_be_bytes(bytes)
    }
}

/// The byte order of a capture, as a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// Runs an expression with the type `$order` bound to the byte order that `$endian` names.
macro_rules! with_order {
    ($endian:expr, $order:ident => $body:expr) => {
        match $endian {
            $crate::bytes::Endian::Little => {
                type $order = $crate::bytes::Little;
                $body
            }
            $crate::bytes::Endian::Big => {
                type $order = $crate::bytes::Big;
                $body
            }
        }
    };
}
pub(crate) use with_order;

/// The `u16` at `at`; `None` past the end.
#[inline]
pub(crate) fn u16_at<O: ByteOrder>(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|chunk| O::u16(*chunk))
}

/// The `u32` at `at`; `None` past the end.
#[inline]
pub(crate) fn u32_at<O: ByteOrder>(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| O::u32(*chunk))
}

/// The `u64` at `at`; `None` past the end.
#[inline]
pub fn u64_at<O: ByteOrder>(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| O::u64(*chunk))
}

/// `len` bytes at `at`; `None` when they do not all lie in `bytes`.
#[inline]
pub(crate) fn slice_at(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..)?.get(..len)
}

/// A number from the file as a position in memory; `usize::MAX`, which lies past every slice, when
/// it does not fit.
#[inline]
pub(crate) fn position(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// The bytes up to the first NUL, or all when there is none.
pub(crate) fn c_string(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or(bytes)
}

/// Reads one number after the other from a slice.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a, O> {
    rest: &'a [u8],
    order: PhantomData<O>,
}

impl<'a, O: ByteOrder> Cursor<'a, O> {
    /// Starts at the first byte of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            order: PhantomData,
        }
    }

    /// The bytes not yet read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `len` bytes; `None`, and nothing is read, when there are fewer.
    #[inline]
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(len)?;
        self.rest = tail;
        Some(head)
    }

    /// The next two bytes as a number.
    #[inline]
    pub fn u16(&mut self) -> Option<u16> {
        let (chunk, tail) = self.rest.split_first_chunk()?;
        self.rest = tail;
        Some(O::u16(*chunk))
    }

    /// The next four bytes as a number.
    #[inline]
    pub fn u32(&mut self) -> Option<u32> {
        let (chunk, tail) = self.rest.split_first_chunk()?;
        self.rest = tail;
        Some(O::u32(*chunk))
    }

    /// The next four bytes as a signed number.
    #[inline]
    pub fn i32(&mut self) -> Option<i32> {
        self.u32().map(u32::cast_signed)
    }

    /// The next eight bytes as a number.
    #[inline]
    pub fn u64(&mut self) -> Option<u64> {
        let (chunk, tail) = self.rest.split_first_chunk()?;
        self.rest = tail;
        Some(O::u64(*chunk))
    }

    /// A `perf_header_string`: a `u32` length, then so many bytes with a NUL among them.
    pub fn header_string(&mut self) -> Option<&'a [u8]> {
        let len = self.u32()?;
        self.take(position(u64::from(len))).map(c_string)
    }
}

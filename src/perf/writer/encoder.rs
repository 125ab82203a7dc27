//! Numbers to bytes.

use std::marker::PhantomData;

use crate::bytes::ByteOrder;

/// Bytes that grow by numbers in one byte order: the counterpart of
/// [`Cursor`](crate::bytes::Cursor).
#[derive(Clone, Debug, Default)]
pub struct Encoder<O> {
    bytes: Vec<u8>,
    order: PhantomData<O>,
}

impl<O: ByteOrder> Encoder<O> {
    /// No bytes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What was written, as a vector.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Forgets what was written, keeping the room for it.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Number of bytes written.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Appends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends `count` zero bytes.
    pub fn zeros(&mut self, count: usize) {
        self.bytes.resize(self.bytes.len() + count, 0);
    }

    /// Appends zero bytes until the length is a multiple of eight.
    pub fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
    }

    /// Appends two bytes.
    pub fn u16(&mut self, value: u16) {
        self.raw(&bytes_of_u16::<O>(value));
    }

    /// Appends four bytes.
    pub fn u32(&mut self, value: u32) {
        let bytes = if O::IS_BIG {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        };
        self.raw(&bytes);
    }

    /// Appends four bytes of a signed number.
    pub fn i32(&mut self, value: i32) {
        self.u32(value.cast_unsigned());
    }

    /// Appends eight bytes.
    #[inline]
    pub fn u64(&mut self, value: u64) {
        let bytes = if O::IS_BIG {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        };
        self.raw(&bytes);
    }

    /// Appends eight bytes for each value.
    pub fn u64s(&mut self, values: &[u64]) {
        for &value in values {
            self.u64(value);
        }
    }

    /// Appends the length of a list, as a `u32`; lists that do not fit are a caller's mistake, and
    /// read as longer than they are.
    pub fn len_u32(&mut self, len: usize) {
        self.u32(u32::try_from(len).unwrap_or(u32::MAX));
    }

    /// Appends a string with its NUL, padded to a multiple of eight.
    pub fn padded_string(&mut self, text: &[u8]) {
        self.raw(text);
        self.zeros((text.len() + 1).next_multiple_of(8) - text.len());
    }

    /// Appends a `perf_header_string`: a `u32` length, then the text padded with NULs to a
    /// multiple of 64.
    ///
    /// Source: `do_write_string()` and `NAME_ALIGN`, `tools/perf/util/header.c`, Linux 6.12.
    pub fn header_string(&mut self, text: &str) {
        let len = (text.len() + 1).next_multiple_of(64);
        self.len_u32(len);
        self.raw(text.as_bytes());
        self.zeros(len - text.len());
    }

    /// Replaces two bytes at `at`; nothing happens when they are not there.
    pub(super) fn set_u16(&mut self, at: usize, value: u16) {
        let place = self.bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut);
        if let Some(place) = place {
            *place = bytes_of_u16::<O>(value);
        }
    }

    /// Cuts or fills with zeros to `len` bytes.
    pub(super) fn resize(&mut self, len: usize) {
        self.bytes.resize(len, 0);
    }
}

fn bytes_of_u16<O: ByteOrder>(value: u16) -> [u8; 2] {
    if O::IS_BIG {
        value.to_be_bytes()
    } else {
        value.to_le_bytes()
    }
}

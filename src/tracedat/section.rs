//! Version 7: the bytes of a section, unpacked when they are compressed.

use std::borrow::Cow;

use crate::bytes::{BlockCompression, ByteOrder, Cursor, UnpackLimit, position};

/// Bit of a section's flags: it is compressed.
const COMPRESSED: u16 = 1;

/// A file of sections.
#[derive(Clone, Copy, Debug)]
pub(super) struct TraceSections<'a> {
    pub(super) file: &'a [u8],
    pub(super) compression: Option<BlockCompression>,
    pub(super) limit: UnpackLimit,
}

/// The head of a section, and the bytes that the file has of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawSection<'a> {
    pub(super) number: u16,
    pub(super) is_compressed: bool,
    bytes: &'a [u8],
}

impl<'a> TraceSections<'a> {
    /// The section at a place; `None` when the file has none there.
    pub(super) fn raw<O: ByteOrder>(&self, place: u64) -> Option<RawSection<'a>> {
        let mut at = Cursor::<O>::new(self.file.get(position(place)..)?);
        let number = at.u16()?;
        let flags = at.u16()?;
        // The place of its description among the strings.
        at.u32()?;
        let len = position(at.u64()?);
        Some(RawSection {
            number,
            is_compressed: flags & COMPRESSED != 0,
            bytes: at.rest().get(..len).unwrap_or(at.rest()),
        })
    }

    /// What a section of that number at a place holds; `None` when there is none, or it cannot be
    /// unpacked.
    pub(super) fn body<O: ByteOrder>(&self, number: u16, place: u64) -> Option<Cow<'a, [u8]>> {
        let section = self
            .raw::<O>(place)
            .filter(|found| found.number == number)?;
        if !section.is_compressed {
            return Some(Cow::Borrowed(section.bytes));
        }
        let mut at = Cursor::<O>::new(section.bytes);
        let packed_len = at.u32()?;
        let stated_len = u64::from(at.u32()?);
        let packed = at.take(position(u64::from(packed_len)))?;
        let most = self.limit.of_packed(packed.len() as u64);
        let mut body = Vec::new();
        let unpacked = self
            .compression?
            .unpack(packed, stated_len.min(most), &mut body);
        unpacked.ok().map(|_| Cow::Owned(body))
    }
}

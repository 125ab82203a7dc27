//! Version 7: pages that were compressed, in chunks of whole pages.

use std::io;
use std::ops::Range;

use super::damage::TraceDamage;
use crate::bytes::{BlockCompression, ByteOrder, Cursor, Spool, position};

/// Unpacks the pages of all CPUs into one place: memory while they are few, else a temporary file.
#[derive(Debug)]
pub(super) struct PageUnpacker {
    spool: Spool,
    compression: Option<BlockCompression>,
    /// Most bytes in all.
    limit: u64,
}

impl PageUnpacker {
    pub(super) fn new(compression: Option<BlockCompression>, limit: u64) -> Self {
        Self {
            spool: Spool::default(),
            compression,
            limit,
        }
    }

    /// Unpacks the chunks of one CPU; returns where their pages lie. What cannot be unpacked is
    /// counted, and pages behind it are read all the same where the next chunk is found.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub(super) fn unpack<O: ByteOrder>(
        &mut self,
        chunks: &[u8],
        damage: &mut TraceDamage,
    ) -> io::Result<Range<usize>> {
        let begin = position(self.spool.len());
        let mut at = Cursor::<O>::new(chunks);
        for _ in 0..at.u32().unwrap_or(0) {
            let rest = at.rest().len() as u64;
            let lens = at.u32().zip(at.u32());
            let chunk = lens.and_then(|(packed, unpacked)| {
                let bytes = at.take(position(u64::from(packed)))?;
                Some((bytes, u64::from(unpacked)))
            });
            let Some((packed, stated_len)) = chunk else {
                damage.packed_bytes += rest;
                break;
            };
            let room = self.limit.saturating_sub(self.spool.len());
            if stated_len > room || !self.unpack_chunk(packed, stated_len)? {
                damage.packed_bytes += packed.len() as u64;
            }
        }
        Ok(begin..position(self.spool.len()))
    }

    /// Unpacks one chunk, whole or not at all; whether it could be.
    fn unpack_chunk(&mut self, packed: &[u8], stated_len: u64) -> io::Result<bool> {
        let Some(compression) = self.compression else {
            return Ok(false);
        };
        // A part of a page would put all pages behind it out of their places.
        let mut pages = Vec::new();
        let unpacked = compression.unpack(packed, stated_len, &mut pages);
        let is_whole = unpacked.is_ok_and(|len| len == stated_len);
        if is_whole {
            io::Write::write_all(&mut self.spool, &pages)?;
        }
        Ok(is_whole)
    }

    /// The unpacked pages.
    ///
    /// # Errors
    /// When the temporary file cannot be written or mapped.
    pub(super) fn finish(self) -> io::Result<crate::bytes::Storage> {
        self.spool.finish()
    }
}

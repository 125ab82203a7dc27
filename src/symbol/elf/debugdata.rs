//! The symbol table that some distributions pack into stripped files: `.gnu_debugdata`, an ELF
//! file in an xz stream.

use std::io::Read;

use crate::bytes::Compression;

/// Largest unpacked table: Fedora's largest are some 20 MB, and a crafted one can grow seven
/// thousand times.
const LARGEST_UNPACKED: u64 = 128 << 20;

/// Unpacks the section; `None` when it is too large or damaged.
pub(crate) fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let reader = Compression::Xz.unwrap(packed).ok()?;
    let mut unpacked = Vec::new();
    let len = reader
        .take(LARGEST_UNPACKED + 1)
        .read_to_end(&mut unpacked)
        .ok()?;
    (len as u64 <= LARGEST_UNPACKED).then_some(unpacked)
}

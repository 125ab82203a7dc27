//! The head of a trace.dat: its version, byte order, sizes and compression.

use crate::bytes::{BlockCompression, Cursor, Endian, c_string, with_order};
use crate::error::TraceDatFault;

/// The first bytes of a trace.dat.
///
/// Source: trace-cmd.dat(5), trace-cmd 3.1.
const MAGIC: &[u8] = b"\x17\x08\x44tracing";

/// The head of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FileHead {
    pub(super) layout: FileLayout,
    pub(super) endian: Endian,
    /// Bytes of a `long` of the recorded machine's user space.
    pub(super) long_len: u8,
    /// Bytes of a page of the recorded machine.
    pub(super) page_len: u32,
}

/// How a file goes on behind its head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FileLayout {
    /// Version 6: one part after the other, the first of them here.
    Sequence {
        /// Where the first part lies.
        begin: usize,
    },
    /// Version 7: sections.
    Sections {
        /// Where the first section of options lies.
        options: u64,
        /// How sections are compressed, when they say that they are.
        compression: Option<BlockCompression>,
    },
}

impl FileHead {
    /// Reads the head of a file.
    ///
    /// # Errors
    /// When it is cut, or tells of what cannot be read.
    pub(super) fn parse(file: &[u8]) -> Result<Self, TraceDatFault> {
        let rest = file.strip_prefix(MAGIC).ok_or(TraceDatFault::CutHead)?;
        let version = c_string(rest);
        let fixed = rest.get(version.len() + 1..);
        let fixed = fixed.ok_or(TraceDatFault::CutHead)?;
        let (&order, rest) = fixed.split_first().ok_or(TraceDatFault::CutHead)?;
        let endian = if order == 0 {
            Endian::Little
        } else {
            Endian::Big
        };
        let is_sectioned = match version {
            b"6" => false,
            b"7" => true,
            other => {
                let version = String::from_utf8_lossy(other).into_owned();
                return Err(TraceDatFault::Version(version));
            }
        };
        with_order!(endian, O => {
            let mut at = Cursor::<O>::new(rest);
            let sizes = at.take(1).and_then(|len| Some((*len.first()?, at.u32()?)));
            let (long_len, page_len) = sizes.ok_or(TraceDatFault::CutHead)?;
            let layout = if is_sectioned {
                sections(&mut at)?
            } else {
                FileLayout::Sequence { begin: file.len() - at.rest().len() }
            };
            Ok(Self { layout, endian, long_len, page_len })
        })
    }
}

fn sections<O: crate::bytes::ByteOrder>(
    at: &mut Cursor<'_, O>,
) -> Result<FileLayout, TraceDatFault> {
    let name = take_string(at).ok_or(TraceDatFault::CutHead)?;
    take_string(at).ok_or(TraceDatFault::CutHead)?;
    let options = at.u64().ok_or(TraceDatFault::CutHead)?;
    let compression = match name {
        b"zstd" => Some(BlockCompression::Zstd),
        b"zlib" => Some(BlockCompression::Zlib),
        b"none" | b"" => None,
        other => {
            let name = String::from_utf8_lossy(other).into_owned();
            return Err(TraceDatFault::Compression(name));
        }
    };
    Ok(FileLayout::Sections {
        options,
        compression,
    })
}

/// The next bytes up to a NUL, which is taken too.
pub(super) fn take_string<'a, O: crate::bytes::ByteOrder>(
    at: &mut Cursor<'a, O>,
) -> Option<&'a [u8]> {
    let text = c_string(at.rest());
    at.take(text.len() + 1)?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first bytes of a file that trace-cmd 3.1.6 wrote, by hand in the other byte order, and of
    /// versions that are none.
    #[test]
    fn heads_tell_version_order_sizes_and_compression() {
        let little = b"\x17\x08\x44tracing7\0\0\x08\0\x10\0\0zstd\x001.5.4\0\x15\x20\x10\0\0\0\0\0";
        let head = FileHead {
            layout: FileLayout::Sections {
                options: 0x10_2015,
                compression: Some(BlockCompression::Zstd),
            },
            endian: Endian::Little,
            long_len: 8,
            page_len: 4096,
        };
        assert_eq!(FileHead::parse(little), Ok(head));
        let big = b"\x17\x08\x44tracing6\0\x01\x04\0\x01\0\0header_page\0";
        let head = FileHead {
            layout: FileLayout::Sequence { begin: 18 },
            endian: Endian::Big,
            long_len: 4,
            page_len: 65536,
        };
        assert_eq!(FileHead::parse(big), Ok(head));
        let version = TraceDatFault::Version("8".to_owned());
        assert_eq!(
            FileHead::parse(b"\x17\x08\x44tracing8\0\0\x08\0\x10\0\0"),
            Err(version)
        );
        for len in 0..little.len() {
            assert_eq!(FileHead::parse(&little[..len]), Err(TraceDatFault::CutHead));
        }
    }
}

//! Compressed blocks, whose lengths are stated beside them.

use std::io::{self, Read, Write};

/// How blocks are compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BlockCompression {
    /// Zstandard frames
    Zstd,
    /// zlib streams, without the head of a gzip file
    Zlib,
}

impl BlockCompression {
    /// Unpacks a block of which `stated_len` bytes should come; returns how many came.
    ///
    /// What comes beyond them is not unpacked. Nothing is allocated for a length that is stated only.
    ///
    /// # Errors
    /// When the block is damaged, or `out` fails; what came before is written.
    pub(crate) fn unpack(
        self,
        packed: &[u8],
        stated_len: u64,
        out: &mut impl Write,
    ) -> io::Result<u64> {
        match self {
            Self::Zstd => {
                let unpacked = zstd::stream::read::Decoder::new(packed)?;
                io::copy(&mut unpacked.take(stated_len), out)
            }
            Self::Zlib => {
                let unpacked = flate2::read::ZlibDecoder::new(packed);
                io::copy(&mut unpacked.take(stated_len), out)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block gives what was packed, of a longer one what was stated, of a cut one an error.
    #[test]
    fn blocks_give_as_many_bytes_as_stated() {
        let whole = b"vcpu 0 reason EXIT_IOIO rip 0x10205 ".repeat(200);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&whole).unwrap();
        let packed = [
            (BlockCompression::Zlib, zlib.finish().unwrap()),
            (
                BlockCompression::Zstd,
                zstd::encode_all(whole.as_slice(), 1).unwrap(),
            ),
        ];
        for (compression, packed) in packed {
            for stated in [whole.len() as u64, 7, u64::MAX] {
                let mut out = Vec::new();
                let len = compression.unpack(&packed, stated, &mut out).unwrap();
                assert_eq!(len, stated.min(whole.len() as u64));
                assert!(whole.starts_with(&out));
            }
            let cut = &packed[..packed.len() / 2];
            let unpacked = compression.unpack(cut, whole.len() as u64, &mut Vec::new());
            assert!(unpacked.is_err(), "{compression:?}");
        }
    }
}

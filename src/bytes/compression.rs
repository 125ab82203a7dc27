//! Compression of what is read, recognised by its first bytes.

use std::io::{self, Read, Write};
use std::path::Path;

use super::order::position;
use super::spool::Spool;
use super::storage::Storage;
use super::unpack_limit::{MORE_UNPACKED, UnpackLimit};
use crate::error::{Error, Result};
use crate::text::size_words;

/// Compression around a file, by its first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compression {
    /// gzip
    Gzip,
    /// Zstandard
    Zstd,
    /// xz
    Xz,
    /// bzip2, as `perf archive` packs
    Bzip2,
    /// zlib, with which no file begins: sections of object files
    Zlib,
}

impl Compression {
    /// Tells how a file is compressed; `None` when it is not.
    pub fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [b'B', b'Z', b'h', ..] => Some(Self::Bzip2),
            _ => None,
        }
    }

    /// A reader of what is inside.
    ///
    /// # Errors
    /// When a decoder cannot be made.
    pub fn unwrap<'r>(self, packed: impl Read + 'r) -> io::Result<Box<dyn Read + 'r>> {
        Ok(match self {
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(packed)),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::new(packed)?),
            Self::Xz => Box::new(liblzma::read::XzDecoder::new_multi_decoder(packed)),
            Self::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(packed)),
            Self::Zlib => Box::new(flate2::read::ZlibDecoder::new(packed)),
        })
    }

    /// Unpacks what is known to have `len` bytes; `None` when it cannot be read, or has fewer.
    pub(crate) fn unpack_exactly(self, packed: &[u8], len: usize) -> Option<Storage> {
        Storage::filled(len, |bytes| self.fill(packed, bytes))
    }

    /// Unpacks as many bytes as there is room for.
    ///
    /// A zlib stream that is here as a whole, and fills the room to its last byte, is libdeflate's work; all
    /// others, and all that does not fit, are read bit by bit.
    fn fill(self, packed: &[u8], bytes: &mut [u8]) -> Option<()> {
        if self == Self::Zlib {
            let unpacked = libdeflater::Decompressor::new().zlib_decompress(packed, bytes);
            if unpacked.is_ok_and(|len| len == bytes.len()) {
                return Some(());
            }
        }
        let reader = self.unwrap(packed);
        reader.ok()?.read_exact(bytes).ok()
    }

    /// Unpacks `packed`, its first `limit` bytes at most; also why that is not all of it.
    ///
    /// # Errors
    /// When nothing can be unpacked or may be, or the spool's temporary file cannot be written.
    pub(crate) fn unpack(self, packed: &[u8], limit: u64) -> io::Result<(Storage, Option<String>)> {
        let mut reader = self.unwrap(packed)?;
        let mut spool = Spool::default();
        let mut buffer = vec![0; 1 << 17];
        let problem = loop {
            match reader.read(&mut buffer) {
                Ok(0) => break None,
                Ok(len) => {
                    let room = position(limit - spool.len());
                    spool.write_all(buffer.get(..len.min(room)).unwrap_or_default())?;
                    if len > room {
                        let bytes = format!("it unpacks to more than {}", size_words(limit));
                        break Some(io::Error::other(format!("{bytes}; {MORE_UNPACKED}")));
                    }
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => break Some(cause),
            }
        };
        match problem {
            Some(cause) if spool.is_empty() => Err(cause),
            problem => Ok((spool.finish()?, problem.map(|cause| cause.to_string()))),
        }
    }
}

/// The checksum that zlib and gzip use.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

impl Storage {
    /// Opens a file as [`Self::open`] does, and unpacks it when it is compressed.
    ///
    /// # Errors
    /// When it cannot be opened, read or unpacked to its end.
    pub fn open_unpacked(path: &Path, limit: UnpackLimit) -> Result<Self> {
        let storage = Self::open(path)?;
        if Compression::of(storage.bytes()).is_none() {
            return Ok(storage);
        }
        storage.unpacked(path, limit)
    }

    /// What is packed in these bytes of `path`, to its end.
    ///
    /// # Errors
    /// When it cannot be unpacked to its end, or is not packed.
    pub fn unpacked(&self, path: &Path, limit: UnpackLimit) -> Result<Self> {
        let limit = limit.of_packed(self.bytes().len() as u64);
        let packed = Compression::of(self.bytes()).ok_or_else(|| io::Error::other("is not packed"));
        let unpacked = packed.and_then(|compression| compression.unpack(self.bytes(), limit));
        let whole = unpacked.and_then(|(inner, problem)| match problem {
            None => Ok(inner),
            Some(cause) => Err(io::Error::other(cause)),
        });
        whole.map_err(|source| Error::io("decompress", path, source))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::bytes::scratch::ScratchFolder;

    /// What gzip and xz packed is read as it was; what they packed and somebody cut is an error.
    #[test]
    fn compressed_files_are_unpacked_whole_or_not_at_all() {
        let folder = ScratchFolder::new().unwrap();
        let plain = folder.path().join("kallsyms");
        let text = "ffffffff81000000 T _text\n".repeat(1000);
        fs::write(&plain, &text).unwrap();
        assert_eq!(
            Storage::open_unpacked(&plain, UnpackLimit::default())
                .unwrap()
                .bytes(),
            text.as_bytes()
        );
        for program in ["gzip", "xz"] {
            let packed = std::process::Command::new(program)
                .arg("-c")
                .arg(&plain)
                .output()
                .unwrap();
            let path = folder.path().join(program);
            fs::write(&path, &packed.stdout).unwrap();
            assert_eq!(
                Storage::open_unpacked(&path, UnpackLimit::default())
                    .unwrap()
                    .bytes(),
                text.as_bytes()
            );
            fs::write(&path, &packed.stdout[..packed.stdout.len() - 9]).unwrap();
            assert!(
                Storage::open_unpacked(&path, UnpackLimit::default()).is_err(),
                "{program}"
            );
        }
    }

    /// What may be unpacked is, to the byte; a file of which nothing may be is not called empty.
    #[test]
    fn a_limit_keeps_what_lies_before_it() {
        let whole: Vec<u8> = (0..=255).cycle().take(400_000).collect();
        let packed = zstd::encode_all(whole.as_slice(), 1).unwrap();
        for limit in [1, 1_000, 200_000, 399_999] {
            let (storage, problem) = Compression::Zstd.unpack(&packed, limit).unwrap();
            assert_eq!(storage.bytes(), &whole[..usize::try_from(limit).unwrap()]);
            assert!(problem.unwrap().contains("unpacks to more than"), "{limit}");
        }
        let error = Compression::Zstd.unpack(&packed, 0).unwrap_err();
        assert!(error.to_string().contains("unpacks to more than"));
        let (storage, problem) = Compression::Zstd.unpack(&packed, 400_000).unwrap();
        assert_eq!((storage.bytes(), problem), (whole.as_slice(), None));
    }

    /// Four bytes in one block as they are, and their Adler-32, by hand: 1 + 118 + 67 + 80 + 85 is 0x15f,
    /// 119 + 186 + 266 + 351 is 0x39a.
    ///
    /// Source: RFC 1950, sections 2.2 and 8.2; RFC 1951, section 3.2.4.
    const STREAM: [u8; 15] = [
        0x78, 0x01, 0x01, 4, 0, 0xfb, 0xff, b'v', b'C', b'P', b'U', 0x03, 0x9a, 0x01, 0x5f,
    ];

    /// What is taken of a stream that is not as it is stated to be. Of one that goes on it is what was
    /// asked for; a checksum that is there is right.
    #[test]
    fn streams_of_another_length_or_content_are_told() {
        let changed = |at: usize, byte| {
            let mut stream = STREAM;
            stream[at] = byte;
            stream.to_vec()
        };
        let taken = |packed: &[u8], len| {
            let storage = Compression::Zlib.unpack_exactly(packed, len);
            storage.map(|storage| storage.bytes().to_vec())
        };
        let whole = Some(b"vCPU".to_vec());
        assert_eq!(taken(&STREAM, 4), whole);
        assert_eq!(taken(&STREAM, 5), None);
        assert_eq!(taken(&STREAM, 3), Some(b"vCP".to_vec()));
        assert_eq!(taken(&[&STREAM[..], b"more"].concat(), 4), whole);
        // The checksum is cut, then all behind the third byte, then all.
        assert_eq!(taken(&STREAM[..13], 4), whole);
        assert_eq!(taken(&STREAM[..10], 4), None);
        assert_eq!(taken(&[], 4), None);
        // Of another checksum, byte, length of the block, kind of block, check of the header.
        for (at, byte) in [(14, 0x5e), (7, b'V'), (3, 5), (2, 7), (1, 2)] {
            assert_eq!(taken(&changed(at, byte), 4), None, "{at}");
        }
        // Of another method, of a longer window, one that asks for a dictionary; each a multiple of 31.
        for head in [[0x79, 0x18], [0x88, 0x1c], [0x78, 0x20]] {
            let stream = [&head[..], &STREAM[2..]].concat();
            assert_eq!(taken(&stream, 4), None, "{head:x?}");
        }
    }

    /// By definition: what was packed comes out, in memory of either kind; the last byte counts.
    #[test]
    fn what_is_packed_whole_comes_out_whole() {
        for len in [0, 1, 70_000, 3_000_000] {
            let words = (0..=u32::MAX).flat_map(u32::to_le_bytes);
            let whole: Vec<u8> = words.take(len).collect();
            let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            zlib.write_all(&whole).unwrap();
            let zstd = zstd::encode_all(whole.as_slice(), 1).unwrap();
            for (compression, packed) in [
                (Compression::Zlib, zlib.finish().unwrap()),
                (Compression::Zstd, zstd),
            ] {
                let unpacked = compression.unpack_exactly(&packed, whole.len()).unwrap();
                assert!(unpacked.bytes() == whole);
                assert!(
                    compression
                        .unpack_exactly(&packed, whole.len() + 1)
                        .is_none()
                );
            }
        }
    }

    /// What zlib-rs alone makes of a stream that is stated to have so many bytes.
    fn by_zlib(packed: &[u8], len: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; len];
        let mut reader = flate2::read::ZlibDecoder::new(packed);
        reader.read_exact(&mut bytes).ok().map(|()| bytes)
    }

    /// Against zlib-rs: streams with each of their bits changed, cut behind each of their bytes, and of other
    /// lengths than stated.
    #[test]
    fn damaged_streams_are_told_as_by_zlib() {
        let text = b"kvm_entry kvm_exit kvm_pio kvm_entry 0x608 kvm_exit".repeat(3);
        let mut streams = vec![STREAM.to_vec()];
        for level in [1, 6] {
            let level = flate2::Compression::new(level);
            let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), level);
            zlib.write_all(&text).unwrap();
            streams.push(zlib.finish().unwrap());
        }
        for stream in streams {
            let whole = (0..).map_while(|len| by_zlib(&stream, len)).last().unwrap();
            let lens = [0, 1, whole.len() - 1, whole.len(), whole.len() + 1];
            let flipped = (0..8 * stream.len()).map(|bit| {
                let mut flipped = stream.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                flipped
            });
            let cut = (0..stream.len()).map(|len| stream[..len].to_vec());
            for (at, packed) in flipped.chain(cut).enumerate() {
                for len in lens {
                    let told = Compression::Zlib.unpack_exactly(&packed, len);
                    let told = told.map(|storage| storage.bytes().to_vec());
                    assert_eq!(told, by_zlib(&packed, len), "{at}, {len} bytes");
                }
            }
        }
    }
}

//! Bytes of a capture, wherever they are kept.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use super::mapping::MappedFile;
use super::scratch::nameless_file;
use super::unpack_limit::{MORE_UNPACKED, UnpackLimit};
use crate::error::{Error, Result};

/// Bytes that were mapped, or held in memory.
#[derive(Debug)]
pub enum Storage {
    /// A mapped file, perhaps a temporary one.
    Mapped(MappedFile),
    /// Memory.
    Memory(Vec<u8>),
}

impl Storage {
    /// Maps a regular file; `None` for anything else. What a stranger names may be a pipe that
    /// nobody writes to, a device, or a file of `/proc` or of a tracer whose reader waits for ever:
    /// those have no length, and nothing is read that cannot be mapped.
    ///
    /// # Errors
    /// When it cannot be opened or mapped.
    pub fn open_regular(path: &Path) -> Result<Option<Self>> {
        // Asked before it is opened: opening alone does something to a pipe or a device.
        match fs::metadata(path) {
            Ok(found) if found.is_file() && found.len() > 0 => {}
            Ok(_) | Err(_) => return Ok(None),
        }
        let file = MappedFile::open(path)?;
        Ok((!file.bytes().is_empty()).then_some(Self::Mapped(file)))
    }

    /// Maps a regular file. Files of `/proc` have no length and cannot be mapped: they are read.
    ///
    /// # Errors
    /// When it cannot be opened, mapped or read.
    pub fn open(path: &Path) -> Result<Self> {
        let file = MappedFile::open(path)?;
        if !file.bytes().is_empty() {
            return Ok(Self::Mapped(file));
        }
        let bytes = fs::read(path).map_err(|source| Error::io("read", path, source))?;
        Ok(Self::Memory(bytes))
    }

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

    /// Keeps bytes in a temporary file without a name, which the system removes with the last use
    /// of it.
    ///
    /// # Errors
    /// When the file cannot be written or mapped.
    pub(crate) fn in_file(bytes: &[u8]) -> io::Result<Self> {
        let mut file = nameless_file()?;
        file.write_all(bytes)?;
        MappedFile::of(&file).map(Self::Mapped)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(file) => file.bytes(),
            Self::Memory(bytes) => bytes,
        }
    }

    /// The mapping, when there is one.
    pub fn mapping(&self) -> Option<&MappedFile> {
        match self {
            Self::Mapped(file) => Some(file),
            Self::Memory(_) => None,
        }
    }
}

/// Bytes that a spool keeps in memory; what is longer goes to a temporary file.
pub(crate) const IN_MEMORY: usize = 32 << 20;

/// Keeps what a stream brings: in memory while it is short, else in a temporary file without a
/// name, which the system removes with the last use of it.
#[derive(Debug, Default)]
pub struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    len: u64,
}

impl Spool {
    /// Number of bytes so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a temporary file holds the bytes.
    pub fn is_on_disk(&self) -> bool {
        self.file.is_some()
    }

    /// Makes the bytes readable.
    ///
    /// # Errors
    /// When the temporary file cannot be written or mapped.
    pub fn finish(mut self) -> io::Result<Storage> {
        if self.file.is_none() {
            return Ok(Storage::Memory(self.memory));
        }
        self.flush()?;
        match &self.file {
            Some(file) => MappedFile::of(file).map(Storage::Mapped),
            None => Ok(Storage::Memory(self.memory)),
        }
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.memory.len().saturating_add(bytes.len()) > IN_MEMORY {
            if self.file.is_none() {
                self.file = Some(nameless_file()?);
            }
            self.flush()?;
        }
        self.memory.extend_from_slice(bytes);
        self.len += bytes.len() as u64;
        Ok(bytes.len())
    }

    /// Empties the memory into the temporary file, when there is one.
    fn flush(&mut self) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(&self.memory)?;
            self.memory.clear();
        }
        Ok(())
    }
}

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
        })
    }

    /// Unpacks `packed`, `limit` bytes at most; also what went wrong before its end.
    ///
    /// # Errors
    /// When nothing can be unpacked, or the spool's temporary file cannot be written.
    pub(crate) fn unpack(self, packed: &[u8], limit: u64) -> io::Result<(Storage, Option<String>)> {
        let mut reader = self.unwrap(packed)?;
        let mut spool = Spool::default();
        let mut buffer = vec![0; 1 << 17];
        let problem = loop {
            match reader.read(&mut buffer) {
                Ok(0) => break None,
                Ok(len) if spool.len().saturating_add(len as u64) > limit => {
                    let bytes = format!("it unpacks to more than {limit} bytes");
                    break Some(format!("{bytes}; {MORE_UNPACKED}"));
                }
                Ok(len) => spool.write_all(buffer.get(..len).unwrap_or_default())?,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) if spool.is_empty() => return Err(cause),
                Err(cause) => break Some(cause.to_string()),
            }
        };
        Ok((spool.finish()?, problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A capture directory may hold a link to `/proc/kallsyms`.
    #[test]
    fn files_without_a_length_are_read_whole() {
        let path = Path::new("/proc/version");
        let found = Storage::open(path).unwrap();
        assert_eq!(found.bytes(), fs::read(path).unwrap());
        assert!(!found.bytes().is_empty());
    }

    /// What gzip and xz packed is read as it was; what they packed and somebody cut is an error.
    #[test]
    fn compressed_files_are_unpacked_whole_or_not_at_all() {
        let folder = crate::bytes::scratch::ScratchFolder::new().unwrap();
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
}

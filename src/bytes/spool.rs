//! Bytes of a stream, kept until all are there.

use std::fs::File;
use std::io::{self, Write};

use super::mapping::MappedFile;
use super::scratch::nameless_file;
use super::storage::Storage;

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
        match self.file {
            Some(file) => MappedFile::keeping(file).map(Storage::Mapped),
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

//! Bytes of a file, mapped or in memory.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::mapping::{FreshPages, MappedFile};
use super::scratch::nameless_file;
use crate::error::{Error, Result};

/// Memory of as many bytes is worth a large page of its own, or several: half of one.
const MIN_PAGES: usize = 1 << 20;

/// Bytes that were mapped, or held in memory.
#[derive(Debug)]
pub enum Storage {
    /// A mapped file, perhaps a temporary one.
    Mapped(MappedFile),
    /// Memory.
    Memory(Vec<u8>),
    /// Much memory, in pages of its own.
    Pages(FreshPages),
}

impl Storage {
    /// Maps a regular file; `None` for anything else. What a stranger names may be a pipe that
    /// nobody writes to, a device, or a file of `/proc` or of a tracer whose reader waits for ever:
    /// those have no length, and nothing is read that cannot be mapped.
    ///
    /// # Errors
    /// When it cannot be opened or mapped.
    pub fn open_regular(path: &Path) -> Result<Option<Self>> {
        Self::regular(path, MappedFile::open)
    }

    /// The same for a file whose bytes [`Self::copy_to`] copies: it stays open.
    ///
    /// # Errors
    /// When it cannot be opened or mapped.
    pub(crate) fn open_regular_to_read(path: &Path) -> Result<Option<Self>> {
        Self::regular(path, MappedFile::open_to_read)
    }

    fn regular(path: &Path, open: impl Fn(&Path) -> Result<MappedFile>) -> Result<Option<Self>> {
        // Asked before it is opened: opening alone does something to a pipe or a device.
        match fs::metadata(path) {
            Ok(found) if found.is_file() && found.len() > 0 => {}
            Ok(_) | Err(_) => return Ok(None),
        }
        let file = open(path)?;
        Ok((!file.bytes().is_empty()).then_some(Self::Mapped(file)))
    }

    /// Maps a regular file. Files of `/proc` have no length and cannot be mapped: they are read.
    ///
    /// # Errors
    /// When it cannot be opened, mapped or read.
    pub fn open(path: &Path) -> Result<Self> {
        Self::of_mapped(path, MappedFile::open(path)?)
    }

    /// The same for a file of which most is read once, as [`MappedFile::open_to_read`] says.
    ///
    /// # Errors
    /// When it cannot be opened, mapped or read.
    pub(crate) fn open_to_read(path: &Path) -> Result<Self> {
        Self::of_mapped(path, MappedFile::open_to_read(path)?)
    }

    fn of_mapped(path: &Path, file: MappedFile) -> Result<Self> {
        if !file.bytes().is_empty() {
            return Ok(Self::Mapped(file));
        }
        let bytes = fs::read(path).map_err(|source| Error::io("read", path, source))?;
        Ok(Self::Memory(bytes))
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

    /// Memory of so many bytes, zeros until `fill` writes to it. `None` when there is not as much, or `fill`
    /// says so.
    pub(super) fn filled(len: usize, fill: impl FnOnce(&mut [u8]) -> Option<()>) -> Option<Self> {
        if len >= MIN_PAGES {
            let mut pages = FreshPages::new(len)?;
            fill(pages.bytes_mut())?;
            return Some(Self::Pages(pages));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).ok()?;
        bytes.resize(len, 0);
        fill(&mut bytes)?;
        Some(Self::Memory(bytes))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(file) => file.bytes(),
            Self::Memory(bytes) => bytes,
            Self::Pages(pages) => pages.bytes(),
        }
    }

    /// Fills a buffer with the bytes from `start` on; `None` when there are not that many. Of a file
    /// that stays open the kernel copies them: where few of its bytes are looked at, that takes less
    /// than to map pages and to unmap them.
    pub(crate) fn copy_to(&self, buffer: &mut [u8], start: usize) -> Option<()> {
        let wanted = self.bytes().get(start..start.checked_add(buffer.len())?)?;
        let is_read = (self.mapping()).is_some_and(|file| file.read_at(start, buffer));
        if !is_read {
            buffer.copy_from_slice(wanted);
        }
        Some(())
    }

    /// The same bytes of a file that is no longer open: a process may have few open at a time.
    #[must_use]
    pub(crate) fn closed(self) -> Self {
        match self {
            Self::Mapped(file) => Self::Mapped(file.closed()),
            Self::Memory(_) | Self::Pages(_) => self,
        }
    }

    /// The mapping, when there is one.
    pub fn mapping(&self) -> Option<&MappedFile> {
        match self {
            Self::Mapped(file) => Some(file),
            Self::Memory(_) | Self::Pages(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By definition: so many bytes, zeros at first, and as they were written; none that there is no room
    /// for.
    #[test]
    fn memory_of_any_length_is_filled() {
        let lens = [0, 1, MIN_PAGES - 1, MIN_PAGES, (2 << 20) - 1, (4 << 20) + 1];
        for len in lens {
            let storage = Storage::filled(len, |bytes| {
                assert!(bytes.len() == len && bytes.iter().all(|&byte| byte == 0));
                bytes.fill(7);
                Some(())
            });
            let storage = storage.unwrap();
            assert!(storage.bytes().len() == len && storage.bytes().iter().all(|&byte| byte == 7));
            assert!(Storage::filled(len, |_| None).is_none());
        }
        assert!(Storage::filled(usize::MAX, |_| Some(())).is_none());
        assert!(Storage::filled(usize::MAX / 2, |_| Some(())).is_none());
    }

    /// A capture directory may hold a link to `/proc/kallsyms`.
    #[test]
    fn files_without_a_length_are_read_whole() {
        let path = Path::new("/proc/version");
        let found = Storage::open(path).unwrap();
        assert_eq!(found.bytes(), fs::read(path).unwrap());
        assert!(!found.bytes().is_empty());
    }
}

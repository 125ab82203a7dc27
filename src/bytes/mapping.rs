//! Files as bytes in memory, and memory in large pages; the home of memmap2 and of the program's only
//! `unsafe`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use memmap2::{Advice, Mmap, MmapMut, MmapOptions};

use crate::error::{Error, Result};

/// A read-only file as a slice of bytes.
///
/// The file must not be cut short while it is mapped: the kernel answers a read past its new end
/// with SIGBUS. Captures are complete files, and `perf record` replaces them by rename.
#[derive(Debug)]
pub struct MappedFile {
    /// `None` for an empty file, which cannot be mapped.
    map: Option<Mmap>,
    /// The file itself, where it is read from as well.
    file: Option<File>,
}

impl MappedFile {
    /// Maps the regular file at `path`.
    ///
    /// # Errors
    /// When it cannot be opened or mapped.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
        Self::of(&file).map_err(|source| Error::io("map", path, source))
    }

    /// The same, for a file of which most is read once: it stays open, and [`Self::read_at`] reads
    /// from it.
    ///
    /// # Errors
    /// When it cannot be opened or mapped.
    pub fn open_to_read(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
        Self::keeping(file).map_err(|source| Error::io("map", path, source))
    }

    /// The same for an open file.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn keeping(file: File) -> io::Result<Self> {
        let mapped = Self::of(&file)?;
        let file = Some(file);
        Ok(Self { file, ..mapped })
    }

    /// A temporary file that holds these bytes.
    #[cfg(test)]
    pub(crate) fn holding(bytes: &[u8]) -> Self {
        use std::io::Write;
        let mut file = super::scratch::nameless_file().unwrap();
        file.write_all(bytes).unwrap();
        Self::keeping(file).unwrap()
    }

    /// Maps an open file.
    ///
    /// # Errors
    /// What the system says.
    #[expect(
        unsafe_code,
        reason = "memory-mapping a file cannot be expressed safely"
    )]
    pub fn of(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() == 0 {
            return Ok(Self {
                map: None,
                file: None,
            });
        }
        // SAFETY: the mapping is private and read-only. Its bytes are only ever read as `u8`, for
        // which every value is valid. Another process that writes to the file while it is mapped
        // can change what is read; every reader of these bytes treats them as hostile and checks
        // each length and position against the slice again.
        let map = unsafe { MmapOptions::new().map(file)? };
        let map = Some(map);
        Ok(Self { map, file: None })
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }

    /// The same mapping of a file that is no longer open.
    pub(super) fn closed(self) -> Self {
        Self { file: None, ..self }
    }

    /// Whether [`Self::read_at`] can read.
    pub(crate) fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// Fills a buffer with the bytes from `start` on, which the kernel copies without mapping them;
    /// false when that is not possible.
    pub(crate) fn read_at(&self, start: usize, buffer: &mut [u8]) -> bool {
        let read = |file: &File| file.read_exact_at(buffer, start as u64);
        self.file
            .as_ref()
            .map(read)
            .is_some_and(|read| read.is_ok())
    }
}

/// A page of the size that takes the place of 512: that of x86-64, and of arm64 where its small pages have
/// 4 KiB.
///
/// Source: Documentation/admin-guide/mm/transhuge.rst, Linux 6.12.
const LARGE_PAGE: usize = 2 << 20;

/// Fresh memory, zeros until it is written to. The kernel gives it in large pages where it may: one page
/// fault in the place of 512.
#[derive(Debug)]
pub struct FreshPages {
    /// Whole large pages where the last is half full, so that its bytes lie in one as well.
    map: MmapMut,
    len: usize,
}

impl FreshPages {
    /// So many bytes; `None` when there are not that many to be had.
    pub(super) fn new(len: usize) -> Option<Self> {
        let whole = len.checked_next_multiple_of(LARGE_PAGE)?;
        let is_half_full = whole - len <= LARGE_PAGE / 2;
        let map = MmapMut::map_anon(if is_half_full { whole } else { len }).ok()?;
        // Where large pages are not to be had, small ones do.
        drop(map.advise(Advice::HugePage));
        Some(Self { map, len })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.map.get(..self.len).unwrap_or_default()
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        self.map.get_mut(..self.len).unwrap_or_default()
    }
}

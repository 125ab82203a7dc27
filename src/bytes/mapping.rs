//! Files as bytes in memory; the home of memmap2 and of the program's only `unsafe`.

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::{Advice, Mmap, MmapOptions};

use crate::error::{Error, Result};

/// A read-only file as a slice of bytes.
///
/// The file must not be cut short while it is mapped: the kernel answers a read past its new end
/// with SIGBUS. Captures are complete files, and `perf record` replaces them by rename.
#[derive(Debug)]
pub struct MappedFile {
    /// `None` for an empty file, which cannot be mapped.
    map: Option<Mmap>,
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
            return Ok(Self { map: None });
        }
        // SAFETY: the mapping is private and read-only. Its bytes are only ever read as `u8`, for
        // which every value is valid. Another process that writes to the file while it is mapped
        // can change what is read; every reader of these bytes treats them as hostile and checks
        // each length and position against the slice again.
        let map = unsafe { MmapOptions::new().map(file)? };
        Ok(Self { map: Some(map) })
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }

    /// Asks the kernel to map `len` bytes from `start` in one step instead of page by page.
    ///
    /// Only advice: kernels before 5.14 do not know it, and nothing depends on it.
    pub fn populate(&self, start: usize, len: usize) {
        if let Some(map) = &self.map {
            drop(map.advise_range(Advice::PopulateRead, start, len));
        }
    }
}

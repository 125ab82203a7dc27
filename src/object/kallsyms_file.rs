//! Finding the text of a kernel's `/proc/kallsyms`.

use std::fs;
use std::path::{Path, PathBuf};

use super::cache_layout::cached;
use super::object_file::{FileOrigin, if_there, read_file};
use super::search::ObjectSearch;
use crate::bytes::{Compression, Storage};
use crate::error::Result;
use crate::units::BuildId;

/// A kallsyms text that was found.
#[derive(Debug)]
pub struct KallsymsFile {
    /// The file.
    pub path: PathBuf,
    /// The text.
    pub storage: Storage,
    /// Where it was found.
    pub origin: FileOrigin,
}

impl ObjectSearch {
    /// Finds the text of kallsyms for a kernel: the capture's own, then those of the caches.
    ///
    /// A cache is keyed by build id, which every boot of a kernel shares: the result must be
    /// fitted to the recorded boot.
    ///
    /// # Errors
    /// When a file is there but cannot be read.
    pub fn find_kallsyms(&self, build_id: Option<&BuildId>) -> Result<Option<KallsymsFile>> {
        let own = self.capture_dir.iter().flat_map(|dir| {
            ["", ".gz", ".xz", ".zst", ".bz2"].map(|ending| dir.join(format!("kallsyms{ending}")))
        });
        let mut candidates: Vec<(FileOrigin, PathBuf)> =
            own.map(|path| (FileOrigin::Capture, path)).collect();
        if let Some(wanted) = build_id {
            for (origin, dir) in self.caches() {
                let paths = cached(&dir, "[kernel.kallsyms]", wanted, &["kallsyms"]);
                candidates.extend(paths.into_iter().map(|path| (origin, path)));
            }
        }
        for (origin, path) in candidates {
            if let Some(storage) = self.read_kallsyms(&path)? {
                return Ok(Some(KallsymsFile {
                    path,
                    storage,
                    origin,
                }));
            }
        }
        Ok(None)
    }

    /// Reads a copy of `/proc/kallsyms`, perhaps compressed, or a link to that file itself. No other
    /// file without a length is read.
    fn read_kallsyms(&self, path: &Path) -> Result<Option<Storage>> {
        if fs::canonicalize(path).is_ok_and(|real| real == Path::new("/proc/kallsyms")) {
            return if_there(Storage::open(path));
        }
        match read_file(path)? {
            Some(packed) if Compression::of(packed.bytes()).is_some() => {
                packed.unpacked(path, self.limit).map(Some)
            }
            Some(plain) => Ok(Some(plain)),
            // What is empty is no text, and whoever reads it says so.
            None => Ok(path.is_file().then(|| Storage::Memory(Vec::new()))),
        }
    }
}

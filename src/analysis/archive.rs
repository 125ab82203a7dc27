//! Tarballs: whole captures, and what `perf archive` packs.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::perf::Wrapping;

/// Most bytes that are unpacked: a build-id cache of a whole host takes some GB at most.
const LARGEST: u64 = 16 << 30;

/// Position of the letters `ustar` in a tarball's first header.
const MAGIC_AT: usize = 257;

/// Unpacks a tarball, compressed or not, into a temporary directory that is removed when dropped;
/// `None` when the file is no tarball.
///
/// # Errors
/// When the file cannot be read, or is damaged, or unpacks to more than is sensible.
pub(super) fn unpack(path: &Path) -> Result<Option<TempDir>> {
    let failed = |source| Error::io("unpack", path, source);
    let mut file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let mut start = [0; 16];
    let len = file.read(&mut start).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let file = BufReader::new(file);
    let mut reader: Box<dyn Read> = match Wrapping::of(start.get(..len).unwrap_or_default()) {
        Some(wrapping) => wrapping.unwrap(file).map_err(failed)?,
        None => Box::new(file),
    };
    let mut head = Vec::new();
    // A file that cannot be decompressed is no tarball; whoever reads it next says what is wrong.
    if reader.by_ref().take(512).read_to_end(&mut head).is_err()
        || head.get(MAGIC_AT..MAGIC_AT + 5) != Some(b"ustar")
    {
        return Ok(None);
    }
    let directory = tempfile::tempdir().map_err(failed)?;
    let mut archive = tar::Archive::new(head.as_slice().chain(reader));
    archive.set_preserve_mtime(false);
    let mut unpacked = 0_u64;
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        unpacked = unpacked.saturating_add(entry.size());
        if unpacked > LARGEST {
            return Err(Error::format(
                path,
                "the archive unpacks to more than 16 GiB",
            ));
        }
        // Entries that would lead out of the directory are left out by the tar crate.
        entry.unpack_in(directory.path()).map_err(failed)?;
    }
    Ok(Some(directory))
}

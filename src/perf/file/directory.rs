//! The directory that `perf record --threads` makes.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The files `data.0`, `data.1`, ... of a directory, in order of their numbers.
pub(crate) fn numbered_parts(directory: &Path) -> Result<Vec<(u32, PathBuf)>> {
    let failed = |source| Error::io("read", directory, source);
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let part = entry.map_err(failed)?.path();
        let name = part.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_prefix("data.")?.parse::<u32>().ok());
        if let Some(number) = number.filter(|&number| number < u32::MAX && part.is_file()) {
            parts.push((number, part));
        }
    }
    parts.sort();
    Ok(parts)
}

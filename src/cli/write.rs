//! Output files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use vmflame::error::{Error, Result};

/// Runs `write` on a file that takes the place of `path` only when all of it is there.
///
/// `-` is standard output. A path that is no regular file (a pipe, `/dev/null`) is written to
/// directly, since it cannot be replaced.
pub(super) fn to_path(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let failed = |source| Error::io("write", path, source);
    if path == Path::new("-") {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        return write(&mut out).and_then(|()| out.flush()).map_err(failed);
    }
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let mut out = BufWriter::with_capacity(1 << 16, File::create(path).map_err(failed)?);
        return write(&mut out).and_then(|()| out.flush()).map_err(failed);
    }
    let beside = beside(path);
    let attempt = || {
        let mut out = BufWriter::with_capacity(1 << 16, File::create(&beside)?);
        write(&mut out)?;
        out.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_data()?;
        fs::rename(&beside, path)
    };
    attempt().map_err(|source| {
        // What was begun is of no use; that it cannot be removed changes nothing.
        drop(fs::remove_file(&beside));
        failed(source)
    })
}

/// Runs `write` on a new file, which takes the place of `path` only when all of it is there.
pub(super) fn file_to_path(
    path: &Path,
    write: impl FnOnce(File) -> io::Result<File>,
) -> Result<()> {
    let beside = beside(path);
    let attempt = || {
        write(File::create(&beside)?)?.sync_data()?;
        fs::rename(&beside, path)
    };
    attempt().map_err(|source| {
        // What was begun is of no use; that it cannot be removed changes nothing.
        drop(fs::remove_file(&beside));
        Error::io("write", path, source)
    })
}

/// A name in the same directory, so that the rename cannot cross file systems.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

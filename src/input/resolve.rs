//! What the user points at: a file or a capture directory, and where symbols may come from.

use std::path::{Path, PathBuf};

use super::archive::{Archive, ArchiveFault, unpack, unpack_beside};
use super::shown_paths::ShownPaths;
use crate::bytes::UnpackLimit;
use crate::error::{BadFile, Error, Result};

/// The capture that the user points at.
#[derive(Debug)]
pub struct Input {
    /// The perf.data file, or the directory of `perf record --threads` or `--kcore`.
    pub data: PathBuf,
    /// Where its symbols lie beside it: a capture directory, which holds `perf.data` and any of
    /// `kallsyms`, `modules`, `buildid/` and `symbols/`; or perf's own `kcore_dir`.
    pub directory: Option<PathBuf>,
    /// Build-id caches that came with the capture.
    pub buildid_dirs: Vec<PathBuf>,
    /// What the files of unpacked archives are called towards the user.
    pub shown: ShownPaths,
    /// What is wrong with archives, and which.
    pub faults: Vec<(PathBuf, ArchiveFault)>,
    /// Whether the capture itself comes from an archive that is broken.
    pub is_damaged: bool,
    /// Archives that were unpacked; removed when dropped.
    unpacked: Vec<Archive>,
}

/// Where `perf archive` would put what belongs to a file.
pub fn archives_beside(path: &Path) -> impl Iterator<Item = PathBuf> {
    let endings = ["tar.bz2", "tar.gz", "tar.xz", "tar.zst", "tar"].into_iter();
    endings.map(move |ending| {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(ending);
        PathBuf::from(name)
    })
}

impl Input {
    /// Finds out what a path is: a perf.data file, a capture directory, a directory that perf
    /// wrote, or a tarball of either. Beside a file, what `perf archive` packed for it is used.
    ///
    /// # Errors
    /// When the path is a directory or a tarball without a capture, or cannot be unpacked.
    pub fn resolve(path: &Path) -> Result<Self> {
        Self::resolve_within(path, UnpackLimit::default())
    }

    /// The same, with another limit to what archives unpack to.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn resolve_within(path: &Path, limit: UnpackLimit) -> Result<Self> {
        if path.is_dir() {
            return Self::of_directory(path, path);
        }
        if !path.is_file() {
            return Ok(Self::of_file(path));
        }
        if let Some(mut archive) = unpack(path, limit)? {
            let faults = std::mem::take(&mut archive.faults);
            let mut input = Self::of_directory(archive.folder.path(), path)
                .map_err(|error| with_cause(error, &faults))?;
            let is_broken = |fault: &ArchiveFault| matches!(fault, ArchiveFault::Broken(_));
            input.is_damaged = faults.iter().any(is_broken);
            let faults = faults.into_iter().map(|fault| (path.to_owned(), fault));
            input.faults.extend(faults);
            input.shown.add(archive.folder.path(), path);
            input.unpacked.push(archive);
            return Ok(input);
        }
        let mut input = Self::of_file(path);
        for beside in archives_beside(path) {
            if std::fs::symlink_metadata(&beside).is_err() {
                continue;
            }
            let (archive, faults) = unpack_beside(&beside, limit);
            let faults = faults.into_iter().map(|fault| (beside.clone(), fault));
            input.faults.extend(faults);
            if let Some(archive) = archive {
                let root = archive.folder.path();
                input.shown.add(root, &beside);
                input.buildid_dirs.push(root.to_owned());
                input.buildid_dirs.push(root.join(".debug"));
                input.unpacked.push(archive);
            }
        }
        Ok(input)
    }

    /// Standard input, with nothing beside it.
    pub fn standard() -> Self {
        Self::of_file(Path::new("-"))
    }

    fn of_file(path: &Path) -> Self {
        Self {
            data: path.to_owned(),
            directory: None,
            buildid_dirs: Vec::new(),
            shown: ShownPaths::default(),
            faults: Vec::new(),
            is_damaged: false,
            unpacked: Vec::new(),
        }
    }

    /// Finds the capture in a directory; `shown` is what errors call it.
    fn of_directory(path: &Path, shown: &Path) -> Result<Self> {
        let data = path.join("perf.data");
        if let Ok(found) = std::fs::metadata(&data) {
            let is_whole = found.is_file() || data.join("data").is_file();
            if !is_whole {
                return Err(Error::file(shown, BadFile::IrregularCapture));
            }
            let mut input = Self::of_file(&data);
            input.directory = Some(path.to_owned());
            return Ok(input);
        }
        if path.join("data").is_file() {
            let mut input = Self::of_file(path);
            input.directory = Some(path.join("kcore_dir")).filter(|dir| dir.is_dir());
            return Ok(input);
        }
        // A tarball often holds one folder with everything in it.
        let inner = std::fs::read_dir(path).map_err(|source| Error::io("read", path, source))?;
        let holds = |dir: &PathBuf| dir.join("perf.data").exists() || dir.join("data").is_file();
        // Links among them are other names.
        let mut inner: Vec<PathBuf> = inner
            .filter_map(|entry| std::fs::canonicalize(entry.ok()?.path()).ok())
            .filter(|found| found.is_dir() && holds(found))
            .collect();
        inner.sort();
        inner.dedup();
        match inner.as_slice() {
            [one] => return Self::of_directory(one, shown),
            [] => {}
            several => {
                let what = BadFile::SeveralCaptures(several.len());
                return Err(Error::file(shown, what));
            }
        }
        Err(Error::file(shown, BadFile::NoCapture))
    }
}

/// Says of an archive without a capture what was left out of it.
fn with_cause(error: Error, faults: &[ArchiveFault]) -> Error {
    match faults.first() {
        Some(fault) => error.with_hint(fault.to_string()),
        None => error,
    }
}

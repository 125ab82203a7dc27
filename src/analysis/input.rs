//! What the user points at: a file or a capture directory, and where symbols may come from.

use std::path::{Path, PathBuf};

use super::archive::{Archive, ArchiveFault, unpack, unpack_beside};
use super::shown::ShownPaths;
use crate::bytes::UnpackLimit;
use crate::error::{Error, Result};
use crate::symbol::Places;
use crate::units::{BuildId, Timestamp};

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
            if !found.is_file() {
                return Err(Error::format(
                    shown,
                    "the perf.data in it is no regular file",
                ));
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
                let what = format!("there are {} captures in it", several.len());
                return Err(Error::format(shown, what).with_hint("name one of them"));
            }
        }
        Err(Error::format(shown, "there is no perf.data in it")
            .with_hint("a capture directory holds perf.data, and beside it kallsyms or buildid/"))
    }
}

/// Says of an archive without a capture what was left out of it.
fn with_cause(error: Error, faults: &[ArchiveFault]) -> Error {
    match faults.first() {
        Some(fault) => error.with_hint(fault.to_string()),
        None => error,
    }
}

/// The kernel that runs on this machine, as far as its symbols may be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveKernel {
    /// Its build id.
    pub build_id: BuildId,
    /// Its `/proc/kallsyms`.
    pub kallsyms: PathBuf,
    /// The name of this machine.
    pub host_name: String,
    /// Its release, as `uname -r` tells it.
    pub release: String,
    /// How long it had been up when the input was last written; `None` when that is not known.
    pub input_written: Option<Timestamp>,
    /// The bytes of its `[vdso]`, as 64-bit processes map it; empty when they are not known.
    pub vdso: Box<[u8]>,
}

/// Where symbols may come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SymbolRequest {
    /// A kallsyms text that the user named.
    pub kallsyms: Option<PathBuf>,
    /// Object files and kernel symbols.
    pub places: Places,
    /// The running kernel, asked last.
    pub live: Option<LiveKernel>,
    /// What files are called towards the user.
    pub shown: ShownPaths,
}

/// Where the kernel's symbols come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KernelSource {
    /// This kallsyms text, of the recorded boot.
    SameBoot(PathBuf),
    /// This kallsyms text of another boot of the same kernel, moved; modules have no names.
    OtherBoot(PathBuf),
    /// This kallsyms text, whose boot cannot be checked because the capture does not say where the
    /// kernel lay.
    Unchecked(PathBuf),
    /// All addresses of this kallsyms text are hidden.
    Hidden(PathBuf),
    /// No kallsyms text was found.
    Missing,
}

impl KernelSource {
    /// The same source as the user knows it.
    pub(crate) fn shown(self, paths: &ShownPaths) -> Self {
        match self {
            Self::SameBoot(path) => Self::SameBoot(paths.path(&path)),
            Self::OtherBoot(path) => Self::OtherBoot(paths.path(&path)),
            Self::Unchecked(path) => Self::Unchecked(paths.path(&path)),
            Self::Hidden(path) => Self::Hidden(paths.path(&path)),
            Self::Missing => Self::Missing,
        }
    }
}

//! The files that a verb reads, known before it reads them: no output may take the place of one.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use vmflame::input::{CaseFiles, archives_beside};

/// A file itself, whatever it is called and however it is reached: its device and its inode.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct DeviceAndInode {
    device: u64,
    inode: u64,
}

/// What a verb reads.
#[derive(Debug, Default)]
pub(super) struct Inputs<'a> {
    /// Captures and folded texts: files, capture directories, `-`.
    pub(super) captures: Vec<&'a Path>,
    /// Other files.
    pub(super) files: Vec<&'a Path>,
    /// Build-id caches.
    pub(super) caches: Vec<PathBuf>,
}

impl Inputs<'_> {
    /// The input that `output` is, if it is one.
    pub(super) fn find(&self, output: &Metadata) -> Option<PathBuf> {
        let in_cache = || {
            let mut caches = self.caches.iter();
            caches.find_map(|cache| FileSearch::to(identity(output)).find(cache, true))
        };
        self.find_uncached(output).or_else(in_cache)
    }

    /// The same without a search through build-id caches, which may be large.
    pub(super) fn find_uncached(&self, output: &Metadata) -> Option<PathBuf> {
        let wanted = identity(output);
        let is_wanted = |path: &Path| {
            let found = fs::metadata(path);
            found.is_ok_and(|found| identity(&found) == wanted)
        };
        for &capture in &self.captures {
            if capture == Path::new("-") {
                if open_file(io::stdin().as_fd()).is_ok_and(|found| identity(&found) == wanted) {
                    return Some(PathBuf::from("standard input"));
                }
            } else if capture.is_dir() {
                let mut search = FileSearch::to(wanted);
                if let Some(path) = search.find(capture, false) {
                    return Some(path);
                }
            } else if is_wanted(capture) {
                return Some(capture.to_owned());
            } else if let Some(path) = archives_beside(capture).find(|path| is_wanted(path)) {
                return Some(path);
            }
        }
        let mut files = self.files.iter();
        let file = files.find(|path| is_wanted(path));
        file.map(|&path| path.to_owned())
    }
}

/// What is known of an open file, such as standard output.
pub(super) fn open_file(file: BorrowedFd<'_>) -> io::Result<Metadata> {
    File::from(file.try_clone_to_owned()?).metadata()
}

fn identity(file: &Metadata) -> DeviceAndInode {
    DeviceAndInode {
        device: file.dev(),
        inode: file.ino(),
    }
}

/// A search for one file through a directory.
struct FileSearch {
    wanted: DeviceAndInode,
    /// Directories that were seen: links may lead in circles.
    seen: BTreeSet<DeviceAndInode>,
}

impl FileSearch {
    const fn to(wanted: DeviceAndInode) -> Self {
        Self {
            wanted,
            seen: BTreeSet::new(),
        }
    }

    /// Finds it among the files that are read; `all` says that all are. A picture that an earlier
    /// run put beside a capture is none.
    fn find(&mut self, directory: &Path, all: bool) -> Option<PathBuf> {
        let found = fs::metadata(directory).ok()?;
        if !self.seen.insert(identity(&found)) {
            return None;
        }
        for entry in fs::read_dir(directory).ok()?.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let is_read = all || is_read(&name.to_string_lossy());
            let Ok(found) = fs::metadata(&path) else {
                continue;
            };
            if found.is_dir() {
                if let Some(path) = self.find(&path, is_read) {
                    return Some(path);
                }
            } else if is_read && identity(&found) == self.wanted {
                return Some(path);
            }
        }
        None
    }
}

/// Whether a capture directory's file or folder of this name is read.
fn is_read(name: &str) -> bool {
    let folders = [
        "buildid",
        "symbols",
        "vms",
        "kcore_dir",
        ".debug",
        ".build-id",
    ];
    ["perf.data", "data", "modules", "kcore", "host.txt"].contains(&name)
        || CaseFiles::ALL.iter().any(|names| names.contains(&name))
        || folders.contains(&name)
        || name.starts_with("perf-") && name.ends_with(".map")
        || name.starts_with("jit-") && name.ends_with(".dump")
        || ["data.", "kallsyms", "kcore_dir__", "perf.data.tar"]
            .iter()
            .any(|start| name.starts_with(start))
}

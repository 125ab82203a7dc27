//! The members of an archive as files in a folder. The archive is a stranger's.
//!
//! Nothing but files and folders lies in the folder until the end: links are kept beside it, so
//! that no name can lead out through one. What GNU tar does is done: a later member of a name wins,
//! a hard link to itself is nothing, leading slashes are taken off, and names with `..` are refused
//! (GNU tar 1.34).

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use crate::bytes::ScratchFolder;

/// Most links on the way to a file (`MAXSYMLINKS`, include/linux/namei.h, Linux 6.12).
const MAX_LINKS: usize = 40;

/// Why a member is left out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Refusal {
    /// Its name has `..` in it, or leads out of the archive through a link.
    Outside,
    /// It is a link that leads out of the archive.
    LinkOutside,
    /// It is a link to what the archive does not hold.
    LinkToNothing,
    /// It is a device, a pipe or another thing that is no file.
    NoFile,
    /// It is a sparse file in a form that is not read.
    Sparse,
    /// A file stands where it needs a folder, or the other way round, or its name is too long.
    NoPlace,
}

impl Refusal {
    /// In words, for "is left out: …".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outside => "its name leads out of the archive",
            Self::LinkOutside => "it is a link out of the archive",
            Self::LinkToNothing => "it is a link to what is not in the archive",
            Self::NoFile => "it is a device, a pipe or the like",
            Self::Sparse => "it is sparse in a form that is not read",
            Self::NoPlace => "there is no place for it",
        }
    }
}

/// Why a member is not there.
pub(crate) enum Failure {
    Refused(Refusal),
    /// The folder cannot be written to.
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(problem: io::Error) -> Self {
        let of_names = [
            io::ErrorKind::NotADirectory,
            io::ErrorKind::IsADirectory,
            io::ErrorKind::AlreadyExists,
            io::ErrorKind::DirectoryNotEmpty,
            io::ErrorKind::InvalidFilename,
            io::ErrorKind::InvalidInput,
        ];
        if of_names.contains(&problem.kind()) {
            Self::Refused(Refusal::NoPlace)
        } else {
            Self::Io(problem)
        }
    }
}

/// What of an archive is unpacked so far.
pub(crate) struct Members<'f> {
    folder: &'f ScratchFolder,
    folders: BTreeSet<PathBuf>,
    /// Symbolic links with what they say. All paths are relative to the folder, without links in
    /// them.
    links: BTreeMap<PathBuf, PathBuf>,
    /// Hard links to what may still come.
    waiting: BTreeMap<PathBuf, PathBuf>,
    /// Folders that were made for members.
    made: u64,
}

impl<'f> Members<'f> {
    pub(crate) fn new(folder: &'f ScratchFolder) -> Self {
        Self {
            folder,
            folders: BTreeSet::new(),
            links: BTreeMap::new(),
            waiting: BTreeMap::new(),
            made: 0,
        }
    }

    /// Number of folders that were made.
    pub(crate) const fn folders(&self) -> u64 {
        self.made
    }

    /// Makes a folder.
    pub(crate) fn add_folder(&mut self, name: &Path) -> Result<(), Failure> {
        let path = self.place(name)?;
        self.links.remove(&path);
        self.waiting.remove(&path);
        self.folder.step(|root| {
            let there = root.join(&path);
            match fs::symlink_metadata(&there) {
                Ok(found) if found.is_file() => fs::remove_file(&there),
                Ok(_) | Err(_) => Ok(()),
            }
        })?;
        self.make_folders(&path)
    }

    /// Makes an empty file.
    pub(crate) fn add_file(&mut self, name: &Path) -> Result<File, Failure> {
        let path = self.clear(name)?;
        let made = self.folder.step(|root| {
            let mut new = OpenOptions::new();
            new.write(true).create_new(true).open(root.join(&path))
        });
        Ok(made?)
    }

    /// Keeps a symbolic link for the end.
    pub(crate) fn add_link(&mut self, name: &Path, target: &Path) -> Result<(), Failure> {
        if target.is_absolute() {
            return Err(Failure::Refused(Refusal::LinkOutside));
        }
        let path = self.clear(name)?;
        self.links.insert(path, target.to_owned());
        Ok(())
    }

    /// Gives a file a second name. What it names may come later.
    pub(crate) fn add_hard_link(&mut self, name: &Path, target: &Path) -> Result<(), Failure> {
        let outside = Failure::Refused(Refusal::LinkOutside);
        let target = relative(target).ok_or(outside)?;
        let path = self.place(name)?;
        let target = self
            .resolve(&target, false)
            .ok_or(Failure::Refused(Refusal::LinkOutside))?;
        if path == target {
            return Ok(());
        }
        self.clear(name)?;
        if !self.link(&path, &target)? {
            self.waiting.insert(path, target);
        }
        Ok(())
    }

    /// Makes the links, as far as what they name is there; the others are given back.
    pub(crate) fn finish(mut self) -> io::Result<Vec<(PathBuf, Refusal)>> {
        let mut waiting = std::mem::take(&mut self.waiting);
        loop {
            let before = waiting.len();
            let mut still = BTreeMap::new();
            for (path, target) in waiting {
                let is_linked = match self.link(&path, &target) {
                    Ok(is_linked) => is_linked,
                    Err(Failure::Refused(_)) => false,
                    Err(Failure::Io(problem)) => return Err(problem),
                };
                if !is_linked {
                    still.insert(path, target);
                }
            }
            waiting = still;
            if waiting.len() == before {
                break;
            }
        }
        let mut refused: Vec<(PathBuf, Refusal)> = waiting
            .into_keys()
            .map(|path| (path, Refusal::LinkToNothing))
            .collect();
        for path in self.links.keys() {
            let Some(target) = self.resolve(path, true) else {
                refused.push((path.clone(), Refusal::LinkOutside));
                continue;
            };
            let is_made = self.folder.step(|root| {
                let target = root.join(target);
                match fs::symlink_metadata(&target) {
                    Ok(_) => symlink(target, root.join(path)).map(|()| true),
                    Err(_) => Ok(false),
                }
            })?;
            if !is_made {
                refused.push((path.clone(), Refusal::LinkToNothing));
            }
        }
        Ok(refused)
    }

    /// Where a member lies: its name without links in it.
    fn place(&self, name: &Path) -> Result<PathBuf, Failure> {
        let outside = Failure::Refused(Refusal::Outside);
        let name = relative(name).ok_or(outside)?;
        self.resolve(&name, false)
            .ok_or(Failure::Refused(Refusal::Outside))
    }

    /// Makes place for a member: its folders, and nothing of its name.
    fn clear(&mut self, name: &Path) -> Result<PathBuf, Failure> {
        let path = self.place(name)?;
        let folder = path
            .parent()
            .ok_or(Failure::Refused(Refusal::NoPlace))?
            .to_owned();
        self.make_folders(&folder)?;
        self.links.remove(&path);
        self.waiting.remove(&path);
        self.folder.step(|root| {
            let there = root.join(&path);
            match fs::symlink_metadata(&there) {
                Ok(found) if found.is_dir() => fs::remove_dir(&there),
                Ok(_) => fs::remove_file(&there),
                Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(problem) => Err(problem),
            }
        })?;
        self.folders.remove(&path);
        Ok(path)
    }

    fn make_folders(&mut self, path: &Path) -> Result<(), Failure> {
        if self.folders.contains(path) {
            return Ok(());
        }
        let mut at = PathBuf::new();
        for part in path.components() {
            at.push(part);
            if self.folders.contains(&at) {
                continue;
            }
            self.folder.step(|root| fs::create_dir(root.join(&at)))?;
            self.folders.insert(at.clone());
            self.made += 1;
        }
        Ok(())
    }

    /// Links to a file that is there; false when it is not.
    fn link(&mut self, path: &Path, target: &Path) -> Result<bool, Failure> {
        if let Some(says) = self.links.get(target).cloned() {
            self.links.insert(path.to_owned(), says);
            return Ok(true);
        }
        let made = self.folder.step(|root| {
            let target = root.join(target);
            match fs::symlink_metadata(&target) {
                Ok(found) if found.is_file() => fs::hard_link(target, root.join(path)),
                Ok(_) => Err(io::Error::from(io::ErrorKind::IsADirectory)),
                Err(problem) => Err(problem),
            }
        });
        match made {
            Ok(()) => Ok(true),
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(problem) => Err(problem.into()),
        }
    }

    /// Follows the links on a path, the last one where `whole` says so; `None` when they lead out
    /// of the archive or in a circle.
    fn resolve(&self, path: &Path, whole: bool) -> Option<PathBuf> {
        let parts = |path: &Path| -> Vec<OsString> {
            let parts = path.iter().filter(|part| *part != ".");
            parts.rev().map(ToOwned::to_owned).collect()
        };
        let mut pending = parts(path);
        let mut at = PathBuf::new();
        let mut followed = 0;
        while let Some(part) = pending.pop() {
            if part == ".." {
                if !at.pop() {
                    return None;
                }
                continue;
            }
            at.push(part);
            if pending.is_empty() && !whole {
                break;
            }
            if let Some(target) = self.links.get(&at) {
                followed += 1;
                if followed > MAX_LINKS {
                    return None;
                }
                at.pop();
                pending.extend(parts(target));
            }
        }
        Some(at)
    }
}

/// A member's name below the archive's root; `None` when it has `..` in it.
fn relative(name: &Path) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in name.components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            Component::ParentDir => return None,
        }
    }
    Some(path)
}

/// A name as the archive has it.
pub(crate) fn bytes_as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

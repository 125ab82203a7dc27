//! Files and folders that must not outlive the process. Whoever ends it early sweeps them away.
//!
//! All that makes or moves something with a name holds one lock, and so does the sweep: nothing
//! can come up behind it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

/// What is there, files and folders.
static LEFT: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn left() -> MutexGuard<'static, Vec<PathBuf>> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As long as it lives, nothing is made, moved or removed.
#[derive(Debug)]
#[must_use = "what is swept comes back if others go on"]
pub struct Swept {
    _left: MutexGuard<'static, Vec<PathBuf>>,
}

/// Removes all that is there; for a process that ends before its work does.
pub fn sweep() -> Swept {
    let left = left();
    for path in left.iter() {
        // The process ends: there is nobody to tell.
        if fs::remove_file(path).is_err() {
            drop(fs::remove_dir_all(path));
        }
    }
    Swept { _left: left }
}

/// A file without a name, which the system removes with the last use of it.
///
/// # Errors
/// When the system's folder for temporary files cannot be written to.
pub(crate) fn nameless_file() -> io::Result<File> {
    // Where the file system cannot make such files, it has a name for an instant.
    let _left = left();
    tempfile::tempfile()
}

/// A temporary folder, removed with all that is in it when dropped.
#[derive(Debug)]
pub struct ScratchFolder {
    folder: Option<TempDir>,
    path: PathBuf,
}

impl ScratchFolder {
    /// Makes one.
    ///
    /// # Errors
    /// When the system's folder for temporary files cannot be written to.
    pub(crate) fn new() -> io::Result<Self> {
        Self::listed(tempfile::tempdir)
    }

    /// Makes one in the folder of `target`, for what may be too much for the system's folder. Nobody
    /// else may look into it.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn beside(target: &Path) -> io::Result<Self> {
        let folder = target.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new("."));
        let mut own = tempfile::Builder::new();
        own.prefix(".vmflame-")
            .permissions(Permissions::from_mode(0o700));
        Self::listed(|| own.tempdir_in(folder))
    }

    fn listed(make: impl FnOnce() -> io::Result<TempDir>) -> io::Result<Self> {
        let mut left = left();
        let folder = make()?;
        let path = folder.path().to_owned();
        left.push(path.clone());
        Ok(Self {
            folder: Some(folder),
            path,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the folder where it is, with all that is in it.
    pub fn keep(mut self) -> PathBuf {
        let mut left = left();
        left.retain(|path| *path != self.path);
        self.folder.take().map(TempDir::keep).unwrap_or_default()
    }

    /// Runs a step that makes or moves something in the folder. It must be short: who wants to end
    /// the process waits for it.
    pub(crate) fn step<T>(&self, make: impl FnOnce(&Path) -> T) -> T {
        let _left = left();
        make(&self.path)
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        let mut left = left();
        // What cannot be removed stays; the system empties its folder for temporary files.
        drop(self.folder.take());
        left.retain(|path| *path != self.path);
    }
}

/// A file that is being written, beside the one whose place it will take; removed when dropped.
#[derive(Debug)]
pub struct HalfFile {
    path: PathBuf,
}

impl HalfFile {
    /// Makes one in the folder of `target`, so that it can be moved there in one step.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn beside(target: &Path) -> io::Result<(Self, File)> {
        let mut left = left();
        let mut number = 0_u32;
        loop {
            // The name says nothing of the target: that may be as long as names can be.
            let name = format!(".vmflame-{}-{number}.tmp", std::process::id());
            let path = target.with_file_name(name);
            // A file of this name is somebody else's, perhaps a link to what must not be written.
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    left.push(path.clone());
                    return Ok((Self { path }, file));
                }
                Err(found) if found.kind() == io::ErrorKind::AlreadyExists && number < 1000 => {
                    number += 1;
                }
                Err(source) => return Err(source),
            }
        }
    }

    /// Puts it in the place of `target`.
    ///
    /// # Errors
    /// When it cannot be moved there.
    pub fn replace(self, target: &Path) -> io::Result<()> {
        let mut left = left();
        fs::rename(&self.path, target)?;
        left.retain(|path| *path != self.path);
        Ok(())
    }
}

impl Drop for HalfFile {
    fn drop(&mut self) {
        let mut left = left();
        let before = left.len();
        left.retain(|path| *path != self.path);
        if left.len() < before {
            // What was begun is of no use; that it cannot be removed changes nothing.
            drop(fs::remove_file(&self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is begun takes the target's place whole, or leaves nothing.
    #[test]
    fn a_half_file_is_moved_or_removed() {
        let folder = ScratchFolder::new().unwrap();
        let target = folder.path().join("picture");
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let (half, file) = HalfFile::beside(&target).unwrap();
        assert_eq!(names(), 1);
        drop((half, file));
        assert_eq!(names(), 0);
        let (half, _file) = HalfFile::beside(&target).unwrap();
        half.replace(&target).unwrap();
        assert!(target.is_file());
        assert_eq!(names(), 1);
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
    }
}

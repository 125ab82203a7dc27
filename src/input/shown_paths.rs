//! What files are called towards the user: what was unpacked lies under names of no meaning.

use std::path::{Path, PathBuf};

use crate::error::Error;

/// Which files were unpacked from which archive of the user's.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ShownPaths {
    /// The temporary directory, and the archive that was unpacked into it.
    unpacked: Vec<(PathBuf, PathBuf)>,
}

impl ShownPaths {
    /// Takes note of an archive.
    pub(crate) fn add(&mut self, directory: &Path, archive: &Path) {
        self.unpacked
            .push((directory.to_owned(), archive.to_owned()));
    }

    /// The path of a file as the user knows it: `capture.tar.gz/perf.data`.
    pub fn path(&self, path: &Path) -> PathBuf {
        let found = self.unpacked.iter().find_map(|(directory, archive)| {
            let inside = path.strip_prefix(directory).ok()?;
            // An empty part would end the archive's name with a slash.
            Some(if inside.as_os_str().is_empty() {
                archive.clone()
            } else {
                archive.join(inside)
            })
        });
        found.unwrap_or_else(|| path.to_owned())
    }

    /// The same error of the file as the user knows it.
    pub fn error(&self, error: Error) -> Error {
        error.renamed(|path| self.path(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::BadFile;

    /// `/tmp/.tmpjVmzPD/perf.data` says nothing to whoever named a tarball.
    #[test]
    fn files_of_an_archive_are_shown_below_its_name() {
        let mut shown = ShownPaths::default();
        shown.add(Path::new("/tmp/.tmpA"), Path::new("cap.tgz"));
        for (path, expected) in [
            ("/tmp/.tmpA/cap/perf.data", "cap.tgz/cap/perf.data"),
            ("/tmp/.tmpA", "cap.tgz"),
            ("/tmp/.tmpAB/perf.data", "/tmp/.tmpAB/perf.data"),
            ("perf.data", "perf.data"),
        ] {
            assert_eq!(shown.path(Path::new(path)), Path::new(expected));
        }
        let error = shown.error(Error::file(Path::new("/tmp/.tmpA/x.so"), BadFile::NotElf));
        assert_eq!(error.to_string(), "cap.tgz/x.so: not an ELF file");
    }
}

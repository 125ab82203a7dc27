//! Finding the file of an object by the name and build id that the capture has of it.

use std::fs;
use std::path::PathBuf;

use super::cache_layout::{inside_cache, spellings};
use super::looked_at::{LookOutcome, LookedAt, SearchPlace};
use super::object_file::{FileOrigin, ObjectFile, Refused, Unusable, read_file};
use crate::bytes::{Storage, UnpackLimit};
use crate::error::{Error, Result};
use crate::units::BuildId;

/// Where to look for files. The caller decides; nothing is looked for on its own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ObjectSearch {
    /// The directory of the capture, with any of `kallsyms`, `buildid/` and `symbols/`.
    pub capture_dir: Option<PathBuf>,
    /// Build-id caches in perf's layout, as `~/.debug` is.
    pub buildid_dirs: Vec<PathBuf>,
    /// Directories of debug files, laid out as `/usr/lib/debug` is.
    pub debug_dirs: Vec<PathBuf>,
    /// Copies of the recorded machine's file system, or of parts of it: below each, files have
    /// their recorded paths.
    pub symfs: Vec<PathBuf>,
    /// Where debuginfod's client keeps files; nothing is downloaded.
    pub debuginfod_cache: Option<PathBuf>,
    /// Whether files of this machine may be used: at the recorded path, and their debug files.
    pub recorded_paths: bool,
    /// The `/proc` of this machine: processes that still run see files that have no path here.
    pub processes: Option<PathBuf>,
    /// How much a compressed file may unpack to.
    pub limit: UnpackLimit,
}

/// Why an object has no file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NotFound {
    /// There is none in any place that was looked into.
    NoFile,
    /// All files there are of another build.
    OtherBuild,
    /// The capture does not tell its build.
    NoBuild,
    /// Another file lies at its path, or did when the recorder looked there.
    OtherFile,
}

/// What a search came to.
#[derive(Debug)]
pub(crate) struct SearchResult {
    /// The first file that can be used.
    pub(crate) file: std::result::Result<ObjectFile, NotFound>,
    /// The files before it.
    pub(crate) passed_over: PassedOver,
    /// The places that were looked into, in this order.
    pub(crate) looked_at: Vec<LookedAt>,
}

/// Files that are there and were not used; the search went on.
#[derive(Debug, Default)]
pub(crate) struct PassedOver {
    /// Files of another build.
    pub(crate) refused: Vec<Refused>,
    /// Files that could not be read or make no sense.
    pub(crate) broken: Vec<Error>,
}

impl PassedOver {
    /// The file, if it can be used.
    pub(super) fn usable(
        &mut self,
        opened: std::result::Result<ObjectFile, Unusable>,
    ) -> Option<ObjectFile> {
        opened.map_err(|unusable| self.add(unusable)).ok()
    }

    pub(crate) fn add(&mut self, unusable: Unusable) {
        match unusable {
            Unusable::OtherBuild(refused) => self.refused.push(refused),
            Unusable::Broken(problem) => self.broken.push(problem),
        }
    }
}

impl ObjectSearch {
    /// The build id by which an object is looked for: the recorded one. Without one only the
    /// capture's own `buildid/` is asked, which was made for it, and only where it holds a single
    /// build of the path.
    pub(crate) fn build_of(&self, recorded: &str, build_id: Option<&BuildId>) -> Option<BuildId> {
        build_id.cloned().or_else(|| self.sole_build(recorded))
    }

    /// Finds the file of a build of the object that the capture recorded under a name.
    ///
    /// The order is: the capture's `buildid/`, copies of the recorded file system, the build-id
    /// caches, the recorded path, the cache of debuginfod's client.
    pub(crate) fn find_object(&self, recorded: &str, wanted: &BuildId) -> SearchResult {
        self.find_beside(recorded, wanted, self.recorded_path(recorded))
    }

    /// The same with another path, if any, in the place of the recorded one.
    pub(crate) fn find_beside(
        &self,
        recorded: &str,
        wanted: &BuildId,
        path: Option<PathBuf>,
    ) -> SearchResult {
        let places = self.search_places(recorded, wanted, path);
        Self::first_of(places, |path, origin| {
            ObjectFile::open(path, origin, Some(wanted))
        })
    }

    /// The first file of these places that can be used; `open` tells, and `None` where no file is.
    pub(super) fn first_of(
        places: Vec<SearchPlace>,
        open: impl Fn(PathBuf, FileOrigin) -> Option<std::result::Result<ObjectFile, Unusable>>,
    ) -> SearchResult {
        let (mut passed_over, mut looked_at) = (PassedOver::default(), Vec::new());
        for SearchPlace {
            origin,
            place,
            files,
        } in places
        {
            let mut outcome = LookOutcome::NoFile;
            let opened = files.into_iter().filter_map(|path| open(path, origin));
            let mut taken = None;
            for opened in opened {
                match opened {
                    Ok(file) => {
                        outcome = LookOutcome::Taken;
                        taken = Some(file);
                        break;
                    }
                    Err(unusable) => {
                        outcome = match unusable {
                            Unusable::OtherBuild(_) => LookOutcome::OtherBuild,
                            Unusable::Broken(_) => LookOutcome::Unusable,
                        };
                        passed_over.add(unusable);
                    }
                }
            }
            looked_at.push(LookedAt {
                origin,
                place,
                outcome,
            });
            if let Some(file) = taken {
                return SearchResult {
                    file: Ok(file),
                    passed_over,
                    looked_at,
                };
            }
        }
        let file = Err(if passed_over.refused.is_empty() {
            NotFound::NoFile
        } else {
            NotFound::OtherBuild
        });
        SearchResult {
            file,
            passed_over,
            looked_at,
        }
    }

    /// The texts that the capture's directory holds in the place of a build's file, with the path
    /// of each: `symbols/BUILD_ID.txt`.
    pub(crate) fn symbol_texts(
        &self,
        wanted: &BuildId,
    ) -> impl Iterator<Item = (PathBuf, Result<Storage>)> {
        let dir = self.capture_dir.as_ref().map(|dir| dir.join("symbols"));
        let paths = dir.into_iter().flat_map(|dir| {
            let names = spellings(wanted).into_iter();
            names.map(move |hex| dir.join(format!("{hex}.txt")))
        });
        paths.filter_map(|path| {
            let text = read_file(&path).transpose()?;
            Some((path, text))
        })
    }

    /// What the capture's directory holds for unwinding in the place of a build's file:
    /// `symbols/BUILD_ID.frames`, that file with zeros in the place of its code.
    pub(crate) fn frame_tables(&self, wanted: &BuildId) -> Option<Storage> {
        let dir = self.capture_dir.as_ref()?.join("symbols");
        let mut names = spellings(wanted).into_iter();
        names.find_map(|hex| read_file(&dir.join(format!("{hex}.frames"))).ok()?)
    }

    /// The recorded path, where files of this machine may be used.
    pub(super) fn recorded_path(&self, recorded: &str) -> Option<PathBuf> {
        let is_path = self.recorded_paths && recorded.starts_with('/');
        is_path.then(|| PathBuf::from(recorded))
    }

    /// The build id of the only build of a path in the capture's own `buildid/`.
    fn sole_build(&self, recorded: &str) -> Option<BuildId> {
        let inside = inside_cache(recorded);
        let own = self.caches().into_iter();
        let mut builds: Vec<BuildId> = own
            .filter(|(origin, _)| *origin == FileOrigin::Capture)
            .filter_map(|(_, dir)| fs::read_dir(dir.join(&inside)).ok())
            .flatten()
            .filter_map(|entry| BuildId::from_hex(entry.ok()?.file_name().to_str()?))
            .collect();
        builds.sort();
        builds.dedup();
        match builds.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// The build-id caches, the capture's first.
    pub(super) fn caches(&self) -> Vec<(FileOrigin, PathBuf)> {
        let own = self.capture_dir.iter().flat_map(|dir| {
            let cache = dir.join("buildid");
            [cache.join(".debug"), cache]
        });
        let own = own.map(|dir| (FileOrigin::Capture, dir));
        let given = self.buildid_dirs.iter().cloned();
        own.chain(given.map(|dir| (FileOrigin::Cache, dir)))
            .collect()
    }
}

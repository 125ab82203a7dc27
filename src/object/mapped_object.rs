//! An object as a process mapped it, and which file or build that is.
//!
//! The build ids of a capture's table are of paths: the recorder reads the files when it ends. A
//! program that was replaced by then, or that ran in another mount namespace or behind a `chroot`,
//! was another file than the one that lies at its path. On the machine that recorded it, the inode
//! tells which file that was.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::cache_layout::cached;
use super::likeness::{
    CopiedUp, Likeness, TICK, changed, has_number, is_inode, is_one_file, is_unchanged, regular,
};
use super::object_file::{FileOrigin, ObjectFile, Unusable};
use super::search::{NotFound, ObjectSearch, PassedOver};
use crate::perf::MappedInode;
use crate::units::{Avma, BuildId, Pid};

/// What the capture says of an object's build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MappedBuild<'a> {
    /// The kernel read it from the mapped file.
    Mapping(&'a BuildId),
    /// The recorder read it from the file that lay at the path when it ended; `None` when it read
    /// none.
    Path(Option<&'a BuildId>),
    /// The same, but the path led to several files: it may be of another one.
    AnyFile(Option<&'a BuildId>),
}

/// A mapped object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MappedObject<'a> {
    /// Path or bracketed name, as recorded.
    pub(crate) recorded: &'a str,
    /// Which build it is.
    pub(crate) build: MappedBuild<'a>,
    /// Its file's, when the capture tells it.
    pub(crate) inode: Option<MappedInode>,
    /// Which file of this machine; `None` when another one recorded it.
    pub(crate) here: Option<MappedHere<'a>>,
}

/// An object that was mapped on this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MappedHere<'a> {
    /// Its file, when the capture tells it.
    pub(crate) inode: Option<MappedInode>,
    /// It was not mapped before.
    pub(crate) since: SystemTime,
    /// By then the recorder had read the builds of files.
    pub(crate) until: SystemTime,
    /// Processes that mapped it, and where.
    pub(crate) places: &'a [MappedPlace],
}

/// Where a process mapped an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MappedPlace {
    /// The process, which may have ended since.
    pub(crate) pid: Pid,
    /// First address.
    pub(crate) start: Avma,
    /// First address behind.
    pub(crate) end: Avma,
}

/// Bytes of code that two files hardly have alike.
const LONG_CODE: u64 = 1 << 16;

impl MappedPlace {
    fn bytes(&self) -> u64 {
        self.end.checked_since(self.start).unwrap_or_default()
    }
}

/// What an object was found to be.
#[derive(Debug)]
pub(crate) enum Identified {
    /// This very file was mapped.
    File(Box<ObjectFile>),
    /// Any file of this build will do.
    Build(BuildId),
    /// It cannot be told.
    Unknown(NotFound),
}

impl MappedHere<'_> {
    /// How the file at a path compares; `None` when no regular file is there.
    fn likeness(&self, path: &Path, own: Option<&Path>) -> Option<Likeness> {
        let found = regular(path)?;
        let is_other = |inode| !is_inode(path, &found, inode, own);
        Some(if self.inode.is_some_and(is_other) {
            Likeness::Other
        } else {
            Likeness::of_same_inode(&found, self.since)
        })
    }

    /// Whether a file that was touched got another name, which does not change what it holds, or
    /// has as much code as was mapped, where that is too much for an accident.
    fn is_linked_as(&self, file: &ObjectFile) -> bool {
        let is_named_twice = regular(&file.path).is_some_and(|found| found.nlink() > 1);
        let is_long = |place: &&MappedPlace| place.bytes() >= LONG_CODE;
        let mut mapped = self.places.iter().filter(is_long);
        is_named_twice || mapped.any(|place| file.maps_code_of(place.bytes()))
    }

    /// Whether the recorder may have read the build of the file at a path, as it is.
    fn was_there(&self, path: &Path) -> bool {
        regular(path).is_some_and(|found| is_unchanged(&found, self.until))
    }
}

impl ObjectSearch {
    /// Tells which file or build a process mapped.
    ///
    /// On the machine that recorded it that is the file of the recorded inode, if nobody has changed
    /// it since: at its path, or as a process that still maps it sees it. Where that file is gone,
    /// the build id of the path does, unless it was read from a file that is there and is another
    /// one. Where the path led to several files, a case may tell the build of the inode.
    pub(crate) fn identify(
        &self,
        object: &MappedObject<'_>,
        passed_over: &mut PassedOver,
    ) -> Identified {
        let (of_path, is_doubtful) = match object.build {
            MappedBuild::Mapping(build_id) => return Identified::Build(build_id.clone()),
            MappedBuild::Path(build_id) => (build_id, false),
            MappedBuild::AnyFile(build_id) => {
                let of_inode = |inode| self.build_of_inode(object.recorded, inode);
                if let Some(build_id) = object.inode.and_then(of_inode) {
                    return Identified::Build(build_id);
                }
                (build_id, true)
            }
        };
        let unknown = if is_doubtful {
            NotFound::OtherFile
        } else {
            NotFound::NoBuild
        };
        let given = || {
            let given = self.build_of(object.recorded, of_path);
            given.filter(|_| !is_doubtful)
        };
        let here = object.here.filter(|_| self.recorded_paths);
        let Some(here) = here.filter(|_| object.recorded.starts_with('/')) else {
            return match given() {
                Some(build_id) => Identified::Build(build_id),
                None if is_doubtful => Identified::Unknown(unknown),
                None => self.in_given_root(object.recorded, passed_over),
            };
        };
        let found = self.same_file(object.recorded, of_path, &here);
        let found = found.or_else(|| self.same_file_in_root(object.recorded, &here));
        if let Some(file) = found.and_then(|opened| passed_over.usable(opened)) {
            return Identified::File(Box::new(file));
        }
        let path = Path::new(object.recorded);
        let at_path = here.likeness(path, self.own_process().as_deref());
        match (given(), at_path) {
            (Some(wanted), Some(_)) if self.is_read_from(path, &wanted, &here) => {
                Identified::Unknown(NotFound::OtherFile)
            }
            (Some(wanted), _) => Identified::Build(wanted),
            (None, Some(_)) => Identified::Unknown(NotFound::OtherFile),
            (None, None) if is_doubtful => Identified::Unknown(unknown),
            (None, None) => self.in_given_root(object.recorded, passed_over),
        }
    }

    /// When the mapped file was last changed, at the latest, if it is still at the recorded path; `None`
    /// when another one or none is there.
    pub(crate) fn last_change(&self, recorded: &str, inode: MappedInode) -> Option<SystemTime> {
        let path = Path::new(recorded);
        let own = self.own_process();
        let found = regular(path)?;
        is_inode(path, &found, inode, own.as_deref()).then(|| changed(&found) + TICK)
    }

    /// The build of the file that is at a path.
    pub(crate) fn build_at(&self, recorded: &str) -> Option<BuildId> {
        let path = self.recorded_path(recorded)?;
        let opened = ObjectFile::open(path, FileOrigin::Recorded, None)?;
        opened.ok()?.build_id
    }

    /// Whether the file at the recorded path is the one that was mapped, changed or not.
    pub(crate) fn has_inode(&self, recorded: &str, here: &MappedHere<'_>) -> bool {
        let own = self.own_process();
        let found = here.likeness(Path::new(recorded), own.as_deref());
        here.inode.is_some() && matches!(found, Some(Likeness::Same | Likeness::Touched))
    }

    /// The mapped file itself. One that was touched since must have the build that the recorder read
    /// at its path or, where it read none, another sign that it was not written to.
    fn same_file(
        &self,
        recorded: &str,
        of_path: Option<&BuildId>,
        here: &MappedHere<'_>,
    ) -> Option<Result<ObjectFile, Unusable>> {
        let own = self.own_process();
        let paths = std::iter::once(PathBuf::from(recorded))
            .chain(self.paths_of_processes(recorded, here.places));
        let open = |path, wanted| ObjectFile::open(path, FileOrigin::Recorded, wanted);
        paths
            .filter_map(|path| match here.likeness(&path, own.as_deref())? {
                Likeness::Same => open(path, None),
                Likeness::Touched => {
                    let opened = open(path, of_path);
                    let is_it = |file: &ObjectFile| of_path.is_some() || here.is_linked_as(file);
                    opened.filter(|opened| opened.as_ref().is_ok_and(is_it))
                }
                Likeness::Changed if self.is_copied_up(recorded, &path, of_path, here) => {
                    open(path, of_path)
                }
                Likeness::Changed | Likeness::Other => None,
            })
            .next()
    }

    /// Whether the recorder made an overlay copy the mapped file, by putting it into its cache. Its
    /// build id was read at its path then.
    fn is_copied_up(
        &self,
        recorded: &str,
        path: &Path,
        of_path: Option<&BuildId>,
        here: &MappedHere<'_>,
    ) -> bool {
        let (Some(found), Some(wanted)) = (regular(path), of_path) else {
            return false;
        };
        let copied = CopiedUp {
            found: &found,
            since: here.since,
            until: here.until,
        };
        let is_cached = |place: PathBuf| {
            let kept = regular(&place);
            kept.is_some_and(|kept| is_one_file(&kept, &found))
        };
        let places = self.caches().into_iter();
        let mut places = places.flat_map(|(_, dir)| cached(&dir, recorded, wanted, &["elf"]));
        copied.is_told() && places.any(is_cached)
    }

    /// The mapped file itself in a copy of the recorded machine's file system, such as the layer of a
    /// container that ended.
    fn same_file_in_root(
        &self,
        recorded: &str,
        here: &MappedHere<'_>,
    ) -> Option<Result<ObjectFile, Unusable>> {
        let inode = here.inode?;
        let mut paths = self.in_roots(recorded);
        let path = paths.find(|path| {
            regular(path).is_some_and(|found| {
                let likeness = Likeness::of_same_inode(&found, here.since);
                has_number(&found, inode) && likeness == Likeness::Same
            })
        })?;
        ObjectFile::open(path, FileOrigin::Root, None)
    }

    /// The file of an object whose build nobody tells, in a copy of the recorded machine's file
    /// system: that it is the one is the user's word.
    fn in_given_root(&self, recorded: &str, passed_over: &mut PassedOver) -> Identified {
        let opened = self
            .in_roots(recorded)
            .find_map(|path| ObjectFile::open(path, FileOrigin::Root, None));
        let file = opened.and_then(|opened| passed_over.usable(opened));
        file.map_or(Identified::Unknown(NotFound::NoBuild), |file| {
            Identified::File(Box::new(file))
        })
    }

    /// Where processes that still run see a file: below their root, and by what they map, which may
    /// have no other name.
    fn paths_of_processes(
        &self,
        recorded: &str,
        places: &[MappedPlace],
    ) -> impl Iterator<Item = PathBuf> {
        let below = recorded.trim_start_matches('/');
        let proc = self.processes.iter();
        proc.flat_map(move |proc| places.iter().rev().map(move |place| (proc, place)))
            .flat_map(move |(proc, place)| {
                let process = proc.join(place.pid.to_string());
                let (start, end) = (place.start.as_u64(), place.end.as_u64());
                let mapped = process.join(format!("map_files/{start:x}-{end:x}"));
                [process.join("root").join(below), mapped]
            })
    }

    /// Whether the recorder read a build id from the file that is at a path, and is not the mapped
    /// one.
    fn is_read_from(&self, path: &Path, wanted: &BuildId, here: &MappedHere<'_>) -> bool {
        let opened = ObjectFile::open(path.to_owned(), FileOrigin::Recorded, Some(wanted));
        here.was_there(path) && matches!(opened, Some(Ok(_)))
    }

    fn own_process(&self) -> Option<PathBuf> {
        self.processes.as_ref().map(|proc| proc.join("self"))
    }
}

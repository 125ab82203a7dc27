//! Finding the files that hold an object's debug information.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use object::read::Object;

use super::cache_layout::{DEBUG_FILE, cached, downloads, spellings};
use super::elf_file::parse_elf_file;
use super::object_file::{FileOrigin, ObjectFile, Unusable};
use super::search::ObjectSearch;
use crate::error::{BadFile, Error};
use crate::units::BuildId;

/// Where distributions put debug files.
const DEBUG_DIR: &str = "/usr/lib/debug";

/// An object whose debug information is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Debugged<'o> {
    /// What the capture calls it.
    pub(crate) recorded: &'o str,
    /// Its build; `None` when the file has none.
    pub(crate) build_id: Option<&'o BuildId>,
    /// Its file.
    pub(crate) file: &'o ObjectFile,
}

/// The name and checksum of a debug file, as the section `.gnu_debuglink` of its object states them.
struct DebugLink {
    name: PathBuf,
    crc: u32,
}

impl ObjectSearch {
    /// The debug files of an object. Each is opened when it is asked for.
    ///
    /// Those of its build id come first: in the caches, in the debug directories
    /// (`DIR/.build-id/xx/yyy.debug`), in the cache of debuginfod's client. Then those that `.gnu_debuglink` names: beside the file, in
    /// `.debug/` there, and below the debug directories. Such a file has the stated checksum, and
    /// the object's build id where both have one.
    ///
    /// Source: "Debugging Information in Separate Files" in gdb's manual, version 13.
    pub(crate) fn debug_files(
        &self,
        object: Debugged<'_>,
    ) -> impl Iterator<Item = Result<ObjectFile, Unusable>> {
        let build_ids = object.build_id.into_iter();
        let of_build =
            build_ids.flat_map(move |own| self.debug_files_of_build(object.recorded, own));
        of_build.chain(self.linked_debug_files(object))
    }

    /// Those that `.gnu_debuglink` names.
    fn linked_debug_files(
        &self,
        object: Debugged<'_>,
    ) -> impl Iterator<Item = Result<ObjectFile, Unusable>> {
        let link = debug_link(object.file);
        link.into_iter().flat_map(move |link| {
            let places = self.linked_places(object, &link.name);
            places.into_iter().filter_map(move |path| {
                ObjectFile::open_of_checksum(path, link.crc, object.build_id)
            })
        })
    }

    /// The first that `.gnu_debuglink` of an object's file names; it is called as it is named there.
    pub(crate) fn linked_debug_file(
        &self,
        recorded: &str,
        build_id: Option<&BuildId>,
        file: &Path,
    ) -> Option<PathBuf> {
        let file = ObjectFile::open(file.to_owned(), FileOrigin::Recorded, None)?;
        let object = Debugged {
            recorded,
            build_id,
            file: &file.ok()?,
        };
        let mut files = self.linked_debug_files(object);
        files.find_map(Result::ok).map(|file| file.path)
    }

    /// The debug files of a build, those of caches first.
    pub(crate) fn debug_files_of_build(
        &self,
        recorded: &str,
        wanted: &BuildId,
    ) -> impl Iterator<Item = Result<ObjectFile, Unusable>> {
        let caches = self.caches().into_iter();
        let in_caches = caches.flat_map(|(_, dir)| cached(&dir, recorded, wanted, &[DEBUG_FILE]));
        let downloaded = self.debuginfod_cache.iter();
        let downloaded = downloaded.flat_map(|cache| downloads(cache, wanted, "debuginfo"));
        let files = in_caches.chain(self.by_build_id(wanted)).chain(downloaded);
        files.filter_map(|path| ObjectFile::open(path, FileOrigin::Cache, Some(wanted)))
    }

    /// The first debug file of a build.
    pub(crate) fn debug_file_of(&self, recorded: &str, wanted: &BuildId) -> Option<PathBuf> {
        let mut files = self.debug_files_of_build(recorded, wanted);
        files.find_map(Result::ok).map(|file| file.path)
    }

    /// The file with the debug information that several files have in common, which `dwz -m` made:
    /// the one that `.gnu_debugaltlink` of a debug file states, and of that build.
    ///
    /// It is looked for by its build id, as debug files are, then by the stated name: beside the debug
    /// file, and where that one, or the object, lies on the recorded machine, since a cache holds
    /// copies of both and nothing beside them.
    ///
    /// `None` when the debug file states none; an error when the one it states is not to be had.
    pub(crate) fn common_debug_file(
        &self,
        object: Debugged<'_>,
        debug_file: &ObjectFile,
    ) -> Option<Result<ObjectFile, Error>> {
        let parsed = parse_elf_file(&debug_file.path, debug_file.storage.bytes()).ok()?;
        let (name, build_id) = parsed.gnu_debugaltlink().ok()??;
        let build_id = BuildId::new(build_id)?;
        let name = Path::new(OsStr::from_bytes(name));
        let of_build = self.debug_files_of_build(object.recorded, &build_id);
        let beside = self.beside_debug_file(object, debug_file, name).into_iter();
        let beside =
            beside.filter_map(|path| ObjectFile::open(path, FileOrigin::Recorded, Some(&build_id)));
        Some(match of_build.chain(beside).find_map(Result::ok) {
            Some(file) => Ok(file),
            None => Err(Error::file(
                &debug_file.path,
                BadFile::NoCommonDebugFile {
                    name: name.to_string_lossy().into_owned(),
                },
            )),
        })
    }

    /// Where a file lies that a debug file names by its path, or from its own folder.
    fn beside_debug_file(
        &self,
        object: Debugged<'_>,
        debug_file: &ObjectFile,
        name: &Path,
    ) -> Vec<PathBuf> {
        if name.is_absolute() {
            let own = self.recorded_paths.then(|| name.to_owned());
            return own.into_iter().collect();
        }
        let by_build_id = object.build_id.map(|own| self.by_build_id(own));
        let files = std::iter::once(debug_file.path.clone())
            .chain(self.recorded_path(object.recorded))
            .chain(by_build_id.into_iter().flatten());
        let folders = files.filter_map(|file| Some(file.parent()?.join(name)));
        folders.collect()
    }

    /// The files that a package of an object's split debug information may be: `FILE.dwp`; of one
    /// that cannot be read the path.
    pub(crate) fn packages(
        &self,
        object: Debugged<'_>,
    ) -> impl Iterator<Item = Result<ObjectFile, PathBuf>> {
        let recorded = self.recorded_path(object.recorded);
        let names = [Some(object.file.path.clone()), recorded];
        let packages = names.into_iter().flatten().map(|path| {
            let mut name = path.into_os_string();
            name.push(".dwp");
            PathBuf::from(name)
        });
        packages.filter_map(open_split)
    }

    /// The files that a source file's split debug information may be: `NAME.dwo`, as the compiler
    /// was told to call it in its folder; of one that cannot be read the path.
    pub(crate) fn split_files(
        &self,
        object: Debugged<'_>,
        folder: &Path,
        name: &Path,
    ) -> impl Iterator<Item = Result<ObjectFile, PathBuf>> {
        let compiled = folder.join(name);
        let below = inside(&compiled);
        let beside = object.file.path.parent().into_iter().flat_map(|dir| {
            let file = name.file_name().map(|file| dir.join(file));
            let named = name.is_relative().then(|| dir.join(inside(name)));
            [named, file]
        });
        let given = self.debug_dirs.iter().map(|dir| dir.join(&below));
        let mut places: Vec<PathBuf> = beside.flatten().chain(given).collect();
        places.extend(self.recorded_paths.then_some(compiled));
        places.into_iter().filter_map(open_split)
    }

    /// The debug directories: those that were given, and the system's.
    pub(super) fn debug_places(&self) -> impl Iterator<Item = &Path> {
        let own = self.recorded_paths.then_some(Path::new(DEBUG_DIR));
        self.debug_dirs.iter().map(PathBuf::as_path).chain(own)
    }

    /// Where debug directories hold a build's debug file.
    fn by_build_id(&self, build_id: &BuildId) -> Vec<PathBuf> {
        let names = spellings(build_id).into_iter().filter_map(|hex| {
            let (first, rest) = hex.split_at_checked(2)?;
            Some(
                Path::new(".build-id")
                    .join(first)
                    .join(format!("{rest}.debug")),
            )
        });
        let names: Vec<PathBuf> = names.collect();
        let places = self.debug_places();
        places
            .flat_map(|dir| names.iter().map(move |name| dir.join(name)))
            .collect()
    }

    /// Where a linked debug file may lie.
    fn linked_places(&self, object: Debugged<'_>, name: &Path) -> Vec<PathBuf> {
        let recorded = Path::new(object.recorded).parent().unwrap_or(Path::new(""));
        let mut folders: Vec<PathBuf> = object
            .file
            .path
            .parent()
            .into_iter()
            .map(Path::to_owned)
            .collect();
        if self.recorded_paths && recorded.is_absolute() {
            folders.push(recorded.to_owned());
            folders.dedup();
        }
        let beside = folders
            .iter()
            .flat_map(|folder| [folder.join(name), folder.join(".debug").join(name)]);
        let below = self
            .debug_places()
            .map(|dir| dir.join(inside(recorded)).join(name));
        let given = self.debug_dirs.iter().map(|dir| dir.join(name));
        beside.chain(below).chain(given).collect()
    }
}

/// The debug file that an object names; `None` when it names none.
fn debug_link(file: &ObjectFile) -> Option<DebugLink> {
    let parsed = parse_elf_file(&file.path, file.storage.bytes()).ok()?;
    let (name, crc) = parsed.gnu_debuglink().ok()??;
    // It is a file's name and nothing else: what has a slash in it leads elsewhere.
    let name = Path::new(Path::new(OsStr::from_bytes(name)).file_name()?).to_owned();
    Some(DebugLink { name, crc })
}

/// Opens a file of split debug information, which its units tell apart by an id of their own; `None`
/// where no file is, the path of one that cannot be read.
fn open_split(path: PathBuf) -> Option<Result<ObjectFile, PathBuf>> {
    let opened = ObjectFile::open(path.clone(), FileOrigin::Cache, None)?;
    Some(opened.map_err(|_| path))
}

/// A path as one below a directory, out of which it must not lead.
pub(super) fn inside(path: &Path) -> PathBuf {
    let parts = path.components();
    parts
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect()
}

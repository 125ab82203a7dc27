//! A file of an object, and why a file was not taken.

use std::io;
use std::path::{Path, PathBuf};

use object::SegmentFlags;
use object::read::{Object, ObjectSegment};

use super::cache_layout::RECORDED_BYTES;
use super::elf_file::{build_id_of, parse_elf_file};
use crate::bytes::{Compression, Storage, UnpackLimit, checksum, crc32};
use crate::error::{BadFile, Error, Result};
use crate::units::BuildId;

/// Where a search found a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileOrigin {
    /// In the directory of the capture.
    Capture,
    /// In a build-id cache.
    Cache,
    /// Below a copy of the recorded machine's file system.
    Root,
    /// At the recorded path on this machine.
    Recorded,
    /// In the cache of debuginfod's client.
    Debuginfod,
}

/// An ELF file of an object that the capture names: the wanted build, as far as that can be told.
#[derive(Debug)]
pub(crate) struct ObjectFile {
    /// The file.
    pub(crate) path: PathBuf,
    /// Its bytes, of which some may be read without mapping them.
    pub(crate) storage: Storage,
    /// Its own build id; `None` when it has none.
    pub(crate) build_id: Option<BuildId>,
    /// Where it was found.
    pub(crate) origin: FileOrigin,
}

/// A file that has another build id than the capture recorded, and so was not used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The file.
    pub path: PathBuf,
    /// The recorded build id.
    pub wanted: BuildId,
    /// The file's own; `None` when it has none.
    pub found: Option<BuildId>,
}

/// Why a file that is there was not taken.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// It is another build.
    OtherBuild(Refused),
    /// It cannot be read or makes no sense.
    Broken(Error),
}

impl ObjectFile {
    /// Opens the file at `path`; `None` when no regular file is there.
    ///
    /// Without a wanted build any is taken. A file that states none is no build, wherever it lies: only
    /// a case that was packed may call it by [`made_id`].
    pub(super) fn open(
        path: PathBuf,
        origin: FileOrigin,
        wanted: Option<&BuildId>,
    ) -> Option<std::result::Result<Self, Unusable>> {
        let storage = if_there(Storage::open_regular_to_read(&path)).map(Option::flatten);
        Some(Self::of(path, storage.transpose()?, origin, wanted))
    }

    /// The same of a file that is known by its checksum, and need not state its build.
    pub(super) fn open_of_checksum(
        path: PathBuf,
        crc: u32,
        wanted: Option<&BuildId>,
    ) -> Option<std::result::Result<Self, Unusable>> {
        let opened = Self::open(path, FileOrigin::Cache, None)?;
        Some(opened.and_then(|file| match (&file.build_id, wanted) {
            (Some(own), Some(wanted)) if !is_same(own, wanted) => {
                Err(Unusable::OtherBuild(Refused {
                    path: file.path,
                    wanted: wanted.clone(),
                    found: file.build_id,
                }))
            }
            _ if crc32(file.storage.bytes()) != crc => {
                let wrong = Error::file(&file.path, BadFile::OtherChecksum);
                Err(Unusable::Broken(wrong))
            }
            _ => Ok(file),
        }))
    }

    /// The same of a file that may be compressed.
    pub(super) fn open_unpacked(
        path: PathBuf,
        origin: FileOrigin,
        wanted: Option<&BuildId>,
        limit: UnpackLimit,
    ) -> Option<std::result::Result<Self, Unusable>> {
        let storage = read_file(&path).transpose()?;
        let unpacked = storage.and_then(|storage| match Compression::of(storage.bytes()) {
            Some(_) => storage.unpacked(&path, limit),
            None => Ok(storage),
        });
        Some(Self::of(path, unpacked, origin, wanted))
    }

    /// The file that these bytes are.
    fn of(
        path: PathBuf,
        storage: Result<Storage>,
        origin: FileOrigin,
        wanted: Option<&BuildId>,
    ) -> std::result::Result<Self, Unusable> {
        let storage = storage.map_err(Unusable::Broken)?;
        let parsed = parse_elf_file(&path, storage.bytes());
        let build_id = parsed.as_ref().ok().and_then(build_id_of);
        let mut problem = parsed.err();
        // What lies in a cache by its build is meant to be a program; what debuginfod's client keeps may
        // say that there is none.
        let is_meant = matches!(origin, FileOrigin::Capture | FileOrigin::Cache);
        if let Some(problem) = problem.take_if(|_| is_meant) {
            return Err(Unusable::Broken(problem));
        }
        if let Some(wanted) = wanted {
            let same = match &build_id {
                Some(own) => is_same(own, wanted),
                None => made_id(storage.bytes()).is_some_and(|made| made == *wanted),
            };
            if !same {
                return Err(Unusable::OtherBuild(Refused {
                    path,
                    wanted: wanted.clone(),
                    found: build_id,
                }));
            }
        }
        match problem {
            Some(problem) => Err(Unusable::Broken(problem)),
            None => Ok(Self {
                path,
                storage,
                build_id,
                origin,
            }),
        }
    }
}

impl ObjectFile {
    /// Whether a segment of code takes as many bytes as that when it is mapped, by whole pages.
    pub(super) fn maps_code_of(&self, bytes: u64) -> bool {
        /// `PF_X`.
        const EXECUTABLE: u32 = 1;
        let Ok(file) = parse_elf_file(&self.path, self.storage.bytes()) else {
            return false;
        };
        file.segments().any(|segment| {
            let is_code = matches!(
                segment.flags(),
                SegmentFlags::Elf { p_flags, .. } if p_flags.0 & EXECUTABLE != 0
            );
            let (offset, len) = segment.file_range();
            let end = offset.saturating_add(len);
            let of_pages = |page: u64| {
                let start = offset - offset % page;
                let end = end.checked_next_multiple_of(page);
                end.is_some_and(|end| end - start == bytes)
            };
            is_code && [1 << 12, 1 << 14, 1 << 16].into_iter().any(of_pages)
        })
    }
}

/// A regular file; `None` when the path leads to none, as a looping link does not.
pub(super) fn read_file(path: &Path) -> Result<Option<Storage>> {
    if_there(Storage::open_regular(path)).map(Option::flatten)
}

/// `None` for a file that is not there.
pub(super) fn if_there<T>(opened: Result<T>) -> Result<Option<T>> {
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(error) => match error.system() {
            Some(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Some(_) | None => Err(error),
        },
    }
}

/// An id for a file that states none: its length and a checksum.
pub(crate) fn made_id(bytes: &[u8]) -> Option<BuildId> {
    if bytes.is_empty() {
        return None;
    }
    let mut id = vec![0xff; 8];
    id.extend((bytes.len() as u64).to_be_bytes());
    id.extend(checksum(bytes).to_be_bytes());
    BuildId::new(&id)
}

/// Whether a file's build id is the recorded one, which may be filled up with zeros or cut.
fn is_same(own: &BuildId, wanted: &BuildId) -> bool {
    let (own, wanted) = (own.as_bytes(), wanted.as_bytes());
    let own = own.get(..RECORDED_BYTES).unwrap_or(own);
    match wanted.split_at_checked(own.len()) {
        Some((same, rest)) => same == own && rest.iter().all(|&byte| byte == 0),
        None => false,
    }
}

//! Debug information that lies beside an object's file: one `.dwo` for each source file, or all of
//! them in a `.dwp`.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use addr2line::SplitDwarfLoad;
use addr2line::gimli::{Dwarf, DwarfPackage, DwoId};

use super::guard::{Guard, GuardedSlice};
use super::line_tables::LineTables;
use super::section_shelf::SectionShelf;
use super::sections::{DebugSections, SectionNames, SectionUnpacking};
use crate::object::{
    DebugPart, DebugPartKind, Debugged, LostUnit, LostUnitCause, ObjectFile, ObjectSearch,
    parse_elf_file,
};

/// No file has a longer path (`PATH_MAX`, limits.h of Linux).
const LONGEST_PATH: usize = 4096;

/// Finds split debug information of an object.
#[derive(Debug)]
pub(super) struct SplitUnits<'g> {
    search: &'g ObjectSearch,
    object: Debugged<'g>,
    guard: &'g Guard,
    shelf: &'g SectionShelf,
    packages: OnceCell<Packages<'g>>,
    /// What was found.
    parts: RefCell<BTreeSet<DebugPart>>,
    /// What was not.
    lost: RefCell<BTreeSet<LostUnit>>,
}

/// The packages of an object.
#[derive(Debug)]
struct Packages<'g> {
    found: Vec<FoundPackage<'g>>,
    /// One that is there and cannot be read.
    unreadable: Option<PathBuf>,
}

/// A package, and its file.
#[derive(Debug)]
struct FoundPackage<'g> {
    path: PathBuf,
    package: DwarfPackage<GuardedSlice<'g>>,
}

impl<'g> SplitUnits<'g> {
    /// Nothing is looked for yet. What is found will lie on the shelf.
    pub(super) fn new(
        search: &'g ObjectSearch,
        object: Debugged<'g>,
        guard: &'g Guard,
        shelf: &'g SectionShelf,
    ) -> Self {
        Self {
            search,
            object,
            guard,
            shelf,
            packages: OnceCell::new(),
            parts: RefCell::default(),
            lost: RefCell::default(),
        }
    }

    /// The files that split parts were found in, and what was not found.
    pub(super) fn into_parts(self) -> (BTreeSet<DebugPart>, BTreeSet<LostUnit>) {
        (self.parts.into_inner(), self.lost.into_inner())
    }

    fn note(&self, file: PathBuf, kind: DebugPartKind) {
        self.parts.borrow_mut().insert(DebugPart { file, kind });
    }

    /// The split part of a unit; `None` when it is not to be had. A part of another compilation has
    /// another id.
    pub(super) fn load(
        &self,
        wanted: &SplitDwarfLoad<GuardedSlice<'g>>,
    ) -> Option<Arc<Dwarf<GuardedSlice<'g>>>> {
        let packages = self.packages.get_or_init(|| self.read_packages());
        let parent = &wanted.parent;
        let in_package = packages.found.iter().find_map(|found| {
            let unit = found.package.find_cu(wanted.dwo_id, parent).ok()??;
            self.note(found.path.clone(), DebugPartKind::Package);
            Some(unit)
        });
        let unit = in_package.or_else(|| self.of_file_or_lost(wanted, packages));
        unit.map(Arc::new)
    }

    /// The same from the unit's own file; one that is not to be had is noted.
    fn of_file_or_lost(
        &self,
        wanted: &SplitDwarfLoad<GuardedSlice<'g>>,
        packages: &Packages<'g>,
    ) -> Option<Dwarf<GuardedSlice<'g>>> {
        let path = |reader: &GuardedSlice<'g>| {
            let path = Some(reader.bytes()).filter(|path| path.len() <= LONGEST_PATH);
            Path::new(OsStr::from_bytes(path.unwrap_or_default()))
        };
        let folder = wanted.comp_dir.as_ref().map_or(Path::new(""), path);
        let name = wanted.path.as_ref().map_or(Path::new(""), path);
        let cause = match self.of_file(wanted, folder, name) {
            Ok(unit) => return Some(unit),
            Err(LostUnitCause::NoFile) => {
                let package = packages.unreadable.clone();
                package.map_or(LostUnitCause::NoFile, LostUnitCause::Unreadable)
            }
            Err(cause) => cause,
        };
        let name = folder.join(name);
        self.lost.borrow_mut().insert(LostUnit { name, cause });
        None
    }

    fn read_packages(&self) -> Packages<'g> {
        let (mut found, mut unreadable) = (Vec::new(), None);
        for file in self.search.packages(self.object) {
            match file.and_then(|file| self.package(file)) {
                Ok(package) => found.push(package),
                Err(path) => unreadable = unreadable.or(Some(path)),
            }
        }
        Packages { found, unreadable }
    }

    fn package(&self, file: ObjectFile) -> Result<FoundPackage<'g>, PathBuf> {
        let path = file.path.clone();
        let sections = self.sections(file);
        match sections.and_then(|sections| sections.package(self.guard).ok()) {
            Some(package) => Ok(FoundPackage { path, package }),
            None => Err(path),
        }
    }

    /// What the unit's own file holds, as the compiler was told to call it in a folder.
    fn of_file(
        &self,
        wanted: &SplitDwarfLoad<GuardedSlice<'g>>,
        folder: &Path,
        name: &Path,
    ) -> Result<Dwarf<GuardedSlice<'g>>, LostUnitCause> {
        let mut cause = LostUnitCause::NoFile;
        if name.as_os_str().is_empty() {
            return Err(cause);
        }
        for file in self.search.split_files(self.object, folder, name) {
            let why = match file.and_then(|file| self.unit(file)) {
                Ok((path, id, mut dwarf)) if id == wanted.dwo_id => {
                    self.note(path, DebugPartKind::Split(name.to_owned()));
                    dwarf.make_dwo(&wanted.parent);
                    return Ok(dwarf);
                }
                Ok((path, ..)) => LostUnitCause::OtherCompilation(path),
                Err(path) => LostUnitCause::Unreadable(path),
            };
            // The first place is the one that is meant.
            if cause == LostUnitCause::NoFile {
                cause = why;
            }
        }
        Err(cause)
    }

    /// What a file of one unit holds, with its path and the unit's id; the path alone where it cannot
    /// be read.
    fn unit(&self, file: ObjectFile) -> Result<(PathBuf, DwoId, Dwarf<GuardedSlice<'g>>), PathBuf> {
        let path = file.path.clone();
        let dwarf = self.sections(file).map(|found| found.dwarf(self.guard));
        let with_id = dwarf.and_then(|dwarf| Some((first_unit_id(&dwarf)?, dwarf)));
        match with_id {
            Some((id, dwarf)) => Ok((path, id, dwarf)),
            None => Err(path),
        }
    }

    fn sections(&self, file: ObjectFile) -> Option<DebugSections<'g>> {
        let ObjectFile { path, storage, .. } = file;
        let bytes = self.shelf.keep(storage.closed())?;
        let parsed = parse_elf_file(&path, bytes).ok()?;
        let unpacking = SectionUnpacking {
            limit: self.search.limit,
            threads: 1,
            ahead: None,
        };
        let sections = DebugSections::of(&parsed, SectionNames::Split, unpacking, self.shelf);
        Some(
            sections
                .ok()?
                .with_line_tables(LineTables::OfCode, self.shelf),
        )
    }
}

/// The id of the first unit, which is the one that counts.
fn first_unit_id(dwarf: &Dwarf<GuardedSlice<'_>>) -> Option<DwoId> {
    let header = dwarf.units().next().ok()??;
    dwarf.unit(header).ok()?.dwo_id
}

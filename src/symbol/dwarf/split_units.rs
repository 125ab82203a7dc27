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
use crate::object::{DebugPart, DebugPartKind, Debugged, ObjectFile, ObjectSearch, parse_elf_file};

/// Finds split debug information of an object.
#[derive(Debug)]
pub(super) struct SplitUnits<'g> {
    search: &'g ObjectSearch,
    object: Debugged<'g>,
    guard: &'g Guard,
    shelf: &'g SectionShelf,
    packages: OnceCell<Vec<FoundPackage<'g>>>,
    /// What was found.
    parts: RefCell<BTreeSet<DebugPart>>,
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
        }
    }

    /// The files that split parts were found in.
    pub(super) fn into_parts(self) -> BTreeSet<DebugPart> {
        self.parts.into_inner()
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
        let in_package = packages.iter().find_map(|found| {
            let unit = found.package.find_cu(wanted.dwo_id, parent).ok()??;
            self.note(found.path.clone(), DebugPartKind::Package);
            Some(unit)
        });
        in_package.or_else(|| self.of_file(wanted)).map(Arc::new)
    }

    fn read_packages(&self) -> Vec<FoundPackage<'g>> {
        let files = self.search.packages(self.object);
        let read = files.filter_map(|file| {
            let path = file.path.clone();
            let package = self.sections(file)?.package(self.guard).ok()?;
            Some(FoundPackage { path, package })
        });
        read.collect()
    }

    fn of_file(
        &self,
        wanted: &SplitDwarfLoad<GuardedSlice<'g>>,
    ) -> Option<Dwarf<GuardedSlice<'g>>> {
        let path = |reader: &GuardedSlice<'g>| Path::new(OsStr::from_bytes(reader.bytes()));
        let folder = wanted.comp_dir.as_ref().map_or(Path::new(""), path);
        let name = wanted.path.as_ref().map(path)?;
        let mut files = self.search.split_files(self.object, folder, name);
        files.find_map(|file| {
            let path = file.path.clone();
            let mut dwarf = self.sections(file)?.dwarf(self.guard);
            (first_unit_id(&dwarf)? == wanted.dwo_id).then(|| {
                self.note(path, DebugPartKind::Split(name.to_owned()));
                dwarf.make_dwo(&wanted.parent);
                dwarf
            })
        })
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

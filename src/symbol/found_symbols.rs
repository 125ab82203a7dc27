//! Finding the functions of an object.

use std::path::PathBuf;

use crate::error::Error;
use crate::object::{
    FileOrigin, Identified, MappedObject, NotFound, ObjectFile, ObjectSearch, PassedOver, Refused,
    SearchResult, Unusable,
};
use crate::symbol::elf::{ObjectSymbols, Places, parse_table};
use crate::symbol::unresolved::Unresolved;
use crate::units::BuildId;

/// A file that symbols come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SymbolFile {
    /// The file.
    pub path: PathBuf,
    /// Where it was found.
    pub origin: FileOrigin,
}

/// What was found for an object.
#[derive(Debug)]
pub struct FoundSymbols {
    /// The object's functions, or why there are none.
    pub symbols: Result<ObjectSymbols, Unresolved>,
    /// The file they come from.
    pub file: Option<SymbolFile>,
    /// Files of another build.
    pub refused: Vec<Refused>,
    /// Files that could not be read or make no sense; the search went on.
    pub broken: Vec<Error>,
}

impl FoundSymbols {
    /// Finds the functions of the object that the capture recorded under a name and build id.
    ///
    /// The capture's `symbols/BUILD_ID.txt` goes before the object's file, which
    /// [`ObjectSearch`] finds. Without a build id only the capture's own `buildid/` is asked, and
    /// only where it holds a single build of the path. Of the functions those are read that cover
    /// one of the `places`.
    pub fn find(
        search: &ObjectSearch,
        recorded: &str,
        build_id: Option<&BuildId>,
        places: Places<'_>,
    ) -> Self {
        let Some(wanted) = search.build_of(recorded, build_id) else {
            return Self::nothing(Unresolved::NoBuildId);
        };
        Self::find_build(search, recorded, &wanted, places, || {
            search.find_object(recorded, &wanted)
        })
    }

    /// Finds the functions of a build, whose file `look` looks for.
    fn find_build(
        search: &ObjectSearch,
        recorded: &str,
        wanted: &BuildId,
        places: Places<'_>,
        look: impl FnOnce() -> SearchResult,
    ) -> Self {
        let mut found = Self::nothing(Unresolved::NoFile);
        if found.take_text(search, wanted, places) {
            return found;
        }
        let result = look();
        found.pass_over(result.passed_over);
        match result.file {
            Ok(file) => {
                found.take_file(&file, places);
                let debug_files = search.debug_files(recorded, wanted);
                found.add_debug_file(debug_files, places);
            }
            Err(cause) => found.symbols = Err(cause.into()),
        }
        found
    }

    /// Finds the functions of an object that a process mapped.
    pub(crate) fn find_mapped(
        search: &ObjectSearch,
        object: &MappedObject<'_>,
        places: Places<'_>,
    ) -> Self {
        let mut passed_over = PassedOver::default();
        let mut found = match search.identify(object, &mut passed_over) {
            Identified::File(file) => match &file.build_id {
                Some(own) => Self::find_build(search, object.recorded, own, places, || {
                    search.find_beside(object.recorded, own, Some(file.path.clone()))
                }),
                None => {
                    let mut found = Self::nothing(Unresolved::NoFile);
                    found.take_file(&file, places);
                    found
                }
            },
            Identified::Build(wanted) => Self::find(search, object.recorded, Some(&wanted), places),
            Identified::Unknown(cause) => Self::nothing(cause.into()),
        };
        found.pass_over(passed_over);
        found
    }

    fn nothing(cause: Unresolved) -> Self {
        Self {
            symbols: Err(cause),
            file: None,
            refused: Vec::new(),
            broken: Vec::new(),
        }
    }

    fn pass_over(&mut self, mut files: PassedOver) {
        self.refused.append(&mut files.refused);
        self.broken.append(&mut files.broken);
    }

    /// Takes a table in text form, when there is one.
    fn take_text(&mut self, search: &ObjectSearch, wanted: &BuildId, places: Places<'_>) -> bool {
        for (path, text) in search.symbol_texts(wanted) {
            let table = text.and_then(|text| parse_table(&path, text.bytes(), places));
            match table {
                Ok(symbols) => {
                    self.symbols = Ok(symbols);
                    let origin = FileOrigin::Capture;
                    self.file = Some(SymbolFile { path, origin });
                    return true;
                }
                Err(problem) => self.broken.push(problem),
            }
        }
        false
    }

    fn take_file(&mut self, file: &ObjectFile, places: Places<'_>) {
        match ObjectSymbols::parse_elf(&file.path, file.storage.bytes(), places) {
            Ok(symbols) => {
                self.symbols = Ok(symbols);
                self.file = Some(SymbolFile {
                    path: file.path.clone(),
                    origin: file.origin,
                });
            }
            Err(problem) => self.broken.push(problem),
        }
    }

    /// Takes the functions of the debug file of a stripped object.
    fn add_debug_file(
        &mut self,
        debug_files: impl Iterator<Item = Result<ObjectFile, Unusable>>,
        places: Places<'_>,
    ) {
        let is_stripped = |symbols: &&mut ObjectSymbols| symbols.is_stripped();
        let Some(symbols) = self.symbols.as_mut().ok().filter(is_stripped) else {
            return;
        };
        let addresses = symbols.addresses(places);
        let places = addresses.as_deref().map_or(places, Places::Addresses);
        let mut passed_over = PassedOver::default();
        for file in debug_files {
            let file = match file {
                Ok(file) => file,
                Err(unusable) => {
                    passed_over.add(unusable);
                    continue;
                }
            };
            let debug = ObjectSymbols::parse_elf(&file.path, file.storage.bytes(), places);
            if let Ok(debug) = debug {
                *symbols = std::mem::take(symbols).with_debug_file(&debug);
                if !symbols.is_stripped() {
                    break;
                }
            }
        }
        self.pass_over(passed_over);
    }
}

impl From<NotFound> for Unresolved {
    fn from(cause: NotFound) -> Self {
        match cause {
            NotFound::NoFile => Self::NoFile,
            NotFound::OtherBuild => Self::BuildIdMismatch,
            NotFound::NoBuild => Self::NoBuildId,
            NotFound::OtherFile => Self::OtherFile,
        }
    }
}

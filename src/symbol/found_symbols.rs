//! Finding the functions of an object, and what its debug information tells.

use std::path::PathBuf;

use hashbrown::HashSet;

use crate::error::Error;
use crate::object::{
    Debugged, FileOrigin, Identified, LookedAt, MappedObject, NotFound, ObjectFile, ObjectSearch,
    PassedOver, Refused, SearchResult, parse_elf_file,
};
use crate::parallel::give_back;
use crate::symbol::call_site::places_without_call;
use crate::symbol::dwarf::{CodeFrames, CodeRequest, EntriesAhead, has_debug_information};
use crate::symbol::elf::{FunctionWish, ObjectSymbols, Places, parse_table};
use crate::symbol::unresolved::Unresolved;
use crate::units::{BuildId, FileOffset, Svma};

/// To unmap a file of fewer bytes is not worth a thread.
const MIN_BESIDE: usize = 1 << 24;

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
    /// The places in which its file was looked for, in this order.
    pub looked_at: Vec<LookedAt>,
    /// Files of another build.
    pub refused: Vec<Refused>,
    /// Files that could not be read or make no sense; the search went on.
    pub broken: Vec<Error>,
    /// The object's files; `None` where no file of it was found.
    opened: Option<OpenedObject>,
}

/// An object's files.
#[derive(Debug)]
struct OpenedObject {
    /// What the capture calls it.
    recorded: String,
    /// Its build; `None` when that is not known.
    build_id: Option<BuildId>,
    file: ObjectFile,
    /// Its debug file, when that was needed.
    debug_file: Option<ObjectFile>,
}

/// What is asked of an object's debug information.
#[derive(Clone, Copy, Debug)]
pub struct CodeWish<'w> {
    /// The addresses, in order and each once.
    pub addresses: &'w [Svma],
    /// Whether lines are wanted, not only inlined functions.
    pub lines: bool,
    /// Worker threads.
    pub threads: usize,
}

/// What an object's debug information tells, and the file that holds it.
#[derive(Debug)]
pub struct FoundCode {
    /// What is told.
    pub frames: CodeFrames,
    /// The file.
    pub file: PathBuf,
}

impl OpenedObject {
    fn new(recorded: &str, build_id: Option<&BuildId>, file: ObjectFile) -> Self {
        Self {
            recorded: recorded.to_owned(),
            build_id: build_id.cloned(),
            file,
            debug_file: None,
        }
    }

    fn debugged(&self) -> Debugged<'_> {
        Debugged {
            recorded: &self.recorded,
            build_id: self.build_id.as_ref(),
            file: &self.file,
        }
    }
}

impl FoundSymbols {
    /// Finds the functions of the object that the capture recorded under a name and build id.
    ///
    /// The capture's `symbols/BUILD_ID.txt` goes before the object's file, which
    /// [`ObjectSearch`] finds. Without a build id only the capture's own `buildid/` is asked, and
    /// only where it holds a single build of the path. Of the functions those are read that cover
    /// one of the places.
    pub fn find<'p>(
        search: &ObjectSearch,
        recorded: &str,
        build_id: Option<&BuildId>,
        wish: impl Into<FunctionWish<'p>>,
    ) -> Self {
        let wish = wish.into();
        let Some(wanted) = search.build_of(recorded, build_id) else {
            return Self::nothing(Unresolved::NoBuildId);
        };
        Self::find_build(search, recorded, &wanted, wish, || {
            search.find_object(recorded, &wanted)
        })
    }

    /// Gives the object's files back: what is not asked by now is not asked any more.
    pub(crate) fn give_files_back(&mut self, threads: usize) {
        let is_large = |opened: &OpenedObject| {
            let files = [Some(&opened.file), opened.debug_file.as_ref()];
            let mut sizes = files.into_iter().flatten();
            sizes.any(|file| file.storage.bytes().len() >= MIN_BESIDE)
        };
        let opened = self.opened.take();
        let threads = if opened.as_ref().is_some_and(is_large) {
            threads
        } else {
            1
        };
        give_back(threads, opened);
    }

    /// Finds the functions of a build, whose file `look` looks for.
    fn find_build(
        search: &ObjectSearch,
        recorded: &str,
        wanted: &BuildId,
        wish: FunctionWish<'_>,
        look: impl FnOnce() -> SearchResult,
    ) -> Self {
        let mut found = Self::nothing(Unresolved::NoFile);
        if found.take_text(search, wanted, wish.places) {
            return found;
        }
        let result = look();
        found.pass_over(result.passed_over);
        found.looked_at = result.looked_at;
        match result.file {
            Ok(file) => {
                let opened = OpenedObject::new(recorded, Some(wanted), file);
                found.take_file(search, opened, wish);
            }
            Err(cause) => found.symbols = Err(cause.into()),
        }
        found
    }

    /// Finds the functions of an object that a process mapped.
    pub(crate) fn find_mapped(
        search: &ObjectSearch,
        object: &MappedObject<'_>,
        wish: FunctionWish<'_>,
    ) -> Self {
        let mut passed_over = PassedOver::default();
        let mut found = match search.identify(object, &mut passed_over) {
            Identified::File(file) => match &file.build_id {
                Some(own) => Self::find_build(search, object.recorded, own, wish, || {
                    search.find_beside(object.recorded, own, Some(file.path.clone()))
                }),
                None => {
                    let mut found = Self::nothing(Unresolved::NoFile);
                    let opened = OpenedObject::new(object.recorded, None, *file);
                    found.take_file(search, opened, wish);
                    found
                }
            },
            Identified::Build(wanted) => Self::find(search, object.recorded, Some(&wanted), wish),
            Identified::Unknown(cause) => Self::nothing(cause.into()),
        };
        found.pass_over(passed_over);
        found
    }

    /// Looks up addresses of the object in its debug information: that of its own file, else that of
    /// its debug file. `None` where no file with debug information was found; of one that makes no
    /// sense the cause is added to [`Self::broken`].
    pub fn code(&mut self, search: &ObjectSearch, wish: CodeWish<'_>) -> Option<FoundCode> {
        self.code_from(search, wish, None)
    }

    /// The same, where entries of one file may be unpacked already.
    pub(crate) fn code_from(
        &mut self,
        search: &ObjectSearch,
        wish: CodeWish<'_>,
        ahead: Option<&EntriesAhead>,
    ) -> Option<FoundCode> {
        let mut opened = self.opened.take()?;
        if !is_debuggable(&opened.file) && !opened.debug_file.as_ref().is_some_and(is_debuggable) {
            let mut passed_over = PassedOver::default();
            let mut files = search.debug_files(opened.debugged());
            let found = files.find_map(|file| match file {
                Ok(file) => is_debuggable(&file).then_some(file),
                Err(unusable) => {
                    passed_over.add(unusable);
                    None
                }
            });
            drop(files);
            self.pass_over(passed_over);
            opened.debug_file = Some(found?);
        }
        let debug_file = if is_debuggable(&opened.file) {
            &opened.file
        } else {
            opened.debug_file.as_ref()?
        };
        let request = CodeRequest {
            object: opened.debugged(),
            debug_file,
            addresses: wish.addresses,
            lines: wish.lines,
            threads: wish.threads,
            ahead,
        };
        let file = debug_file.path.clone();
        match CodeFrames::resolve(search, &request) {
            Ok(frames) => Some(FoundCode { frames, file }),
            Err(wrong) => {
                self.broken.push(wrong);
                None
            }
        }
    }

    /// The places among `before_returns`, each the byte before a return address, that no call ends at
    /// in the object's own file; none when no symbols come from that file.
    pub(crate) fn places_without_call(
        &self,
        before_returns: &[FileOffset],
        threads: usize,
    ) -> HashSet<FileOffset> {
        let file = self.opened.as_ref().map(|opened| &opened.file);
        file.map_or_else(HashSet::new, |file| {
            places_without_call(&file.storage, before_returns, threads)
        })
    }

    fn nothing(cause: Unresolved) -> Self {
        Self {
            symbols: Err(cause),
            file: None,
            looked_at: Vec::new(),
            refused: Vec::new(),
            broken: Vec::new(),
            opened: None,
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

    /// Takes the functions of an object's file, and of its debug file where that one is stripped.
    fn take_file(
        &mut self,
        search: &ObjectSearch,
        mut opened: OpenedObject,
        wish: FunctionWish<'_>,
    ) {
        let file = &opened.file;
        match ObjectSymbols::parse_elf_file(&file.path, &file.storage, wish) {
            Ok(symbols) => {
                self.symbols = Ok(symbols);
                self.file = Some(SymbolFile {
                    path: file.path.clone(),
                    origin: file.origin,
                });
                opened.debug_file = self.add_debug_file(search, opened.debugged(), wish);
                self.opened = Some(opened);
            }
            Err(problem) => self.broken.push(problem),
        }
    }

    /// Takes the functions of the debug file of a stripped object.
    fn add_debug_file(
        &mut self,
        search: &ObjectSearch,
        object: Debugged<'_>,
        wish: FunctionWish<'_>,
    ) -> Option<ObjectFile> {
        let is_stripped = |symbols: &&mut ObjectSymbols| symbols.is_stripped();
        let symbols = self.symbols.as_mut().ok().filter(is_stripped)?;
        let addresses = symbols.addresses(wish.places);
        let wish = FunctionWish {
            places: addresses.as_deref().map_or(wish.places, Places::Addresses),
            ..wish
        };
        let mut passed_over = PassedOver::default();
        let mut taken = None;
        for file in search.debug_files(object) {
            let file = match file {
                Ok(file) => file,
                Err(unusable) => {
                    passed_over.add(unusable);
                    continue;
                }
            };
            let debug = ObjectSymbols::parse_elf_file(&file.path, &file.storage, wish);
            if let Ok(debug) = debug {
                *symbols = std::mem::take(symbols).with_debug_file(&debug);
                if !symbols.is_stripped() {
                    taken = Some(file);
                    break;
                }
            }
        }
        self.pass_over(passed_over);
        taken
    }
}

/// Whether a file holds debug information of functions.
pub(super) fn is_debuggable(file: &ObjectFile) -> bool {
    let parsed = parse_elf_file(&file.path, file.storage.bytes());
    parsed.is_ok_and(|parsed| has_debug_information(&parsed))
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

//! A module of the recorded kernel: its functions and its files.

use std::path::PathBuf;

use super::module_symbols::module_symbols;
use super::symbols::KernelSymbols;
use crate::error::Error;
use crate::object::{
    Debugged, FileOrigin, LookedAt, ModuleName, ObjectFile, ObjectSearch, PassedOver, Refused,
};
use crate::space::KernelMapping;
use crate::symbol::dso_name::module_short_name;
use crate::symbol::dwarf::{CodeFrames, CodeRequest};
use crate::symbol::found_symbols::{CodeWish, FoundCode, is_debuggable};
use crate::symbol::unresolved::Unresolved;
use crate::units::BuildId;

/// What was found for a module that samples hit.
#[derive(Debug)]
pub(crate) struct FoundModule {
    /// Its functions where it was loaded, or why there are none.
    pub(crate) symbols: Result<KernelSymbols, Unresolved>,
    /// The places in which its file was looked for, in this order.
    pub(crate) looked_at: Vec<LookedAt>,
    /// Files of another build.
    pub(crate) refused: Vec<Refused>,
    /// Files that could not be read or make no sense.
    pub(crate) broken: Vec<Error>,
    file: Option<ObjectFile>,
}

/// What a module is looked for with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModuleQuest<'q> {
    pub(crate) search: &'q ObjectSearch,
    /// Where the capture says that it lay.
    pub(crate) mapping: &'q KernelMapping,
    /// The recorded kernel's release.
    pub(crate) release: Option<&'q str>,
    /// The names that kallsyms of the recorded boot has, which no file may contradict.
    pub(crate) kernel: Option<&'q KernelSymbols>,
}

impl ModuleQuest<'_> {
    fn name(&self) -> ModuleName<'_> {
        ModuleName {
            recorded: &self.mapping.name,
            build_id: self.mapping.build_id.as_ref(),
            release: self.release,
        }
    }

    /// Finds the module's file and its functions.
    ///
    /// A file of which nothing but its path is known is taken where kallsyms has each of its functions,
    /// at the same place.
    pub(crate) fn find(&self) -> FoundModule {
        let result = self.search.find_module(self.name());
        let mut found = FoundModule {
            symbols: Err(Unresolved::NoFile),
            looked_at: result.looked_at,
            refused: result.passed_over.refused,
            broken: result.passed_over.broken,
            file: None,
        };
        let file = match result.file {
            Ok(file) => file,
            Err(cause) => {
                found.symbols = Err(cause.into());
                return found;
            }
        };
        let dso = module_short_name(&self.mapping.name);
        match module_symbols(&file, &dso, self.mapping.start) {
            Ok(symbols) => {
                let is_known =
                    self.mapping.build_id.is_some() || file.origin != FileOrigin::Recorded;
                let is_alike = |kernel: &KernelSymbols| symbols.is_part_of(kernel);
                if !is_known && !self.kernel.is_some_and(is_alike) {
                    found.symbols = Err(Unresolved::NoBuildId);
                    return found;
                }
                found.symbols = Ok(symbols);
                found.file = Some(file);
            }
            Err(problem) => {
                found.broken.push(problem);
                found.symbols = Err(Unresolved::Unreadable);
            }
        }
        found
    }

    /// Looks up addresses in the debug information of a module that was found, counted from its start:
    /// that of its own file, else that of its debug file. `None` where there is none.
    pub(crate) fn code(&self, found: &mut FoundModule, wish: CodeWish<'_>) -> Option<FoundCode> {
        let file = found.file.as_ref()?;
        let object = Debugged {
            recorded: &self.mapping.name,
            build_id: file.build_id.as_ref(),
            file,
        };
        let mut passed_over = PassedOver::default();
        let mut separate = || {
            let by_path = file.build_id.as_ref().into_iter();
            let by_path = by_path.flat_map(|own| self.search.module_debug_files(self.name(), own));
            let mut files = self.search.debug_files(object).chain(by_path);
            files.find_map(|file| match file {
                Ok(file) => is_debuggable(&file).then_some(file),
                Err(unusable) => {
                    passed_over.add(unusable);
                    None
                }
            })
        };
        let separate = if is_debuggable(file) {
            None
        } else {
            Some(separate()?)
        };
        let debug_file = separate.as_ref().unwrap_or(file);
        let request = CodeRequest {
            object,
            debug_file,
            addresses: wish.addresses,
            lines: wish.lines,
            threads: wish.threads,
            ahead: None,
        };
        let path = debug_file.path.clone();
        let resolved = CodeFrames::resolve(self.search, &request);
        found.refused.append(&mut passed_over.refused);
        found.broken.append(&mut passed_over.broken);
        match resolved {
            Ok(frames) => Some(FoundCode { frames, file: path }),
            Err(wrong) => {
                found.broken.push(wrong);
                None
            }
        }
    }
}

impl FoundModule {
    /// The build that its file states; `None` when it states none, or there is no file.
    pub(crate) fn build_id(&self) -> Option<&BuildId> {
        self.file.as_ref()?.build_id.as_ref()
    }

    /// The file that its functions come from.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.file.as_ref().map(|file| file.path.clone())
    }
}

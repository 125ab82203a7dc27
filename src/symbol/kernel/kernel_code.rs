//! The debug information of the recorded kernel itself.

use object::read::{Object, ObjectSymbol};

use super::symbols::KernelAnchor;
use super::vmlinux::is_vmlinux;
use crate::bytes::Storage;
use crate::error::Error;
use crate::object::{Debugged, ObjectFile, parse_elf_file};
use crate::symbol::dwarf::{CodeFrames, CodeRequest};
use crate::symbol::found_symbols::{CodeWish, FoundCode, is_debuggable};
use crate::symbol::recorded_builds::{KERNEL_PROPER, RecordedBuilds};
use crate::symbol::request::SymbolRequest;
use crate::units::{Avma, Svma};

/// The file with the debug information of the recorded kernel, and where that kernel lay.
#[derive(Debug)]
pub(crate) struct KernelCodeFile {
    file: ObjectFile,
    /// What is added to an address of the file for the recorded one: by how much KASLR moved it.
    shift: u64,
}

impl KernelCodeFile {
    /// Finds the file: the one that the user named, else one of the recorded build. `None` where there is
    /// none with debug information, or the capture does not tell where its kernel lay.
    pub(crate) fn find(
        builds: RecordedBuilds<'_>,
        symbols: &SymbolRequest,
        release: Option<&str>,
    ) -> Option<Self> {
        let build_id = builds.kernel()?;
        let mapping = builds.timeline.kernel_proper()?;
        let recorded = Some(mapping.reference).filter(|at| at.as_u64() != 0)?;
        let anchor = KernelAnchor::of_mapping(&mapping.name)?;
        let search = &symbols.search;
        let named = symbols.kallsyms.clone();
        let is_kernel = |path: &std::path::PathBuf| {
            Storage::open(path).is_ok_and(|storage| is_vmlinux(&storage))
        };
        let named = named.filter(is_kernel).into_iter();
        let named = named.filter_map(|path| search.kernel_file_at(path, build_id));
        let others = search.kernel_files(KERNEL_PROPER, build_id, release);
        let mut files = named.chain(others).filter_map(Result::ok);
        let file = files.find(is_debuggable)?;
        let own = anchor_of(&file, anchor)?;
        let shift = recorded.as_u64().wrapping_sub(own);
        Some(Self { file, shift })
    }

    /// The address of the file that a recorded one is.
    pub(crate) fn svma_of(&self, at: Avma) -> Svma {
        Svma::new(at.as_u64().wrapping_sub(self.shift))
    }

    /// Looks up addresses of the file.
    ///
    /// # Errors
    /// When the debug information as a whole makes no sense.
    pub(crate) fn code(
        &self,
        symbols: &SymbolRequest,
        wish: CodeWish<'_>,
    ) -> Result<FoundCode, Error> {
        let request = CodeRequest {
            object: Debugged {
                recorded: KERNEL_PROPER,
                build_id: self.file.build_id.as_ref(),
                file: &self.file,
            },
            debug_file: &self.file,
            addresses: wish.addresses,
            lines: wish.lines,
            threads: wish.threads,
            ahead: None,
        };
        let frames = CodeFrames::resolve(&symbols.search, &request)?;
        let file = self.file.path.clone();
        Ok(FoundCode { frames, file })
    }
}

/// The address that a kernel's file states for the symbol that captures tell the place of.
fn anchor_of(file: &ObjectFile, anchor: KernelAnchor) -> Option<u64> {
    let parsed = parse_elf_file(&file.path, file.storage.bytes()).ok()?;
    let name = anchor.symbol();
    let mut symbols = parsed.symbols();
    let found = symbols.find(|symbol| symbol.name() == Ok(name))?;
    Some(found.address())
}

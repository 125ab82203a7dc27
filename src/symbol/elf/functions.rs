//! The functions that the symbol tables of an ELF file state.
#![warn(clippy::indexing_slicing)]

use object::read::elf::{FileHeader, Sym, SymbolTable};
use object::read::{Object, ObjectSection, StringTable};
use object::{Architecture, File, SectionFlags, SymbolIndex, elf};

use super::alias::Binding;
use super::sieve::StatedRange;

/// A symbol table of an ELF file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SymbolTableKind {
    /// `.symtab`
    Full,
    /// `.dynsym`
    Dynamic,
}

/// A function as a symbol table states it. Its name has not been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct StatedFunction<'d> {
    pub(super) range: StatedRange,
    pub(super) binding: Binding,
    name_at: u32,
    strings: StringTable<'d>,
    /// Whether names may be marks of the assembler.
    may_be_mark: bool,
}

impl<'d> StatedFunction<'d> {
    /// Its name as the file has it; `None` when the file has none there, or a mark.
    pub(super) fn name(&self) -> Option<&'d [u8]> {
        let name = self.strings.get(self.name_at).ok()?;
        let is_mark = self.may_be_mark && is_mapping_symbol(name);
        (!name.is_empty() && !is_mark).then_some(name)
    }
}

/// What decides about the symbols of a section.
#[derive(Clone, Copy, Debug)]
struct SectionBounds {
    end: u64,
    /// Whether labels in it may be functions: perf asks for "text" in its name.
    labels: bool,
}

/// An ELF file whose symbol tables are read.
#[derive(Debug)]
pub(super) struct FunctionTables<'d> {
    pub(super) file: &'d File<'d>,
    sections: Vec<Option<SectionBounds>>,
    thumb: bool,
    mapping_symbols: bool,
}

impl<'d> FunctionTables<'d> {
    pub(super) fn of(file: &'d File<'d>) -> Self {
        let mut sections = Vec::new();
        for section in file.sections() {
            let executable = if let SectionFlags::Elf { sh_flags, .. } = section.flags() {
                sh_flags.contains(elf::SHF_EXECINSTR)
            } else {
                false
            };
            let named_text = section.name().is_ok_and(|name| name.contains("text"));
            let ix = section.index().0;
            if sections.len() <= ix {
                sections.resize(ix + 1, None);
            }
            if let Some(slot) = sections.get_mut(ix) {
                *slot = Some(SectionBounds {
                    end: section.address().saturating_add(section.size()),
                    labels: executable && named_text,
                });
            }
        }
        let architecture = file.architecture();
        Self {
            file,
            sections,
            thumb: architecture == Architecture::Arm,
            mapping_symbols: matches!(architecture, Architecture::Arm | Architecture::Aarch64),
        }
    }

    /// Whether `.symtab` holds any symbol.
    pub(super) fn has_full_table(&self) -> bool {
        self.file.symbols().next().is_some()
    }

    /// The functions of a table, in its order, of those that `wants` accepts by start and end. The
    /// name of one may turn out to be none.
    pub(super) fn each(
        &self,
        kind: SymbolTableKind,
        wants: impl Fn(u64, u64) -> bool,
        see: impl FnMut(StatedFunction<'d>),
    ) {
        if let File::Elf64(file) = self.file {
            let table = match kind {
                SymbolTableKind::Full => file.elf_symbol_table(),
                SymbolTableKind::Dynamic => file.elf_dynamic_symbol_table(),
            };
            self.each_of(file.endian(), table, wants, see);
        } else if let File::Elf32(file) = self.file {
            let table = match kind {
                SymbolTableKind::Full => file.elf_symbol_table(),
                SymbolTableKind::Dynamic => file.elf_dynamic_symbol_table(),
            };
            self.each_of(file.endian(), table, wants, see);
        }
    }

    /// Where each function of a table lies, in its order, and whether it has a name, which is told
    /// when asked for. The name of one may turn out to be none.
    pub(super) fn each_range(
        &self,
        kind: SymbolTableKind,
        see: impl FnMut(&StatedRange, &dyn Fn() -> bool),
    ) {
        if let File::Elf64(file) = self.file {
            let table = match kind {
                SymbolTableKind::Full => file.elf_symbol_table(),
                SymbolTableKind::Dynamic => file.elf_dynamic_symbol_table(),
            };
            self.each_range_of(file.endian(), table, see);
        } else if let File::Elf32(file) = self.file {
            let table = match kind {
                SymbolTableKind::Full => file.elf_symbol_table(),
                SymbolTableKind::Dynamic => file.elf_dynamic_symbol_table(),
            };
            self.each_range_of(file.endian(), table, see);
        }
    }

    fn each_range_of<Elf: FileHeader>(
        &self,
        endian: Elf::Endian,
        table: &SymbolTable<'d, Elf>,
        mut see: impl FnMut(&StatedRange, &dyn Fn() -> bool),
    ) {
        // The first one is none.
        for (ix, symbol) in table.enumerate().skip(1) {
            let Some(range) = self.range_of(endian, table, ix, symbol) else {
                continue;
            };
            let function = || self.function(endian, table, ix, symbol);
            // Arm's tables are full of marks. Names of others need not be read for that.
            if range.label && self.mapping_symbols && function().is_none() {
                continue;
            }
            see(&range, &|| {
                function().is_some_and(|function| function.name().is_some())
            });
        }
    }

    fn each_of<Elf: FileHeader>(
        &self,
        endian: Elf::Endian,
        table: &SymbolTable<'d, Elf>,
        wants: impl Fn(u64, u64) -> bool,
        mut see: impl FnMut(StatedFunction<'d>),
    ) {
        // The first one is none.
        for (ix, symbol) in table.enumerate().skip(1) {
            let start = self.start_of::<Elf>(endian, symbol);
            if !wants(start, start.saturating_add(symbol.st_size(endian).into())) {
                continue;
            }
            if let Some(function) = self.function(endian, table, ix, symbol) {
                see(function);
            }
        }
    }

    /// Where a symbol starts. Thumb code has an odd address.
    #[inline]
    fn start_of<Elf: FileHeader>(&self, endian: Elf::Endian, symbol: &Elf::Sym) -> u64 {
        let start: u64 = symbol.st_value(endian).into();
        if self.thumb && is_code(symbol) {
            start & !1
        } else {
            start
        }
    }

    /// Where a symbol lies; `None` when that tells that it is no function.
    #[expect(
        clippy::inline_always,
        reason = "it is done for every symbol of a file"
    )]
    #[inline(always)]
    fn range_of<Elf: FileHeader>(
        &self,
        endian: Elf::Endian,
        table: &SymbolTable<'d, Elf>,
        ix: SymbolIndex,
        symbol: &Elf::Sym,
    ) -> Option<StatedRange> {
        let kind = symbol.st_type();
        let label = !is_code(symbol);
        if matches!(
            kind,
            elf::STT_OBJECT | elf::STT_COMMON | elf::STT_SECTION | elf::STT_FILE | elf::STT_TLS
        ) {
            return None;
        }
        let section = table.symbol_section(endian, symbol, ix).ok()??;
        let section = self.sections.get(section.0).copied()??;
        if label && (!section.labels || is_hidden(symbol)) {
            return None;
        }
        Some(StatedRange {
            start: self.start_of::<Elf>(endian, symbol),
            bytes: symbol.st_size(endian).into(),
            limit: section.end,
            label,
        })
    }

    fn function<Elf: FileHeader>(
        &self,
        endian: Elf::Endian,
        table: &SymbolTable<'d, Elf>,
        ix: SymbolIndex,
        symbol: &Elf::Sym,
    ) -> Option<StatedFunction<'d>> {
        let range = self.range_of(endian, table, ix, symbol)?;
        let function = StatedFunction {
            range,
            binding: if symbol.is_weak() {
                Binding::Weak
            } else if symbol.is_local() {
                Binding::Local
            } else {
                Binding::Global
            },
            name_at: symbol.st_name(endian),
            strings: table.strings(),
            may_be_mark: self.mapping_symbols,
        };
        let is_mark = range.label && self.mapping_symbols && function.name().is_none();
        (!is_mark).then_some(function)
    }
}

fn is_code(symbol: &impl Sym) -> bool {
    matches!(symbol.st_type(), elf::STT_FUNC | elf::STT_GNU_IFUNC)
}

fn is_hidden(symbol: &impl Sym) -> bool {
    matches!(symbol.st_visibility(), elf::STV_HIDDEN | elf::STV_INTERNAL)
}

/// `$x`, `$d.12`: marks of the assembler on Arm, no names.
fn is_mapping_symbol(name: &[u8]) -> bool {
    matches!(
        name,
        [b'$', b'a' | b'd' | b't' | b'x'] | [b'$', b'a' | b'd' | b't' | b'x', b'.', ..]
    )
}

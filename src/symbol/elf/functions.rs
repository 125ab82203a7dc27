//! The functions that the symbol tables of an ELF file state.
#![warn(clippy::indexing_slicing)]

use std::ops::Range;

use object::read::elf::{ElfFile, FileHeader, Sym, SymbolTable};
use object::read::{Object, ObjectSection};
use object::{Architecture, File, SectionFlags, SymbolIndex, elf};

use super::alias::Binding;
use super::sieve::{Decisive, StatedRange};
use super::string_names::{NamePlace, Strings};

/// A symbol table of an ELF file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SymbolTableKind {
    /// `.symtab`
    Full,
    /// `.dynsym`
    Dynamic,
}

/// Fewer symbols are not worth a thread.
const SYMBOLS_A_THREAD: usize = 40_000;

/// A stretch of a symbol table.
#[derive(Clone, Debug)]
pub(super) struct TableStretch {
    pub(super) kind: SymbolTableKind,
    /// Its symbols by number, as far as there are so many. The first one of a table is none.
    symbols: Range<usize>,
}

impl TableStretch {
    /// A whole table.
    pub(super) const fn whole(kind: SymbolTableKind) -> Self {
        Self {
            kind,
            symbols: 1..usize::MAX,
        }
    }
}

/// The same of a file of either class.
struct TablePart<'t, 'd, Elf: FileHeader> {
    endian: Elf::Endian,
    table: &'t SymbolTable<'d, Elf>,
    strings: Strings<'d>,
    first: usize,
    symbols: &'d [Elf::Sym],
}

impl<'t, 'd, Elf: FileHeader> TablePart<'t, 'd, Elf> {
    fn of(file: &'t ElfFile<'d, Elf>, stretch: &TableStretch) -> Self {
        let table = match stretch.kind {
            SymbolTableKind::Full => file.elf_symbol_table(),
            SymbolTableKind::Dynamic => file.elf_dynamic_symbol_table(),
        };
        let Range { start, end } = stretch.symbols;
        let symbols = table.symbols();
        let symbols = symbols.get(start..end.min(symbols.len()));
        Self {
            endian: file.endian(),
            table,
            strings: Strings::of(file, table),
            first: start,
            symbols: symbols.unwrap_or_default(),
        }
    }

    fn symbols(&self) -> impl Iterator<Item = (SymbolIndex, &'d Elf::Sym)> {
        let numbers = (self.first..).map(SymbolIndex);
        numbers.zip(self.symbols)
    }
}

/// A function as a symbol table states it. Its name has not been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct StatedFunction<'d> {
    pub(super) range: StatedRange,
    pub(super) binding: Binding,
    /// Where its name is stated.
    pub(super) name: NamePlace<'d>,
    /// Whether names may be marks of the assembler.
    may_be_mark: bool,
}

impl StatedFunction<'_> {
    /// Whether it has a name, which is read where it lies.
    fn is_named(&self) -> bool {
        self.named(self.name.get()).is_some()
    }

    /// Its name of what its file has there; `None` when that is none, or a mark.
    pub(super) fn named<'n>(&self, name: Option<&'n [u8]>) -> Option<&'n [u8]> {
        let is_mark = |name: &[u8]| self.may_be_mark && is_mapping_symbol(name);
        name.filter(|name| !name.is_empty() && !is_mark(name))
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

    /// How many symbols `.symtab` holds, the first one too, which is none.
    fn full_len(&self) -> usize {
        if let File::Elf64(file) = self.file {
            file.elf_symbol_table().len()
        } else if let File::Elf32(file) = self.file {
            file.elf_symbol_table().len()
        } else {
            0
        }
    }

    /// The symbols of both tables in their order, divided between threads: each has at least one share.
    pub(super) fn shares(&self, threads: usize) -> Vec<Vec<TableStretch>> {
        let full = self.full_len();
        let each = full.div_ceil(threads.max(1)).max(SYMBOLS_A_THREAD);
        let starts = (each..full).step_by(each);
        let mut shares = vec![vec![TableStretch::whole(SymbolTableKind::Full)]];
        for start in starts {
            if let Some(before) = shares.last_mut().and_then(|share| share.last_mut()) {
                before.symbols.end = start;
            }
            let mut stretch = TableStretch::whole(SymbolTableKind::Full);
            stretch.symbols.start = start;
            shares.push(vec![stretch]);
        }
        if let Some(last) = shares.last_mut() {
            last.push(TableStretch::whole(SymbolTableKind::Dynamic));
        }
        shares
    }

    /// The functions of a stretch, in its order: those that decide, or all. The name of one may turn out
    /// to be none.
    pub(super) fn each(
        &self,
        stretch: &TableStretch,
        decisive: Option<&Decisive>,
        see: impl FnMut(StatedFunction<'d>),
    ) {
        if let File::Elf64(file) = self.file {
            let part = TablePart::of(file, stretch);
            self.each_of(&part, decisive, see);
        } else if let File::Elf32(file) = self.file {
            let part = TablePart::of(file, stretch);
            self.each_of(&part, decisive, see);
        }
    }

    /// Shows `seen` where each function of a stretch lies, in its order, of those that it `wants` by start
    /// and end, and whether it has a name, which is told when asked for. The name of one may turn out to
    /// be none.
    pub(super) fn each_range<S>(
        &self,
        stretch: &TableStretch,
        seen: &mut S,
        wants: impl Fn(&S, u64, u64) -> bool,
        see: impl Fn(&mut S, &StatedRange, &dyn Fn() -> bool),
    ) {
        if let File::Elf64(file) = self.file {
            let part = TablePart::of(file, stretch);
            self.each_range_of(&part, seen, wants, see);
        } else if let File::Elf32(file) = self.file {
            let part = TablePart::of(file, stretch);
            self.each_range_of(&part, seen, wants, see);
        }
    }

    fn each_range_of<Elf: FileHeader, S>(
        &self,
        part: &TablePart<'_, 'd, Elf>,
        seen: &mut S,
        wants: impl Fn(&S, u64, u64) -> bool,
        see: impl Fn(&mut S, &StatedRange, &dyn Fn() -> bool),
    ) {
        let &TablePart { endian, table, .. } = part;
        for (ix, symbol) in part.symbols() {
            let start = self.start_of::<Elf>(endian, symbol);
            let end = start.saturating_add(symbol.st_size(endian).into());
            if !wants(seen, start, end) {
                continue;
            }
            let Some(range) = self.range_of(endian, table, ix, symbol) else {
                continue;
            };
            let function = || self.function(part, ix, symbol);
            // Arm's tables are full of marks. Names of others need not be read for that.
            if range.label && self.mapping_symbols && function().is_none() {
                continue;
            }
            see(seen, &range, &|| {
                function().is_some_and(|function| function.is_named())
            });
        }
    }

    fn each_of<Elf: FileHeader>(
        &self,
        part: &TablePart<'_, 'd, Elf>,
        decisive: Option<&Decisive>,
        mut see: impl FnMut(StatedFunction<'d>),
    ) {
        let endian = part.endian;
        for (ix, symbol) in part.symbols() {
            let start = self.start_of::<Elf>(endian, symbol);
            let end = || start.saturating_add(symbol.st_size(endian).into());
            if decisive.is_some_and(|decisive| !decisive.takes(start, end)) {
                continue;
            }
            if let Some(function) = self.function(part, ix, symbol) {
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
        part: &TablePart<'_, 'd, Elf>,
        ix: SymbolIndex,
        symbol: &Elf::Sym,
    ) -> Option<StatedFunction<'d>> {
        let &TablePart { endian, table, .. } = part;
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
            name: NamePlace {
                strings: part.strings,
                at: symbol.st_name(endian),
            },
            may_be_mark: self.mapping_symbols,
        };
        let is_mark = range.label && self.mapping_symbols && !function.is_named();
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

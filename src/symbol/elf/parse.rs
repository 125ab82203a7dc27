//! Functions of ELF files.
#![warn(clippy::indexing_slicing)]

use std::path::Path;

use object::read::{Object, ObjectSection, ObjectSegment, ObjectSymbol, SymbolKind};
use object::{Architecture, File, SectionFlags, Symbol, elf};

use super::debugdata;
use super::plt::{self, PltEntry};
use super::sized::{Binding, SizedBuilder, SizedSymbols, StatedSymbol};
use super::symbols::{ElfSegment, ObjectSymbols};
use crate::error::Result;
use crate::object::parse_elf_file;
use crate::units::{FileOffset, Svma};

/// Names may overlap in a file's string table; the table holds each whole. Twice the file is more
/// than any honest file needs and keeps a crafted one from growing without bound.
const NAMES_PER_FILE: usize = 2;

impl ObjectSymbols {
    /// Reads the functions of an ELF file, 32 or 64 bits, of either byte order; `path` is for the
    /// error only.
    ///
    /// Functions come from `.symtab` and `.dynsym`, of a stripped file also from the table packed
    /// in `.gnu_debugdata`, and of the linkage tables (`name@plt`). Labels without a type count
    /// where they stand in text. Functions without a size end at the next one or with their
    /// section. Of several at one address one is chosen as perf does.
    ///
    /// # Errors
    /// When the bytes are no ELF file or its tables make no sense.
    pub fn parse_elf(path: &Path, bytes: &[u8]) -> Result<Self> {
        let file = parse_elf_file(path, bytes)?;
        let mut reader = FunctionReader::new(&file, bytes.len());
        let mut full = reader.symbols(file.symbols());
        reader.symbols(file.dynamic_symbols());
        for entry in plt::entries(&file) {
            reader.linkage(&entry);
        }
        if !full
            && let Some(unpacked) = packed_table(&file)
            && let Ok(inner) = parse_elf_file(path, &unpacked)
        {
            // The packed file has the sections' addresses, but not their bytes.
            let mut packed = FunctionReader::new(&inner, unpacked.len());
            packed.builder = reader.builder;
            packed.name_budget = packed.name_budget.saturating_add(reader.name_budget);
            full = packed.symbols(inner.symbols());
            reader.builder = packed.builder;
        }
        Ok(Self {
            symbols: reader.finish(),
            segments: segments(&file),
            full,
        })
    }
}

fn segments(file: &File<'_>) -> Box<[ElfSegment]> {
    file.segments()
        .map(|segment| {
            let (offset, bytes) = segment.file_range();
            ElfSegment {
                file_offset: FileOffset::new(offset),
                svma: Svma::new(segment.address()),
                bytes,
                executable: segment.permissions().executable(),
            }
        })
        .collect()
}

/// The unpacked symbol table of a stripped file; `None` when there is none to be had.
fn packed_table(file: &File<'_>) -> Option<Vec<u8>> {
    debugdata::unpack(file.section_by_name(".gnu_debugdata")?.data().ok()?)
}

/// What decides about the symbols of a section.
#[derive(Clone, Copy)]
struct SectionBounds {
    end: u64,
    /// Whether labels in it may be functions: perf asks for "text" in its name.
    labels: bool,
}

/// Takes the functions out of symbol tables.
struct FunctionReader {
    sections: Vec<Option<SectionBounds>>,
    thumb: bool,
    mapping_symbols: bool,
    name_budget: usize,
    builder: SizedBuilder,
}

impl FunctionReader {
    fn new(file: &File<'_>, bytes: usize) -> Self {
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
            sections,
            thumb: architecture == Architecture::Arm,
            mapping_symbols: matches!(architecture, Architecture::Arm | Architecture::Aarch64),
            name_budget: bytes.saturating_mul(NAMES_PER_FILE),
            builder: SizedBuilder::default(),
        }
    }

    /// Adds the functions among `symbols`; answers whether there was any symbol.
    fn symbols<'a>(&mut self, symbols: impl Iterator<Item = Symbol<'a, 'a>>) -> bool {
        let mut any = false;
        for symbol in symbols {
            any = true;
            self.symbol(&symbol);
        }
        any
    }

    fn symbol<'a>(&mut self, symbol: &Symbol<'a, 'a>) -> Option<()> {
        if symbol.is_undefined() {
            return None;
        }
        let section = self.sections.get(symbol.section_index()?.0).copied()??;
        let kind = symbol.kind();
        let label = kind != SymbolKind::Text;
        let untyped = matches!(kind, SymbolKind::Unknown | SymbolKind::Label);
        if label && !(untyped && section.labels && !is_hidden(symbol)) {
            return None;
        }
        let name = String::from_utf8_lossy(symbol.name_bytes().ok()?);
        if name.is_empty() || (self.mapping_symbols && is_mapping_symbol(&name)) {
            return None;
        }
        let mut start = symbol.address();
        if self.thumb && !label {
            start &= !1;
        }
        self.push(StatedSymbol {
            name: &name,
            start,
            bytes: symbol.size(),
            limit: section.end,
            binding: if symbol.is_weak() {
                Binding::Weak
            } else if symbol.is_local() {
                Binding::Local
            } else {
                Binding::Global
            },
            label,
        });
        Some(())
    }

    /// Adds an entry of a linkage table as perf names it.
    fn linkage(&mut self, entry: &PltEntry<'_>) {
        // Many entries may lead to one long name, which is not copied in vain.
        if self.has_room_for(entry.target) {
            self.push(StatedSymbol {
                name: &format!("{}@plt", entry.target),
                start: entry.start,
                bytes: entry.bytes,
                limit: entry.start.saturating_add(entry.bytes),
                binding: Binding::Global,
                label: false,
            });
        }
    }

    fn push(&mut self, stated: StatedSymbol<'_>) {
        if self.has_room_for(stated.name) {
            self.builder.push(stated);
        }
    }

    fn has_room_for(&self, name: &str) -> bool {
        self.builder.name_bytes().saturating_add(name.len()) <= self.name_budget
    }

    fn finish(self) -> SizedSymbols {
        self.builder.finish()
    }
}

fn is_hidden<'a>(symbol: &Symbol<'a, 'a>) -> bool {
    matches!(
        symbol.flags().elf_visibility(),
        Some(elf::STV_HIDDEN | elf::STV_INTERNAL)
    )
}

/// `$x`, `$d.12`: marks of the assembler on Arm, no names.
fn is_mapping_symbol(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next() == Some(b'$')
        && matches!(bytes.next(), Some(b'a' | b'd' | b't' | b'x'))
        && matches!(bytes.next(), None | Some(b'.'))
}

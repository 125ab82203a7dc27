//! The symbols of a module's own file, as the kernel's kallsyms tells them.

use std::fmt::Write as _;

use object::read::{Object, ObjectSymbol};
use object::{File, SymbolKind};

use super::symbols::KernelSymbols;
use crate::bytes::Storage;
use crate::error::Result;
use crate::object::{ModuleLayout, ObjectFile, parse_elf_file};
use crate::units::Avma;

/// A function of a module, or the end of a section.
struct ModuleLine<'a> {
    start: u64,
    is_weak: bool,
    /// `None` where a section ends.
    name: Option<&'a str>,
}

/// The functions of a module that was loaded at `start`, by its file; `dso` is its short name in
/// brackets. A function ends where the next one begins, at the latest where its section ends.
///
/// # Errors
/// When the file is no module whose layout is known, or names no function.
pub(super) fn module_symbols(file: &ObjectFile, dso: &str, start: Avma) -> Result<KernelSymbols> {
    let parsed = parse_elf_file(&file.path, file.storage.bytes())?;
    let mut text = String::new();
    if let Some(layout) = ModuleLayout::of(&parsed) {
        for line in lines(&parsed, &layout, start) {
            let (letter, name) = match line.name {
                Some(name) => ('t', name),
                None => ('d', "end"),
            };
            let written = writeln!(text, "{:016x} {letter} {name}\t{dso}", line.start);
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        }
    }
    KernelSymbols::parse_storage(&file.path, Storage::Memory(text.into_bytes()))
}

fn lines<'a>(file: &'a File<'_>, layout: &ModuleLayout, start: Avma) -> Vec<ModuleLine<'a>> {
    let functions = file.symbols().filter_map(|symbol| {
        let is_code = matches!(
            symbol.kind(),
            SymbolKind::Text | SymbolKind::Unknown | SymbolKind::Label
        );
        let section = symbol.section_index().filter(|_| is_code)?;
        let name = symbol.name().ok()?;
        let within = layout.svma_of(section, symbol.address())?;
        let is_name = !name.is_empty() && !name.contains(|c: char| c <= ' ');
        is_name.then_some(ModuleLine {
            start: start.as_u64().checked_add(within.as_u64())?,
            is_weak: symbol.is_weak(),
            name: Some(name),
        })
    });
    let mut lines: Vec<ModuleLine<'_>> = functions.collect();
    if lines.is_empty() {
        return lines;
    }
    let ends = layout.ends().filter_map(|end| {
        Some(ModuleLine {
            start: start.as_u64().checked_add(end.as_u64())?,
            is_weak: true,
            name: None,
        })
    });
    lines.extend(ends);
    // Of several at one address the last one counts, which no end of a section is.
    lines.sort_by_key(|line| (line.start, line.name.is_some(), !line.is_weak));
    lines
}

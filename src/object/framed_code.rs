//! Code of a file that no call frame information describes, and that keeps frame pointers.

use std::ops::Range;
use std::path::Path;

use object::read::{Object, ObjectSection, ObjectSymbol};
use object::{File, SymbolKind};

use super::code_ranges::{CodeRanges, range_of};
use super::elf_file::parse_elf_file;
use crate::units::Svma;

/// `v8::internal::Isolate::embedded_blob_code() const`: V8's way to the code of its builtins, which is
/// made when V8 is built and put into the program.
///
/// Source: `execution/isolate.h` of V8 11.3.
const OF_V8: &[u8] = b"_ZNK2v88internal7Isolate18embedded_blob_codeEv";

/// How the symbols of builtins begin.
///
/// Source: `snapshot/embedded/embedded-file-writer.cc` of V8 11.3.
const BUILTIN: &[u8] = b"Builtins_";

/// Length of a symbol's entry. Source: `Elf64_Sym`, elf.h, glibc 2.36.
const SYMBOL_LEN: u64 = 24;

/// Where the builtins of V8 lie in a program, as those of node. V8 generates them as it does functions
/// at run time: none has call frame information, and each that calls has pushed the frame pointer and
/// set it to the stack pointer before.
///
/// Source: `MacroAssembler::EnterFrame()`, `codegen/x64/macro-assembler-x64.cc`, and
/// `TurboAssembler::EnterFrame()`, `codegen/arm64/macro-assembler-arm64.cc`, of V8 11.3.
#[derive(Debug)]
pub(super) struct FramedCode {
    ranges: CodeRanges,
}

impl FramedCode {
    /// That of a file; none when it holds no V8 or its symbols are stripped.
    pub(super) fn of(file: &[u8]) -> Self {
        let mut ranges = Vec::new();
        let mut is_v8 = false;
        if let Ok(file) = parse_elf_file(Path::new(""), file) {
            for symbol in file.symbols() {
                let name = symbol.name_bytes().unwrap_or_default();
                is_v8 |= name == OF_V8;
                if symbol.kind() == SymbolKind::Text && name.starts_with(BUILTIN) {
                    ranges.push(range_of(&symbol));
                }
            }
        }
        if !is_v8 {
            ranges.clear();
        }
        Self {
            ranges: ranges.into_iter().collect(),
        }
    }

    /// Whether an address lies in it.
    pub(super) fn contains(&self, at: Svma) -> bool {
        self.ranges.contains(at)
    }
}

/// Where in a file the symbols lie that [`FramedCode::of`] reads, their entries and their names; none of
/// a file that holds no V8.
pub(super) fn places_of_symbols(file: &File<'_>, bytes: &[u8]) -> Vec<Range<u64>> {
    let table = file.section_by_name(".symtab");
    let Some((table, _)) = table.and_then(|table| table.file_range()) else {
        return Vec::new();
    };
    let mut places = Vec::new();
    let mut is_v8 = false;
    for symbol in file.symbols() {
        let name = symbol.name_bytes().unwrap_or_default();
        is_v8 |= name == OF_V8;
        if name == OF_V8 || name.starts_with(BUILTIN) {
            let entry = (symbol.index().0 as u64).saturating_mul(SYMBOL_LEN);
            let entry = table.saturating_add(entry);
            places.push(entry..entry.saturating_add(SYMBOL_LEN));
            let start = name.as_ptr().addr().wrapping_sub(bytes.as_ptr().addr()) as u64;
            places.push(start..start.saturating_add(name.len() as u64));
        }
    }
    if is_v8 { places } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::object::frame_tables;

    /// As `nm -n testdata/frames/v8_builtins` tells: only functions that are named as builtins, and only
    /// in a program that holds V8's code.
    #[test]
    fn builtins_are_told_by_their_names() {
        let mut file = fs::read("testdata/frames/v8_builtins").unwrap();
        let of = |file: &[u8]| {
            let framed = FramedCode::of(file);
            let addresses = (0x40_0000..0x40_0400).filter(|&at| framed.contains(Svma::new(at)));
            addresses.collect::<Vec<u64>>()
        };
        let builtins: Vec<u64> = (0x40_00d4..0x40_00e0).collect();
        assert_eq!(of(&file), builtins);
        // The same of the file without its code.
        let tables = frame_tables(&file, |_, _| false).unwrap();
        assert_eq!(of(&tables), builtins);
        assert!(!tables.windows(5).any(|bytes| bytes == b"Other"));
        let place = file.windows(OF_V8.len()).position(|bytes| bytes == OF_V8);
        file[place.unwrap()] = b'u';
        assert!(of(&file).is_empty());
    }
}

//! What unwinding reads of an object file, without the code.

use std::ops::Range;
use std::path::Path;

use object::read::{Object, ObjectSection};

use super::code_object::CodeMachine;
use super::elf_file::parse_elf_file;
use super::framed_code::places_of_symbols;
use super::segments::ElfSegments;
use super::stack_switches::is_of_go;
use crate::bytes::{Little, u16_at, u64_at};

/// Sections that are kept: call frame information, what leads to it, and whose it is.
const KEPT: [&str; 5] = [
    ".eh_frame_hdr",
    ".eh_frame",
    ".debug_frame",
    ".note.gnu.build-id",
    ".shstrtab",
];

/// Bytes that are kept of code that signal handlers return to: as many as are looked at.
const SIGNAL_RETURN: u64 = 9;

/// `e_ident[EI_CLASS]` of files of 64 bits. Source: elf.h, glibc 2.36.
const ELFCLASS64: u8 = 2;

/// An object file as it is, with zeros in the place of all that unwinding does not read: code, data and
/// names of functions but those of V8's builtins. What unwinding finds by it is what it finds by the file.
///
/// `None` of files that cannot be unwound, that have no call frame information, and of Go programs, where
/// names tell which functions switch stacks.
pub(crate) fn frame_tables(
    bytes: &[u8],
    is_signal_return: impl Fn(CodeMachine, &[u8]) -> bool,
) -> Option<Vec<u8>> {
    let file = parse_elf_file(Path::new(""), bytes).ok()?;
    let machine = CodeMachine::of(&file)?;
    if bytes.get(4) != Some(&ELFCLASS64) || is_of_go(&file) {
        return None;
    }
    let mut kept = vec![0; bytes.len()];
    let mut keep = |range: Range<u64>| -> Option<()> {
        let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
        let place = kept.get_mut(range.clone())?;
        place.copy_from_slice(bytes.get(range)?);
        Some(())
    };
    for header in headers(bytes)? {
        keep(header)?;
    }
    for place in places_of_symbols(&file, bytes) {
        keep(place)?;
    }
    let mut has_tables = false;
    for name in KEPT {
        let section = file.section_by_name(name);
        if let Some((start, len)) = section.and_then(|section| section.file_range()) {
            keep(start..start.checked_add(len)?)?;
            has_tables |= name.ends_with("_frame") && len > 0;
        }
    }
    // No byte is in two segments of an honest file.
    let mut room = bytes.len() as u64;
    let segments = ElfSegments::of(&file);
    let executable = segments.as_slice().iter();
    for segment in executable.filter(|segment| segment.executable) {
        let start = segment.file_offset.as_u64();
        let end = start.checked_add(segment.bytes)?.min(bytes.len() as u64);
        room = room.checked_sub(end.saturating_sub(start))?;
        for at in usize::try_from(start).ok()?..usize::try_from(end).ok()? {
            let found = bytes
                .get(at..)
                .filter(|code| is_signal_return(machine, code));
            if let Some(code) = found {
                let len = SIGNAL_RETURN.min(code.len() as u64);
                keep(at as u64..at as u64 + len)?;
            }
        }
    }
    has_tables.then_some(kept)
}

/// Where a file's headers lie: its own, those of segments and those of sections.
///
/// Source: `Elf64_Ehdr`, elf.h, glibc 2.36.
fn headers(bytes: &[u8]) -> Option<[Range<u64>; 3]> {
    let table = |offset, entry_len, count| {
        let start = u64_at::<Little>(bytes, offset)?;
        let entry_len = u64::from(u16_at::<Little>(bytes, entry_len)?);
        let count = u64::from(u16_at::<Little>(bytes, count)?);
        Some(start..start.checked_add(entry_len * count)?)
    };
    Some([0..64, table(32, 54, 56)?, table(40, 58, 60)?])
}

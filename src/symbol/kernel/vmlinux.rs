//! The symbols of a kernel's own file, in the form of its `/proc/kallsyms`.

use std::fmt::Write as _;
use std::path::Path;

use object::read::{Object, ObjectSection, ObjectSymbol};
use object::{SectionKind, SymbolKind};

use crate::bytes::Storage;
use crate::error::{BadFile, Error, Result};
use crate::object::{parse_elf_file, read_build_id};
use crate::units::BuildId;

/// A symbol as `nm` would print it.
struct KernelLine<'a> {
    address: u64,
    is_weak: bool,
    letter: char,
    name: &'a str,
}

/// A kallsyms text as it is; of a `vmlinux`, the text that its kernel would print without KASLR and
/// modules, where `wanted` is its build, or no build is known.
///
/// The order of symbols at one address is that of the kernel: weak ones behind others, those with
/// more underscores in front behind those with fewer.
///
/// Source: `compare_symbols()`, scripts/kallsyms.c, Linux 6.1.
///
/// # Errors
/// When the file is an ELF file that makes no sense, has no symbols, or is of another build.
pub(crate) fn kernel_text(path: &Path, file: Storage, wanted: Option<&BuildId>) -> Result<Storage> {
    if !is_vmlinux(&file) {
        return Ok(file);
    }
    let found = read_build_id(file.bytes());
    if let Some(wanted) = wanted.filter(|wanted| found.as_ref() != Some(wanted)) {
        let found = found.map_or("none".to_owned(), |found| found.to_string());
        let what = format!("its build id is {found}, recorded was {wanted}");
        return Err(Error::file(path, BadFile::OtherKernel { what }));
    }
    let parsed = parse_elf_file(path, file.bytes())?;
    let mut lines: Vec<KernelLine<'_>> =
        parsed.symbols().filter_map(|s| line(&parsed, &s)).collect();
    let underscores = |name: &str| name.bytes().take_while(|&byte| byte == b'_').count();
    lines.sort_by_key(|line| (line.address, line.is_weak, underscores(line.name)));
    let mut text = String::with_capacity(lines.len() * 44);
    for KernelLine {
        address,
        letter,
        name,
        ..
    } in lines
    {
        let written = writeln!(text, "{address:016x} {letter} {name}");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
    if text.is_empty() {
        return Err(Error::file(path, BadFile::NotKallsyms));
    }
    Ok(Storage::Memory(text.into_bytes()))
}

/// Whether a file of kernel symbols is the kernel itself.
pub(super) fn is_vmlinux(file: &Storage) -> bool {
    file.bytes().starts_with(b"\x7fELF")
}

fn line<'a>(file: &object::File<'a>, symbol: &object::Symbol<'a, '_>) -> Option<KernelLine<'a>> {
    let name = symbol.name().ok().filter(|name| !name.is_empty())?;
    let is_named = matches!(
        symbol.kind(),
        SymbolKind::Text | SymbolKind::Data | SymbolKind::Unknown | SymbolKind::Label
    );
    // Numbers that are no addresses, as offsets into each CPU's own data, lie in no section or low.
    let section = symbol.section_index().filter(|_| is_named)?;
    let address = symbol.address();
    let kind = file.section_by_index(section).ok()?.kind();
    let letter = match (kind, symbol.is_global()) {
        (SectionKind::Text, true) => 'T',
        (SectionKind::Text, false) => 't',
        (_, true) => 'D',
        (_, false) => 'd',
    };
    (address >> 63 == 1 && !name.contains(char::is_whitespace)).then_some(KernelLine {
        address,
        is_weak: symbol.is_weak(),
        letter,
        name,
    })
}

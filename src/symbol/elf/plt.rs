//! Names for the entries of procedure linkage tables.
//!
//! An entry has no symbol. It jumps through a slot, and a relocation fills that slot with the
//! address of a named symbol:
//!
//! ```text
//! x86-64    [endbr64] [bnd] jmp *DISTANCE(%rip)
//! aarch64   [bti c] adrp x16, PAGE; ldr x17, [x16, OFFSET]; …
//! ```

use hashbrown::HashMap;
use object::read::{Object, ObjectSection, ObjectSymbol, ObjectSymbolTable, RelocationTarget};
use object::{Architecture, File, SymbolFlags, elf};

/// Bytes of an entry of `.plt`, `.plt.sec` and, with `endbr64`, `.plt.got`.
const ENTRY: usize = 16;

/// An entry of a linkage table.
#[derive(Debug)]
pub(crate) struct PltEntry<'a> {
    /// The function it leads to.
    pub(crate) target: &'a str,
    pub(crate) start: u64,
    pub(crate) bytes: u64,
}

/// The named entries of the file's linkage tables; none on other architectures.
pub(crate) fn entries<'a>(file: &File<'a>) -> Vec<PltEntry<'a>> {
    let slot_of = match (file.architecture(), file.is_little_endian()) {
        (Architecture::X86_64, true) => x86_64_slot,
        (Architecture::Aarch64, true) => aarch64_slot,
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    let mut names = None;
    for section_name in [".plt", ".plt.sec", ".plt.got"] {
        let Some(section) = file.section_by_name(section_name) else {
            continue;
        };
        let Ok(code) = section.data() else {
            continue;
        };
        let names = names.get_or_insert_with(|| slot_names(file));
        // Without `endbr64` the entries of .plt.got take eight bytes.
        let bytes = match section_name {
            ".plt.got" if !code.starts_with(&ENDBR64) => ENTRY / 2,
            _ => ENTRY,
        };
        for (start, code) in chunks(section.address(), code, bytes) {
            if let Some(&target) = slot_of(code, start).and_then(|slot| names.get(&slot)) {
                found.push(PltEntry {
                    target,
                    start,
                    bytes: bytes as u64,
                });
            }
        }
    }
    found
}

/// Pieces of `bytes` bytes with the address of each; none that would lie behind the last address.
fn chunks(address: u64, code: &[u8], bytes: usize) -> impl Iterator<Item = (u64, &[u8])> {
    let start = move |ix| address.checked_add(bytes as u64 * ix);
    (0..).map_while(start).zip(code.chunks(bytes))
}

/// The symbol whose address each slot receives.
fn slot_names<'a>(file: &File<'a>) -> HashMap<u64, &'a str> {
    let mut names = HashMap::new();
    let (Some(relocations), Some(symbols)) =
        (file.dynamic_relocations(), file.dynamic_symbol_table())
    else {
        return names;
    };
    let mut resolvers = None;
    for (slot, relocation) in relocations {
        let name = if let RelocationTarget::Symbol(ix) = relocation.target() {
            symbols
                .symbol_by_index(ix)
                .ok()
                .and_then(|symbol| name_of(&symbol))
        } else {
            // An indirect function without a symbol in the relocation: the addend is its address.
            let known = resolvers.get_or_insert_with(|| indirect_functions(file));
            let address = u64::try_from(relocation.addend()).ok();
            address.and_then(|address| known.get(&address).copied())
        };
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            names.insert(slot, name);
        }
    }
    names
}

/// The indirect functions (`STT_GNU_IFUNC`) by address; the first name of each.
fn indirect_functions<'a>(file: &File<'a>) -> HashMap<u64, &'a str> {
    let mut functions = HashMap::new();
    for symbol in file.dynamic_symbols().chain(file.symbols()) {
        let SymbolFlags::Elf { st_info, .. } = symbol.flags() else {
            continue;
        };
        if st_info.st_type() == elf::STT_GNU_IFUNC
            && !symbol.is_undefined()
            && let Some(name) = name_of(&symbol)
        {
            functions.entry(symbol.address()).or_insert(name);
        }
    }
    functions
}

fn name_of<'data>(symbol: &impl ObjectSymbol<'data>) -> Option<&'data str> {
    std::str::from_utf8(symbol.name_bytes().ok()?).ok()
}

const ENDBR64: [u8; 4] = [0xf3, 0x0f, 0x1e, 0xfa];

/// The slot that an x86-64 entry at `start` jumps through.
fn x86_64_slot(code: &[u8], start: u64) -> Option<u64> {
    let mut at = 0;
    if code.starts_with(&ENDBR64) {
        at += ENDBR64.len();
    }
    if code.get(at) == Some(&0xf2) {
        at += 1;
    }
    let [0xff, 0x25, d0, d1, d2, d3] = *code.get(at..at + 6)? else {
        return None;
    };
    let distance = i64::from(i32::from_le_bytes([d0, d1, d2, d3]));
    let next = start.checked_add(u64::try_from(at + 6).ok()?)?;
    next.checked_add_signed(distance)
}

/// The slot that an aarch64 entry at `start` jumps through.
fn aarch64_slot(code: &[u8], start: u64) -> Option<u64> {
    const BTI_C: u32 = 0xd503_245f;
    let mut words = chunks(start, code, 4)
        .filter_map(|(at, word)| Some((at, u32::from_le_bytes(word.try_into().ok()?))));
    let (mut at, mut adrp) = words.next()?;
    if adrp == BTI_C {
        (at, adrp) = words.next()?;
    }
    let (_, ldr) = words.next()?;
    // adrp x16, 21 bits of pages in two parts; ldr x17, [x16, 12 bits of eight bytes].
    if adrp & 0x9f00_001f != 0x9000_0010 || ldr & 0xffc0_03ff != 0xf940_0211 {
        return None;
    }
    let pages = (adrp >> 5 & 0x7_ffff) << 2 | adrp >> 29 & 3;
    let pages = i64::from(pages) - if pages >> 20 == 1 { 1 << 21 } else { 0 };
    let offset = u64::from(ldr >> 10 & 0xfff) * 8;
    let page = (at & !0xfff).checked_add_signed(pages * 4096)?;
    page.checked_add(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes of the header of a file and of a section, ELF64.
    const HEADERS: [usize; 2] = [64, 64];

    /// An x86-64 file whose one section, `.plt`, lies at `address`.
    fn with_plt_at(address: u64, code: &[u8]) -> Vec<u8> {
        let names = b"\0.plt\0.shstrtab\0";
        let code_at = HEADERS[0] + 3 * HEADERS[1];
        let names_at = code_at + code.len();
        let mut file = Vec::new();
        file.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
        // Shared object, x86-64, version 1.
        file.extend([3, 0, 62, 0, 1, 0, 0, 0]);
        // No entry point, no segments; the sections follow the header.
        for word in [0, 0, HEADERS[0] as u64] {
            file.extend(word.to_le_bytes());
        }
        file.extend([0, 0, 0, 0, 64, 0, 56, 0, 0, 0, 64, 0, 3, 0, 2, 0]);
        let sections = [
            (0, 0, 0, 0, 0),
            (1_u32, 1_u32, address, code_at, code.len()),
            (6, 3, 0, names_at, names.len()),
        ];
        for (name, kind, address, at, bytes) in sections {
            file.extend(name.to_le_bytes());
            file.extend(kind.to_le_bytes());
            for word in [0, address, at as u64, bytes as u64, 0, 1, 0] {
                file.extend(word.to_le_bytes());
            }
        }
        file.extend(code);
        file.extend(names);
        file
    }

    /// A sum of hostile numbers would stop a build with checks.
    #[test]
    fn entries_behind_the_last_address_are_none() {
        for address in [u64::MAX, u64::MAX - 15, u64::MAX - 16, 0] {
            let bytes = with_plt_at(address, &[0xff; 64]);
            let file = File::parse(&*bytes).unwrap();
            assert_eq!(file.section_by_name(".plt").unwrap().address(), address);
            assert!(entries(&file).is_empty());
        }
        let starts = |address| chunks(address, &[0; 40], 16).map(|(start, _)| start);
        assert!(starts(0).eq([0, 16, 32]));
        assert!(starts(u64::MAX - 16).eq([u64::MAX - 16, u64::MAX]));
    }
}

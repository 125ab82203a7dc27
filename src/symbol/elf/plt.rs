//! Names for the entries of procedure linkage tables.
//!
//! An entry has no symbol. It jumps through a slot, and a relocation fills that slot with the
//! address of a named symbol:
//!
//! ```text
//! x86-64    [endbr64] [bnd] jmp *DISTANCE(%rip)
//! aarch64   [bti c] adrp x16, PAGE; ldr x17, [x16, OFFSET]; …
//! ```

use std::ops::Range;

use hashbrown::HashMap;
use object::read::elf::{Dyn, ElfFile64, Rela, SectionHeader, Sym};
use object::read::{Object, ObjectSection};
use object::{Architecture, Endianness, File, elf};

use super::points::Points;
use super::string_names::{NamePlace, StringNames, Strings};

/// Bytes of an entry of `.plt`, `.plt.sec` and, with `endbr64`, `.plt.got`.
const ENTRY: usize = 16;

/// An entry of a linkage table.
#[derive(Debug)]
pub(super) struct PltEntry {
    /// The position of the name of the function that it leads to.
    pub(super) target: usize,
    pub(super) start: u64,
    pub(super) bytes: u64,
}

/// Entries of linkage tables, and what they lead to.
#[derive(Debug)]
pub(super) struct PltEntries<'d> {
    pub(super) list: Vec<PltEntry>,
    pub(super) targets: StringNames<'d>,
}

impl PltEntries<'_> {
    fn none() -> Self {
        Self {
            list: Vec::new(),
            targets: StringNames::in_place(Vec::new()),
        }
    }
}

/// The same, and the slot that it jumps through in the place of a name.
struct UnnamedEntry {
    slot: u64,
    start: u64,
    bytes: u64,
}

/// A linkage table whose entries are wanted.
struct PltSection<'a> {
    address: u64,
    code: &'a [u8],
    /// Bytes of an entry.
    bytes: usize,
}

/// The named entries of those of the file's linkage tables that `wants` accepts by their addresses;
/// none on other architectures. `read` reads the names.
pub(super) fn entries<'d>(
    file: &File<'d>,
    wants: impl Fn(Range<u64>) -> bool,
    read: impl FnOnce(Vec<NamePlace<'d>>) -> StringNames<'d>,
) -> PltEntries<'d> {
    let slot_of = match (file.architecture(), file.is_little_endian()) {
        (Architecture::X86_64, true) => x86_64_slot,
        (Architecture::Aarch64, true) => aarch64_slot,
        _ => return PltEntries::none(),
    };
    let sections = sections(file, wants);
    let entries = sections.iter().flat_map(|section| {
        let chunks = chunks(section.address, section.code, section.bytes);
        chunks.filter_map(|(start, code)| {
            Some(UnnamedEntry {
                slot: slot_of(code, start)?,
                start,
                bytes: section.bytes as u64,
            })
        })
    });
    let entries: Vec<UnnamedEntry> = entries.collect();
    if entries.is_empty() {
        return PltEntries::none();
    }
    let slots = Points::new(entries.iter().map(|entry| entry.slot).collect());
    let stated = slot_names(file, &slots);
    let targets = read(stated.iter().map(|stated| stated.name).collect());
    let is_named = |at| (targets.get(at)).is_some_and(|name| !name.is_empty() && is_text(name));
    let named = stated.iter().enumerate().filter(|&(at, _)| is_named(at));
    let named: HashMap<u64, usize> = named.map(|(at, stated)| (stated.slot, at)).collect();
    let named = entries.iter().filter_map(|entry| {
        Some(PltEntry {
            target: *named.get(&entry.slot)?,
            start: entry.start,
            bytes: entry.bytes,
        })
    });
    PltEntries {
        list: named.collect(),
        targets,
    }
}

fn is_text(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok()
}

/// The linkage tables that `wants` accepts.
fn sections<'a>(file: &File<'a>, wants: impl Fn(Range<u64>) -> bool) -> Vec<PltSection<'a>> {
    let names = [".plt", ".plt.sec", ".plt.got"].into_iter();
    let sections = names.filter_map(|name| {
        let section = file.section_by_name(name)?;
        let address = section.address();
        if !wants(address..address.saturating_add(section.size())) {
            return None;
        }
        let code = section.data().ok()?;
        // Without `endbr64` the entries of .plt.got take eight bytes.
        let bytes = match name {
            ".plt.got" if !code.starts_with(&ENDBR64) => ENTRY / 2,
            _ => ENTRY,
        };
        Some(PltSection {
            address,
            code,
            bytes,
        })
    });
    sections.collect()
}

/// Pieces of `bytes` bytes with the address of each; none that would lie behind the last address.
fn chunks(address: u64, code: &[u8], bytes: usize) -> impl Iterator<Item = (u64, &[u8])> {
    let start = move |ix| address.checked_add(bytes as u64 * ix);
    (0..).map_while(start).zip(code.chunks(bytes))
}

/// A slot, and the name of the symbol whose address it receives.
struct SlotName<'d> {
    slot: u64,
    name: NamePlace<'d>,
}

/// The symbols whose addresses the slots receive; of several of a slot, the last one counts. Both
/// architectures have 64 bits and relocations with addends.
fn slot_names<'d>(file: &File<'d>, slots: &Points) -> Vec<SlotName<'d>> {
    let File::Elf64(elf) = file else {
        return Vec::new();
    };
    let (endian, symbols) = (elf.endian(), elf.elf_dynamic_symbol_table());
    let (linked, strings) = (symbols.section(), Strings::of(elf, symbols));
    if symbols.is_empty() {
        return Vec::new();
    }
    let sections = elf.elf_section_table().iter();
    let dynamic = sections.filter(|section| section.link(endian) == linked);
    let relative = RelativeRelocations::of(elf);
    let relocations = dynamic.filter_map(|section| {
        let (relocations, _) = section.rela(endian, elf.data()).ok()??;
        Some(relative.left_out_of(relocations, section.sh_addr(endian)))
    });
    let relocations = relocations.flatten();
    // There are relocations for all addresses in the object's data too.
    let relocations = relocations.filter(|relocation| slots.contains(relocation.r_offset(endian)));
    let mut resolvers = None;
    let names = relocations.filter_map(|relocation| {
        let name = if let Some(ix) = relocation.symbol(endian, false) {
            let at = symbols.symbol(ix).ok()?.st_name(endian);
            NamePlace { strings, at }
        } else {
            // An indirect function without a symbol in the relocation: the addend is its address.
            let known = resolvers.get_or_insert_with(|| indirect_functions(elf));
            let address = u64::try_from(relocation.r_addend(endian)).ok()?;
            *known.get(&address)?
        };
        let slot = relocation.r_offset(endian);
        Some(SlotName { slot, name })
    });
    names.collect()
}

/// The relocations that only add where the object lies, of which large programs have a million. Linkers
/// write them first, and say how many they are; loaders take them for such without a look at each.
///
/// Source: `DT_RELACOUNT`; `elf_dynamic_do_Rela()`, elf/do-rel.h, glibc 2.36.
#[derive(Clone, Copy, Debug, Default)]
struct RelativeRelocations {
    /// The address of the table that begins with them.
    table: u64,
    len: usize,
}

impl RelativeRelocations {
    /// None where the file does not tell.
    fn of(file: &ElfFile64<'_>) -> Self {
        let endian = file.endian();
        let entries = file.elf_section_table().dynamic(endian, file.data());
        let entries = entries
            .ok()
            .flatten()
            .map_or(&[][..], |(entries, _)| entries);
        let value = |tag| {
            let entry = entries.iter().find(|entry| entry.d_tag(endian) == tag);
            entry.map(|entry| entry.d_val(endian))
        };
        let len = value(elf::DT_RELACOUNT).and_then(|len| usize::try_from(len).ok());
        let told = value(elf::DT_RELA).zip(len);
        told.map_or_else(Self::default, |(table, len)| Self { table, len })
    }

    /// The other relocations of the table at an address. All of them where what should be left out does
    /// not begin and end with what it should.
    fn left_out_of<R>(self, relocations: &[R], table: u64) -> &[R]
    where
        R: Rela<Endian = Endianness>,
    {
        let is_relative = |relocation: Option<&R>| {
            relocation.is_some_and(|relocation| {
                let kind = relocation.r_type(Endianness::Little, false);
                relocation.symbol(Endianness::Little, false).is_none()
                    && [elf::R_X86_64_RELATIVE, elf::R_AARCH64_RELATIVE].contains(&kind)
            })
        };
        match relocations.split_at_checked(self.len) {
            Some((left_out, others))
                if self.table == table
                    && is_relative(left_out.first())
                    && is_relative(left_out.last()) =>
            {
                others
            }
            Some(_) | None => relocations,
        }
    }
}

/// The indirect functions (`STT_GNU_IFUNC`) by address; the first name of each.
fn indirect_functions<'d>(file: &ElfFile64<'d>) -> HashMap<u64, NamePlace<'d>> {
    let endian = file.endian();
    let mut functions = HashMap::new();
    for table in [file.elf_dynamic_symbol_table(), file.elf_symbol_table()] {
        let strings = Strings::of(file, table);
        for symbol in table.iter() {
            let at = symbol.st_name(endian);
            let name = NamePlace { strings, at };
            if symbol.st_type() == elf::STT_GNU_IFUNC
                && symbol.st_shndx(endian) != elf::SHN_UNDEF
                && name.get().is_some_and(is_text)
            {
                let address = symbol.st_value(endian);
                functions.entry(address).or_insert(name);
            }
        }
    }
    functions
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
    use object::{I64, U64};

    /// What a file says of its first relocations is taken for true where these begin and end with such.
    #[test]
    fn relative_relocations_are_left_out() {
        let relocation = |kind: u32, symbol: u32| elf::Rela64::<Endianness> {
            r_offset: U64::new(Endianness::Little, 8),
            r_info: U64::new(
                Endianness::Little,
                u64::from(symbol) << 32 | u64::from(kind),
            ),
            r_addend: I64::new(Endianness::Little, 0),
        };
        // Relative, to a slot, to data, of x86-64.
        let [relative, slot, data] =
            [(8, 0), (7, 3), (6, 1)].map(|(kind, symbol)| relocation(kind, symbol));
        let all = [relative, relative, relative, slot, data];
        let left = |len, at| {
            RelativeRelocations { table: 0x400, len }
                .left_out_of(&all, at)
                .len()
        };
        assert_eq!([left(3, 0x400), left(1, 0x400), left(0, 0x400)], [2, 4, 5]);
        // Another table, more than there are, others among them.
        assert_eq!([left(3, 0x408), left(6, 0x400), left(4, 0x400)], [5, 5, 5]);
    }

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
            assert!(
                entries(&file, |_| true, StringNames::in_place)
                    .list
                    .is_empty()
            );
        }
        let starts = |address| chunks(address, &[0; 40], 16).map(|(start, _)| start);
        assert!(starts(0).eq([0, 16, 32]));
        assert!(starts(u64::MAX - 16).eq([u64::MAX - 16, u64::MAX]));
    }
}

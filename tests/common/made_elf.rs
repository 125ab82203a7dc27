//! An ELF file that is made up, with as many functions as asked for.

/// Bytes of each function.
pub(crate) const FUNCTION_BYTES: u64 = 64;

/// Where the first one starts: as in the file, so in memory.
pub(crate) const FIRST: u64 = 0x10000;

/// An x86-64 file with `count` functions, one behind the other. As in real programs, every third one
/// is in `.dynsym` too, every fifth one is a constructor with two names, every eighth one has no
/// size, and every ninth one has a weak alias. The file has no bytes of code.
pub(crate) fn made_elf(count: u64) -> Vec<u8> {
    made_elf_of_build(count, &[])
}

/// The same with a build id, unless that is empty.
pub(crate) fn made_elf_of_build(count: u64, build_id: &[u8]) -> Vec<u8> {
    let (mut full, mut dynamic) = (Table::default(), Table::default());
    for ix in 0..count {
        let name = mangled(ix, 1);
        let bytes = if ix % 8 == 7 { 0 } else { FUNCTION_BYTES };
        if ix % 9 == 4 {
            full.push(&format!("__alias_{ix}"), WEAK, ix, bytes);
        }
        full.push(&name, GLOBAL, ix, bytes);
        if ix % 5 == 2 {
            full.push(&mangled(ix, 2), GLOBAL, ix, bytes);
        }
        if ix % 3 == 0 {
            dynamic.push(&name, GLOBAL, ix, bytes);
        }
    }
    let mut note = Vec::new();
    if !build_id.is_empty() {
        // NT_GNU_BUILD_ID; name, then text.
        for word in [4, build_id.len(), 3] {
            note.extend(u32::try_from(word).unwrap().to_le_bytes());
        }
        note.extend(b"GNU\0");
        note.extend(build_id);
    }
    file(count * FUNCTION_BYTES, [full, dynamic], note)
}

/// What the function of a number is shown as.
pub(crate) fn shown(ix: u64) -> String {
    if ix % 5 == 2 {
        format!("crate_name::module::Type{ix}::Type{ix}")
    } else {
        format!("crate_name::module::function_number_{ix}")
    }
}

fn mangled(ix: u64, constructor: u32) -> String {
    let (space, end) = ("10crate_name6module", format!("{ix}"));
    if ix % 5 == 2 {
        format!("_ZN{space}{}Type{end}C{constructor}Ev", 4 + end.len())
    } else {
        let len = "function_number_".len() + end.len();
        format!("_ZN{space}{len}function_number_{end}17h0123456789abcdefE")
    }
}

/// `STT_FUNC` with `STB_GLOBAL` and `STB_WEAK`.
const GLOBAL: u8 = 0x12;
const WEAK: u8 = 0x22;

/// A symbol table and its names.
struct Table {
    symbols: Vec<u8>,
    names: Vec<u8>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            symbols: vec![0; 24],
            names: vec![0],
        }
    }
}

impl Table {
    fn push(&mut self, name: &str, info: u8, ix: u64, bytes: u64) {
        let at = u32::try_from(self.names.len()).unwrap();
        self.symbols.extend(at.to_le_bytes());
        // The code is section 1.
        self.symbols.extend([info, 0, 1, 0]);
        self.symbols
            .extend((FIRST + ix * FUNCTION_BYTES).to_le_bytes());
        self.symbols.extend(bytes.to_le_bytes());
        self.names.extend(name.bytes());
        self.names.push(0);
    }
}

/// A section's header, but for where its bytes lie.
struct Section {
    name: u32,
    kind: u32,
    flags: u64,
    link: u32,
    entry: u64,
}

/// Header, a segment's header, the tables, the sections' headers. Numbers are those of elf.h.
fn file(code_bytes: u64, [full, dynamic]: [Table; 2], note: Vec<u8>) -> Vec<u8> {
    const HEADERS: usize = 64 + 56;
    let section_names = b"\0.text\0.symtab\0.strtab\0.dynsym\0.dynstr\0.shstrtab\0.note\0".to_vec();
    let section = |name, kind, link, entry| Section {
        name,
        kind,
        flags: if kind == 8 { 6 } else { 0 },
        link,
        entry,
    };
    // SHT_NOBITS, SHT_SYMTAB, SHT_STRTAB, SHT_DYNSYM, …, SHT_NOTE
    let sections = [
        (section(1, 8, 0, 0), Vec::new()),
        (section(7, 2, 3, 24), full.symbols),
        (section(15, 3, 0, 0), full.names),
        (section(23, 11, 5, 24), dynamic.symbols),
        (section(31, 3, 0, 0), dynamic.names),
        (section(39, 3, 0, 0), section_names),
        (section(49, 7, 0, 0), note),
    ];
    let mut bytes = vec![0; HEADERS];
    let mut headers = vec![0; 64];
    for (section, content) in sections {
        headers.extend(section.name.to_le_bytes());
        headers.extend(section.kind.to_le_bytes());
        let is_code = section.kind == 8;
        let (address, len) = if is_code {
            (FIRST, code_bytes)
        } else {
            (0, content.len() as u64)
        };
        for word in [section.flags, address, bytes.len() as u64, len] {
            headers.extend(word.to_le_bytes());
        }
        headers.extend(section.link.to_le_bytes());
        headers.extend(1_u32.to_le_bytes());
        headers.extend(8_u64.to_le_bytes());
        headers.extend(section.entry.to_le_bytes());
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    let sections_at = bytes.len() as u64;
    bytes.extend(headers);
    let mut head = Vec::with_capacity(HEADERS);
    head.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    // ET_DYN, EM_X86_64, version 1.
    head.extend([3, 0, 62, 0, 1, 0, 0, 0]);
    for word in [0, 64, sections_at] {
        head.extend(word.to_le_bytes());
    }
    head.extend([0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 64, 0, 8, 0, 6, 0]);
    // PT_LOAD, readable and executable; offset, two addresses, two sizes, alignment.
    head.extend([1, 0, 0, 0, 5, 0, 0, 0]);
    for word in [FIRST, FIRST, FIRST, code_bytes, code_bytes, 4096] {
        head.extend(word.to_le_bytes());
    }
    bytes[..HEADERS].copy_from_slice(&head);
    bytes
}

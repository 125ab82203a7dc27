//! The look-up of addresses.

use hashbrown::HashMap;

use super::functions::{Functions, Reach};
use super::inlines::Inlines;
use super::names::{FunctionNames, UnitTables};
use super::sections::Sections;
use super::unit_list::UnitList;
use crate::parallel::on_threads;
use crate::symbol::dwarf::code_frames::{CodeFrame, CodeFrames, CodeTextIx, shown_text};
use crate::symbol::dwarf::sections::DebugSections;
use crate::units::Svma;

/// Units that hold fewer bytes of addresses' units are not worth another thread.
const LEAST_BYTES: usize = 1 << 18;

/// An address, and the unit that is asked for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct AskedAddress {
    unit: usize,
    address: Svma,
}

/// What a thread found.
struct FoundPart {
    frames: CodeFrames,
    /// Addresses that their unit has no function at.
    left: Vec<AskedAddress>,
}

/// Looks up the addresses, which are in order and each once. Those at which nothing is inlined are left
/// out. `None` where the file has what is not read here.
pub(in crate::symbol::dwarf) fn search(
    sections: &DebugSections<'_>,
    addresses: &[Svma],
    threads: usize,
    most_steps: u64,
) -> Option<CodeFrames> {
    let read = Sections::new(sections, most_steps)?;
    let units = UnitList::read(sections, threads, most_steps)?;
    let mut asked = Vec::with_capacity(addresses.len());
    let mut has_homeless = false;
    for &address in addresses {
        match units.holding(address.as_u64()).next() {
            Some(unit) => asked.push(AskedAddress { unit, address }),
            None => has_homeless = true,
        }
    }
    if has_homeless && units.has_unplaced_code(&read)? {
        return None;
    }
    let mut all = CodeFrames::default();
    let mut turn = 1;
    while !asked.is_empty() {
        asked.sort_unstable();
        let parts = shares(&units, &asked, threads);
        let parts = on_threads(parts, |part| {
            // Each thread may do as much: what it may do is told by the file, not by its share.
            read_part(&Sections::new(sections, most_steps)?, &units, part)
        });
        asked.clear();
        for part in parts {
            let part = part?;
            all.append(part.frames);
            // Where the first unit that says it holds an address has no function there, the next is
            // asked.
            let next = part.left.iter().filter_map(|left| {
                let unit = units.holding(left.address.as_u64()).nth(turn)?;
                Some(AskedAddress { unit, ..*left })
            });
            asked.extend(next);
        }
        turn += 1;
    }
    all.sort();
    Some(all)
}

/// Divides the addresses between threads: no unit is read by two, and each reads about as many bytes.
fn shares<'q>(
    units: &UnitList,
    asked: &'q [AskedAddress],
    threads: usize,
) -> Vec<&'q [AskedAddress]> {
    let of_units: Vec<&[AskedAddress]> =
        asked.chunk_by(|one, next| one.unit == next.unit).collect();
    let bytes = |of_unit: &&[AskedAddress]| {
        let unit = of_unit.first().and_then(|asked| units.get(asked.unit));
        unit.map_or(0, |unit| unit.end - unit.start)
    };
    let total: usize = of_units.iter().map(bytes).sum();
    let share = total.div_ceil(threads.max(1)).max(LEAST_BYTES);
    let (mut shares, mut rest, mut own) = (Vec::new(), asked, 0_usize);
    let mut len = 0;
    for of_unit in &of_units {
        own += bytes(of_unit);
        len += of_unit.len();
        if own >= share
            && let Some((part, behind)) = rest.split_at_checked(len)
        {
            shares.push(part);
            (rest, own, len) = (behind, 0, 0);
        }
    }
    if !rest.is_empty() {
        shares.push(rest);
    }
    shares
}

fn read_part(
    sections: &Sections<'_>,
    units: &UnitList,
    part: &[AskedAddress],
) -> Option<FoundPart> {
    let mut reader = PartReader {
        sections,
        units,
        tables: UnitTables::new(units),
        names: FunctionNames::new(sections, units),
        texts: HashMap::new(),
        part: FoundPart {
            frames: CodeFrames::default(),
            left: Vec::new(),
        },
    };
    for of_unit in part.chunk_by(|one, next| one.unit == next.unit) {
        reader.read_unit(of_unit)?;
    }
    Some(reader.part)
}

/// Looks up a part of the addresses.
struct PartReader<'p, 'a> {
    sections: &'p Sections<'a>,
    units: &'p UnitList,
    tables: UnitTables<'p>,
    names: FunctionNames<'p, 'a>,
    /// By entry of the function.
    texts: HashMap<usize, Option<CodeTextIx>>,
    part: FoundPart,
}

impl PartReader<'_, '_> {
    /// Looks up addresses that all lie in one unit, in their order.
    fn read_unit(&mut self, asked: &[AskedAddress]) -> Option<()> {
        let number = asked.first()?.unit;
        let unit = self.units.get(number)?;
        self.tables.read(self.sections, number)?;
        let table = self.tables.get(number)?;
        let mut functions = Functions::read(self.sections, unit, table, Reach::Namespaces)?;
        let mut all = asked.iter();
        if functions.is_partial
            && !all.all(|asked| functions.holding(asked.address.as_u64()).is_some())
        {
            functions = Functions::read(self.sections, unit, table, Reach::All)?;
        }
        let mut inlines: HashMap<usize, Inlines> = HashMap::new();
        let mut chain = Vec::new();
        for &asked in asked {
            let address = asked.address.as_u64();
            let Some(function) = functions.holding(address) else {
                self.part.left.push(asked);
                continue;
            };
            if !inlines.contains_key(&function) {
                let table = self.tables.get(number)?;
                let read = Inlines::read(self.sections, unit, table, function)?;
                inlines.insert(function, read);
            }
            chain.clear();
            chain.push(function);
            inlines
                .get(&function)?
                .holding(address, |entry| chain.push(entry));
            if chain.len() > 1 {
                self.push(asked.address, &chain)?;
            }
        }
        Some(())
    }

    /// Adds the chain of these functions.
    fn push(&mut self, address: Svma, entries: &[usize]) -> Option<()> {
        let mut chain = Vec::with_capacity(entries.len());
        for &entry in entries {
            chain.push(CodeFrame {
                function: self.text(entry)?,
                file: None,
                line: 0,
            });
        }
        self.part.frames.push(address, &chain);
        Some(())
    }

    fn text(&mut self, entry: usize) -> Option<Option<CodeTextIx>> {
        if let Some(known) = self.texts.get(&entry) {
            return Some(*known);
        }
        let name = self.names.of(&mut self.tables, entry)?;
        let shown = name.and_then(shown_text);
        let text = shown.map(|text| self.part.frames.text_ix(&text));
        self.texts.insert(entry, text);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use addr2line::gimli::{RunTimeEndian, SectionId};

    use super::*;

    /// `.debug_abbrev`: a unit, a function with a sibling and a name, a function where it is inlined,
    /// a function that is inlined only, a function that is a list of ranges, a unit that states no
    /// place.
    ///
    /// Source: DWARF 4, figures 18 to 21.
    const ABBREVIATIONS: &[u8] = &[
        1, 0x11, 1, 0x11, 0x01, 0x12, 0x07, 0, 0, // DW_TAG_compile_unit: low_pc, high_pc
        2, 0x2e, 1, 0x01, 0x13, 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0,
        0, // sibling, name, place
        3, 0x1d, 0, 0x31, 0x13, 0x11, 0x01, 0x12, 0x07, 0,
        0, // abstract_origin, low_pc, high_pc
        4, 0x2e, 0, 0x03, 0x08, 0, 0, // DW_TAG_subprogram: name
        5, 0x2e, 0, 0x55, 0x17, 0, 0, // DW_TAG_subprogram: ranges
        6, 0x11, 1, 0x03, 0x08, 0, 0, // DW_TAG_compile_unit: name
        7, 0x1d, 1, 0x31, 0x13, 0,
        0, // DW_TAG_inlined_subroutine with children: abstract_origin
        0,
    ];

    /// Where the first entry below the unit's lies.
    const FIRST: usize = 11 + 17;

    fn place(start: u64, len: u64) -> Vec<u8> {
        [start, len].map(u64::to_le_bytes).concat()
    }

    fn offset(at: usize) -> [u8; 4] {
        u32::try_from(at).unwrap().to_le_bytes()
    }

    /// A unit of DWARF 4.
    fn unit(entries: &[u8]) -> Vec<u8> {
        let rest = [&[4, 0, 0, 0, 0, 0, 8][..], entries].concat();
        [&offset(rest.len())[..], &rest].concat()
    }

    /// What is told of addresses in a unit from 0x1000 to 0x2000 that holds these entries, and in more
    /// units.
    fn told(entries: &[u8], more: &[u8], ranges: &[u8], asked: &[u64]) -> Option<Vec<String>> {
        let first = unit(&[&[1][..], &place(0x1000, 0x1000), entries, &[0]].concat());
        let info = [&first[..], more].concat();
        let sections = [
            (SectionId::DebugInfo, &*info),
            (SectionId::DebugAbbrev, ABBREVIATIONS),
            (SectionId::DebugRanges, ranges),
        ];
        let sections = DebugSections::made(RunTimeEndian::Little, &sections);
        let addresses: Vec<Svma> = asked.iter().copied().map(Svma::new).collect();
        let frames = search(&sections, &addresses, 2, 1 << 24)?;
        let names = |&address: &Svma| {
            let chain = frames.chain(frames.at(address)?).iter();
            let names = chain.map(|frame| frame.function.map_or("?", |name| frames.text(name)));
            Some(names.collect::<Vec<_>>().join(" "))
        };
        let all = addresses.iter();
        Some(all.map(|at| names(at).unwrap_or_default()).collect())
    }

    /// `outer` from 0x1000 with `within` from 0x1100 inside, as some languages have it, into each of
    /// which `twice` is inlined. What `outer` tells its sibling is leads over both.
    fn nested() -> Vec<u8> {
        let inlined = |start| [&[3][..], &offset(FIRST), &place(start, 8)].concat();
        let twice = [&[4][..], b"twice\0"].concat();
        let function = |name: &[u8], start: u64, sibling: usize, inside: &[u8]| {
            let head = [&[2][..], &offset(sibling), name, &place(start, 0x20)];
            [&head.concat()[..], inside, &[0]].concat()
        };
        let within = |sibling| function(b"within\0", 0x1100, sibling, &inlined(0x1104));
        let outer = |sibling| {
            let inside = [&within(FIRST)[..], &inlined(0x1004)].concat();
            function(b"outer\0", 0x1000, sibling, &inside)
        };
        let len = twice.len() + outer(0).len();
        [twice, outer(FIRST + len)].concat()
    }

    /// By hand: a function in a function is found, though its outer function is passed over at first,
    /// and what is inlined into one is not inlined into the other.
    #[test]
    fn functions_in_functions_are_found() {
        let asked = [0x1000, 0x1004, 0x1103, 0x1104, 0x110c, 0x1fff, 0x2000];
        let expected = ["", "outer twice", "", "within twice", "", "", ""];
        assert_eq!(told(&nested(), &[], &[], &asked).unwrap(), expected);
        assert_eq!(
            told(&nested(), &[], &[], &asked[..2]).unwrap(),
            expected[..2]
        );
    }

    /// By hand, as GCC writes it with `-gdwarf-2 -gstrict-dwarf`: a function that is inlined in several
    /// pieces states no place, and is where those are that are inlined into it.
    #[test]
    fn functions_without_a_place_are_where_what_they_hold_is() {
        let named = |name: &[u8]| [&[4][..], name].concat();
        let (inner, outer) = (named(b"inner\0"), named(b"middle\0"));
        let middle_at = FIRST + inner.len();
        let inlined = |start| [&[3][..], &offset(FIRST), &place(start, 8)].concat();
        let placeless = |inside: &[u8]| [&[7][..], &offset(middle_at), inside, &[0]].concat();
        let pieces = [inlined(0x1004), inlined(0x1010)].concat();
        let body = placeless(&placeless(&pieces));
        let function = [
            &[2][..],
            &offset(FIRST),
            b"outer\0",
            &place(0x1000, 0x20),
            &body,
            &[0],
        ];
        let all = [inner, outer, function.concat()].concat();
        let asked = [0x1000, 0x1004, 0x100c, 0x1010, 0x1018];
        let deep = "outer middle middle inner";
        let expected = ["", deep, "", deep, ""];
        assert_eq!(told(&all, &[], &[], &asked).unwrap(), expected);
    }

    /// A unit that has code and does not say where leaves the file to who reads its lines, when there is
    /// an address that no unit holds; one without code does not.
    #[test]
    fn code_that_no_unit_states_is_left_to_lines() {
        let asked = [0x1004, 0x3000];
        let nameless = [&[6][..], b"x\0"].concat();
        let with = [&[2][..], &[0; 4], b"code\0", &place(0x3000, 8), &[0]].concat();
        let with = unit(&[&nameless[..], &with, &[0]].concat());
        let without = unit(&[&nameless[..], &[4], b"declared\0", &[0]].concat());
        assert_eq!(told(&nested(), &with, &[], &asked), None);
        assert!(told(&nested(), &with, &[], &asked[..1]).is_some());
        assert!(told(&nested(), &without, &[], &asked).is_some());
    }

    /// A list of ranges that many functions state, and damage at any byte: an end, and no panic.
    #[test]
    fn work_without_end_ends() {
        let ranges = place(0, 8).repeat(1 << 15);
        let functions = [5, 0, 0, 0, 0].repeat(1 << 17);
        assert_eq!(told(&functions, &[], &ranges, &[0x1000]), None);
        assert!(told(&functions[..50], &[], &ranges, &[0x1000]).is_some());
        let whole = nested();
        for at in 0..whole.len() {
            for byte in [0, 1, 2, 3, 5, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = byte;
                drop(told(&damaged, &[], &ranges[..16], &[0x1004, 0x1104]));
            }
            drop(told(&whole[..at], &[], &[], &[0x1004]));
        }
    }
}

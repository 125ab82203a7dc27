//! Names in the string tables of an ELF file.
#![warn(clippy::indexing_slicing)]

use std::ops::Range;

use memchr::memchr;
use object::read::StringTable;
use object::read::elf::{ElfFile, FileHeader, SectionHeader, SymbolTable};

use crate::bytes::Storage;
use crate::parallel::{Shares, in_shares};

/// Bytes that are read at a time: as many names as lie that close together.
const WINDOW: usize = 8 << 10;

/// How long the last name of a window is taken to be. Few names are longer, which are read once more.
const USUAL: usize = 256;

/// Fewer names are not worth a thread.
const NAMES_A_THREAD: usize = 1024;

/// A string table, and where it lies in its file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strings<'d> {
    table: StringTable<'d>,
    /// Where it begins in the file, and where it ends; both the same where that is not known.
    start: usize,
    end: usize,
}

impl<'d> Strings<'d> {
    /// The names of a symbol table.
    pub(super) fn of<Elf: FileHeader>(
        file: &ElfFile<'d, Elf>,
        symbols: &SymbolTable<'d, Elf>,
    ) -> Self {
        let sections = file.elf_section_table();
        let section = sections.section(symbols.string_section()).ok();
        let range = section.and_then(|section| {
            let (start, len) = section.file_range(file.endian())?;
            let start = usize::try_from(start).ok()?;
            Some(start..start.checked_add(usize::try_from(len).ok()?)?)
        });
        let Range { start, end } = range.unwrap_or_default();
        Self {
            table: symbols.strings(),
            start,
            end,
        }
    }
}

/// Where a name begins in a string table.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamePlace<'d> {
    pub(super) strings: Strings<'d>,
    pub(super) at: u32,
}

impl<'d> NamePlace<'d> {
    /// The name there, read where it lies; `None` where the table holds none.
    pub(super) fn get(&self) -> Option<&'d [u8]> {
        self.strings.table.get(self.at).ok()
    }

    /// The name as it is looked for in the file; `None` where it does not lie in the table.
    fn wanted(&self, position: usize) -> Option<WantedName> {
        let Strings { start, end, .. } = self.strings;
        let start = start.checked_add(usize::try_from(self.at).ok()?)?;
        (start < end).then_some(WantedName {
            start,
            limit: end,
            position,
        })
    }
}

/// Names, each at a position.
#[derive(Debug)]
pub(super) struct StringNames<'d> {
    places: Vec<NamePlace<'d>>,
    /// Copies of them all; `None` where they are read where they lie.
    copies: Option<NameCopies>,
}

impl<'d> StringNames<'d> {
    /// Names that are read where they lie.
    pub(super) fn in_place(places: Vec<NamePlace<'d>>) -> Self {
        Self {
            places,
            copies: None,
        }
    }

    /// Names of the tables of `file`, of which `limit` bytes may be copied. Where there are more, they
    /// are read where they lie.
    ///
    /// They lie scattered over the whole table of a large program, of which hardly a page need be mapped
    /// for anything else: so what is around them is copied, in order.
    pub(super) fn read(
        places: Vec<NamePlace<'d>>,
        file: &Storage,
        limit: usize,
        threads: usize,
    ) -> Self {
        let copies = NameCopies::of(&places, file, limit, threads);
        Self { places, copies }
    }

    /// The name at a position; `None` where its table holds none.
    pub(super) fn get(&self, position: usize) -> Option<&[u8]> {
        let copied = self.copies.as_ref().and_then(|of| of.get(position));
        copied.or_else(|| {
            let place = self.places.get(position)?;
            place.get()
        })
    }
}

/// A name that is looked for in a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct WantedName {
    /// Where it begins.
    start: usize,
    /// Where its table ends.
    limit: usize,
    /// Its position among all.
    position: usize,
}

/// Copies of names, one behind the other.
#[derive(Debug)]
struct NameCopies {
    bytes: Vec<u8>,
    /// Where each lies; empty where there is no copy.
    ranges: Vec<Range<usize>>,
}

impl NameCopies {
    /// `None` where they are longer than `limit`.
    fn of(places: &[NamePlace<'_>], file: &Storage, limit: usize, threads: usize) -> Option<Self> {
        let all = places.iter().enumerate();
        let wanted = all.filter_map(|(position, place)| place.wanted(position));
        // Of a table that ends behind its file no name is read where it lies either.
        let wanted = wanted.filter(|wanted| wanted.limit <= file.bytes().len());
        let mut wanted: Vec<WantedName> = wanted.collect();
        wanted.sort_unstable();
        let shares = Shares {
            threads,
            least: NAMES_A_THREAD,
        };
        let read = in_shares(&wanted, shares, |share| ReadShare::of(share, file, limit));
        let mut all = Self {
            bytes: Vec::new(),
            ranges: vec![0..0; places.len()],
        };
        let mut wanted = wanted.iter();
        for share in read {
            let share = share?;
            let before = all.bytes.len();
            if before.saturating_add(share.bytes.len()) > limit {
                return None;
            }
            all.bytes.extend_from_slice(&share.bytes);
            for (range, wanted) in share.ranges.into_iter().zip(&mut wanted) {
                if let Some(slot) = all.ranges.get_mut(wanted.position) {
                    *slot = range.start + before..range.end + before;
                }
            }
        }
        Some(all)
    }

    fn get(&self, position: usize) -> Option<&[u8]> {
        let range = self.ranges.get(position)?.clone();
        self.bytes.get(range).filter(|name| !name.is_empty())
    }
}

/// Names that one thread read, in the order of the file.
struct ReadShare {
    bytes: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

impl ReadShare {
    /// Reads names, which are in order; `None` where they are longer than `limit`.
    fn of(wanted: &[WantedName], file: &Storage, limit: usize) -> Option<Self> {
        let mut share = Self {
            bytes: Vec::new(),
            ranges: Vec::with_capacity(wanted.len()),
        };
        let mut window = Window::of(file);
        let mut last: Option<WantedName> = None;
        let mut rest = wanted;
        while let Some((&next, behind)) = rest.split_first() {
            // What is there twice is copied once.
            let is_same = |last: WantedName| last.start == next.start && last.limit == next.limit;
            let is_last = last.is_some_and(is_same);
            let known = share.ranges.last().filter(|_| is_last).cloned();
            let range = known.unwrap_or_else(|| {
                let start = share.bytes.len();
                share.bytes.extend_from_slice(window.name(next, behind));
                start..share.bytes.len()
            });
            if share.bytes.len() > limit {
                return None;
            }
            share.ranges.push(range);
            (last, rest) = (Some(next), behind);
        }
        Some(share)
    }
}

/// A part of a file that was read.
struct Window<'f> {
    file: &'f Storage,
    buffer: [u8; WINDOW],
    /// What of the file the buffer holds.
    filled: Range<usize>,
}

impl<'f> Window<'f> {
    fn of(file: &'f Storage) -> Self {
        Self {
            file,
            buffer: [0; WINDOW],
            filled: 0..0,
        }
    }

    /// The name, before which no other is asked for, but those `behind` it; empty where it is too long
    /// or none.
    fn name(&mut self, wanted: WantedName, behind: &[WantedName]) -> &[u8] {
        if self.find(wanted).is_none() {
            let most = wanted.start.saturating_add(WINDOW);
            let end_of = |name: &WantedName| name.start.saturating_add(USUAL);
            let near = behind.partition_point(|name| end_of(name) <= most);
            let last = near.checked_sub(1).and_then(|at| behind.get(at));
            self.read(wanted.start, end_of(last.unwrap_or(&wanted)));
            if self.find(wanted).is_none() {
                self.read(wanted.start, most);
            }
        }
        let name = self.find(wanted).unwrap_or_default();
        self.buffer.get(name).unwrap_or_default()
    }

    /// Where the buffer holds a name, if it holds it whole.
    fn find(&self, wanted: WantedName) -> Option<Range<usize>> {
        let start = wanted.start.checked_sub(self.filled.start)?;
        let end = wanted.limit.min(self.filled.end);
        let end = end.checked_sub(self.filled.start)?;
        let len = memchr(0, self.buffer.get(start..end)?)?;
        Some(start..start + len)
    }

    /// Reads a part of the file, as far as the buffer and the file go.
    fn read(&mut self, start: usize, end: usize) {
        let end = end.min(self.file.bytes().len());
        let len = end.saturating_sub(start).min(WINDOW);
        let part = self.buffer.get_mut(..len);
        let read = part.and_then(|part| self.file.copy_to(part, start));
        self.filled = read.map_or(0..0, |()| start..start + len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::MappedFile;
    use proptest::prelude::*;

    proptest! {
        /// Whatever lies in a file, a copied name is the one that lies in the table, and there is none
        /// where that has none.
        #[test]
        fn names_are_those_of_the_tables(
            stretch in prop::collection::vec(prop::sample::select(&b"ab\0\0_Z"[..]), 1..400),
            times in 1..200_usize,
            longs in prop::collection::vec(0..60_000_usize, 0..3),
            places in prop::collection::vec((0..70_000_u32, 0..3_usize), 0..60),
            limit in prop_oneof![Just(usize::MAX), 0..20_000_usize],
            threads in 1..3_usize,
        ) {
            let mut bytes = stretch.repeat(times);
            // Names that are longer than what is read at a time.
            for start in longs {
                let end = bytes.len().min(start + 12_000);
                bytes.get_mut(start..end).unwrap_or_default().fill(b'x');
            }
            let file = Storage::Mapped(MappedFile::holding(&bytes));
            let table = |start: usize, end: usize| Strings {
                table: StringTable::new(&*bytes, start as u64, end as u64),
                start,
                end,
            };
            // One table in the other, and one that ends behind the file, as in no honest file.
            let len = bytes.len();
            let tables = [table(0, len), table(len / 3, len / 2), table(len / 4, len + 7)];
            let place = |(at, number): (u32, usize)| NamePlace { strings: tables[number], at };
            let places: Vec<NamePlace<'_>> = places.into_iter().map(place).collect();
            let names = StringNames::read(places.clone(), &file, limit, threads);
            for (position, place) in places.iter().enumerate() {
                prop_assert_eq!(names.get(position), place.get());
            }
            prop_assert_eq!(names.get(places.len()), None);
            let copied = names.copies.map_or(0, |copies| copies.bytes.len());
            prop_assert!(copied <= limit);
        }
    }

    /// Without a limit all names of usual length are copied, and what is there twice is copied once.
    #[test]
    fn names_are_copied_once() {
        let mut bytes = b"\0main\0_ZN3foo3barEv\0".to_vec();
        bytes.resize(100_000, b'x');
        bytes.extend(b"\0far\0");
        let file = Storage::Mapped(MappedFile::holding(&bytes));
        let strings = Strings {
            table: StringTable::new(&*bytes, 0, bytes.len() as u64),
            start: 0,
            end: bytes.len(),
        };
        let places = [6, 100_001, 1, 6, 20].map(|at| NamePlace { strings, at });
        let names = StringNames::read(places.to_vec(), &file, usize::MAX, 1);
        let copied = names.copies.as_ref().unwrap();
        assert_eq!(copied.bytes, b"main_ZN3foo3barEvfar");
        let found: Vec<_> = (0..4).map(|at| names.get(at).unwrap()).collect();
        assert_eq!(
            found,
            [&b"_ZN3foo3barEv"[..], b"far", b"main", b"_ZN3foo3barEv"]
        );
        // A name that is no copy.
        assert_eq!(names.get(4).unwrap().len(), 100_000 - 20);
    }
}

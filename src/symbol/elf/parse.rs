//! Functions of ELF files.
#![warn(clippy::indexing_slicing)]

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use object::File;
use object::read::{Object, ObjectSection};

use super::alias::Binding;
use super::builder::{SizedBuilder, StatedSymbol};
use super::debugdata;
use super::functions::{FunctionTables, StatedFunction, SymbolTableKind, TableStretch};
use super::places::FunctionWish;
use super::plt::{self, PltEntries, PltEntry};
use super::points::Points;
use super::sieve::{Decisive, Sieve, StatedRange};
use super::string_names::{NamePlace, StringNames};
use super::symbols::ObjectSymbols;
use crate::bytes::Storage;
use crate::error::Result;
use crate::object::ElfSegments;
use crate::object::parse_elf_file;
use crate::parallel::on_threads;

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
    /// section. Of several at one address one is chosen as perf does, by what is shown of them.
    ///
    /// With [`Places`](super::Places) only those functions are read that cover one: they are the same, and have the
    /// same names and ends, as if all were read.
    ///
    /// # Errors
    /// When the bytes are no ELF file or its tables make no sense.
    pub fn parse_elf<'p>(
        path: &Path,
        bytes: &[u8],
        wish: impl Into<FunctionWish<'p>>,
    ) -> Result<Self> {
        let bytes = FileBytes { bytes, file: None };
        Self::parse(path, bytes, wish.into())
    }

    /// The same of a file, of which some is read without mapping it.
    ///
    /// # Errors
    /// The same.
    pub fn parse_elf_file(path: &Path, file: &Storage, wish: FunctionWish<'_>) -> Result<Self> {
        let bytes = FileBytes {
            bytes: file.bytes(),
            file: Some(file),
        };
        Self::parse(path, bytes, wish)
    }

    fn parse(path: &Path, bytes: FileBytes<'_>, wish: FunctionWish<'_>) -> Result<Self> {
        let FunctionWish {
            places,
            spelling,
            threads,
        } = wish;
        let file = parse_elf_file(path, bytes.bytes)?;
        let segments = ElfSegments::of(&file);
        let points = places.points(&segments);
        let own = FunctionTables::of(&file);
        let mut full = own.has_full_table();
        let unpacked = if full { None } else { packed_table(&file) };
        // The packed file has the sections' addresses, but not their bytes.
        let inner = unpacked
            .as_deref()
            .and_then(|bytes| parse_elf_file(path, bytes).ok());
        let packed = inner.as_ref().map(FunctionTables::of);
        full |= packed.as_ref().is_some_and(FunctionTables::has_full_table);
        let len = bytes.bytes.len();
        let len = len.saturating_add(unpacked.as_ref().map_or(0, Vec::len));
        let mut reader = FunctionReader {
            bytes,
            threads,
            shares: own.shares(threads),
            own,
            packed,
            name_budget: len.saturating_mul(NAMES_PER_FILE),
            builder: SizedBuilder::of_spelling(spelling),
            has_functions: false,
        };
        reader.read(points.as_ref());
        let symbols = reader.builder.finish(points.as_ref());
        Ok(Self {
            has_functions: reader.has_functions,
            symbols,
            segments,
            full,
        })
    }
}

/// The bytes of a file.
#[derive(Clone, Copy)]
struct FileBytes<'d> {
    bytes: &'d [u8],
    /// The file, where it can be read from as well.
    file: Option<&'d Storage>,
}

/// The unpacked symbol table of a stripped file; `None` when there is none to be had.
fn packed_table(file: &File<'_>) -> Option<Vec<u8>> {
    debugdata::unpack(file.section_by_name(".gnu_debugdata")?.data().ok()?)
}

/// What was seen of symbol tables.
struct SeenSymbols<'p> {
    sieve: Sieve<'p>,
    /// Whether a function with a size and a name was among it.
    is_any_sized: bool,
}

impl<'p> SeenSymbols<'p> {
    fn new(points: &'p Points) -> Self {
        Self {
            sieve: Sieve::new(points),
            is_any_sized: false,
        }
    }

    fn see(&mut self, tables: &FunctionTables<'_>, stretch: &TableStretch) {
        let may_learn =
            |seen: &Self, start, end| seen.sieve.may_learn(start, end) || !seen.is_any_sized;
        tables.each_range(stretch, self, may_learn, |seen, range, is_named| {
            seen.sieve.see(range);
            seen.is_any_sized = seen.is_any_sized || (range.is_sized() && is_named());
        });
    }

    fn join(&mut self, other: Self) {
        self.sieve.join(other.sieve);
        self.is_any_sized |= other.is_any_sized;
    }
}

/// Functions and their names.
struct NamedFunctions<'d> {
    list: Vec<StatedFunction<'d>>,
    names: StringNames<'d>,
}

impl<'d> NamedFunctions<'d> {
    /// The functions with the names that `read` reads.
    fn of(
        list: Vec<StatedFunction<'d>>,
        read: impl FnOnce(Vec<NamePlace<'d>>) -> StringNames<'d>,
    ) -> Self {
        let names = read(list.iter().map(|function| function.name).collect());
        Self { list, names }
    }

    /// The functions in their order, each with its name; `None` where it has none.
    fn iter(&self) -> impl Iterator<Item = (&StatedFunction<'d>, Option<&[u8]>)> {
        let functions = self.list.iter().enumerate();
        functions.map(|(at, function)| (function, function.named(self.names.get(at))))
    }

    fn are_named(&self) -> bool {
        self.iter().all(|(_, name)| name.is_some())
    }
}

/// Takes the functions out of an object's tables.
struct FunctionReader<'d> {
    bytes: FileBytes<'d>,
    threads: usize,
    own: FunctionTables<'d>,
    /// What each thread looks at of it.
    shares: Vec<Vec<TableStretch>>,
    /// Those of the table packed in `.gnu_debugdata`.
    packed: Option<FunctionTables<'d>>,
    name_budget: usize,
    builder: SizedBuilder,
    /// Whether a function is known to be there, wanted or not.
    has_functions: bool,
}

impl<'d> FunctionReader<'d> {
    /// Reads the functions that decide about the points; all without any.
    fn read(&mut self, points: Option<&Points>) {
        if let Some(points) = points
            && let Some(decisive) = self.decisive(points)
        {
            let taken = self.taken(Some(&decisive));
            let wants = |section: Range<u64>| {
                let mut functions = taken.iter().flatten();
                points.hit(section.start, section.end)
                    || functions.any(|function| function.range.may_meet(&section))
            };
            let entries = plt::entries(self.own.file, wants, |names| self.names(names));
            let [own, packed] = taken;
            let taken = [
                NamedFunctions::of(own, |names| self.names(names)),
                NamedFunctions::of(packed, StringNames::in_place),
            ];
            // Where a name is none, its symbol is none, and others may decide.
            if taken.iter().all(NamedFunctions::are_named) {
                return self.push_all(&taken, &entries);
            }
        }
        let taken = self.taken(None);
        let taken = taken.map(|list| NamedFunctions::of(list, StringNames::in_place));
        let entries = plt::entries(self.own.file, |_| true, StringNames::in_place);
        self.push_all(&taken, &entries);
    }

    /// Names of some of many functions.
    fn names(&self, places: Vec<NamePlace<'d>>) -> StringNames<'d> {
        match self.bytes.file {
            Some(file) => StringNames::read(places, file, self.name_budget, self.threads),
            None => StringNames::in_place(places),
        }
    }

    /// What decides about the points; `None` where no function states its size, as few files do.
    fn decisive(&mut self, points: &Points) -> Option<Decisive> {
        let mut seen = on_threads(&self.shares, |share| {
            let mut seen = SeenSymbols::new(points);
            share
                .iter()
                .for_each(|stretch| seen.see(&self.own, stretch));
            seen
        })
        .into_iter();
        let mut all = seen.next()?;
        seen.for_each(|seen| all.join(seen));
        if let Some(packed) = &self.packed {
            all.see(packed, &TableStretch::whole(SymbolTableKind::Full));
        }
        self.has_functions = all.is_any_sized;
        all.is_any_sized.then(|| all.sieve.into_decisive())
    }

    /// The functions that decide, or all: those of the object's own tables and the packed ones.
    fn taken(&self, decisive: Option<&Decisive>) -> [Vec<StatedFunction<'d>>; 2] {
        let own = on_threads(&self.shares, |share| {
            let mut taken = Vec::new();
            for stretch in share {
                self.own
                    .each(stretch, decisive, |function| taken.push(function));
            }
            taken
        });
        let mut packed = Vec::new();
        if let Some(tables) = &self.packed {
            let whole = TableStretch::whole(SymbolTableKind::Full);
            tables.each(&whole, decisive, |function| packed.push(function));
        }
        [own.concat(), packed]
    }

    fn push_all(&mut self, taken: &[NamedFunctions<'d>; 2], entries: &PltEntries<'d>) {
        let [own, packed] = taken;
        self.functions(own);
        entries
            .list
            .iter()
            .for_each(|entry| self.entry(entry, &entries.targets));
        self.functions(packed);
    }

    fn functions(&mut self, functions: &NamedFunctions<'d>) {
        for (function, name) in functions.iter() {
            if let Some(name) = name {
                // Nearly all are whole, which is told in fewer steps.
                let text = str::from_utf8(name)
                    .map_or_else(|_| String::from_utf8_lossy(name), Cow::Borrowed);
                self.push(StatedSymbol {
                    name: &text,
                    range: function.range,
                    binding: function.binding,
                });
            }
        }
    }

    /// Adds an entry of a linkage table as perf names it.
    fn entry(&mut self, entry: &PltEntry, targets: &StringNames<'d>) {
        let target = targets.get(entry.target).unwrap_or_default();
        // Many entries may lead to one long name, which is not copied in vain.
        if self.has_room_for(target.len())
            && let Ok(target) = std::str::from_utf8(target)
        {
            self.push(StatedSymbol {
                name: &format!("{target}@plt"),
                range: StatedRange {
                    start: entry.start,
                    bytes: entry.bytes,
                    limit: entry.start.saturating_add(entry.bytes),
                    label: false,
                },
                binding: Binding::Global,
            });
        }
    }

    fn push(&mut self, stated: StatedSymbol<'_>) {
        if self.has_room_for(stated.name.len()) {
            // Entries of linkage tables are functions where a file states no other.
            self.has_functions = true;
            self.builder.push(stated);
        }
    }

    fn has_room_for(&self, name_len: usize) -> bool {
        self.builder.name_bytes().saturating_add(name_len) <= self.name_budget
    }
}

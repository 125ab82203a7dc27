//! The sections of a file that hold debug information.

use std::cmp::Reverse;
use std::convert::Infallible;

use addr2line::gimli::{self, Dwarf, DwarfPackage, RunTimeEndian, SectionId};
use object::read::{Object, ObjectSection};
use object::{CompressedData, CompressionFormat, File, Section};

use super::entries_ahead::AheadEntries;
use super::guard::{Guard, GuardedSlice};
use super::line_tables::LineTables;
use super::packed_section::unpack;
use super::relocate::Relocator;
use super::section_shelf::SectionShelf;
use crate::bytes::{Storage, UnpackLimit};
use crate::parallel::by_pieces;

/// Those that tell functions, of all that there are.
const OF_FUNCTIONS: [SectionId; 9] = [
    SectionId::DebugInfo,
    SectionId::DebugAbbrev,
    SectionId::DebugStr,
    SectionId::DebugLineStr,
    SectionId::DebugStrOffsets,
    SectionId::DebugAddr,
    SectionId::DebugAranges,
    SectionId::DebugRanges,
    SectionId::DebugRngLists,
];

/// Those that tell lines, and which units a package holds.
const OF_LINES: [SectionId; 2] = [SectionId::DebugLine, SectionId::DebugCuIndex];

/// Those beside that the index of a package states the bounds of.
const INDEXED: [SectionId; 5] = [
    SectionId::DebugLoc,
    SectionId::DebugLocLists,
    SectionId::DebugMacinfo,
    SectionId::DebugMacro,
    SectionId::DebugTypes,
];

/// To unpack fewer packed bytes beside the largest section, a millisecond's work, is not worth a thread.
const LEAST_BESIDE: usize = 1 << 18;

/// What kind of file sections lie in: in one of split debug information they have other names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SectionNames {
    /// `.debug_info`
    Plain,
    /// `.debug_info.dwo`
    Split,
}

/// How sections are unpacked.
#[derive(Clone, Copy, Debug)]
pub(super) struct SectionUnpacking<'f> {
    /// How much they may unpack to.
    pub(super) limit: UnpackLimit,
    /// Worker threads.
    pub(super) threads: usize,
    /// The file's entries, where another thread unpacks them.
    pub(super) ahead: Option<&'f AheadEntries>,
}

/// The sections of one file that hold debug information.
#[derive(Clone, Debug)]
pub(super) struct DebugSections<'f> {
    endian: RunTimeEndian,
    /// What is there, unpacked.
    bytes: Vec<(SectionId, &'f [u8])>,
}

/// Whether a file has debug information of its functions.
pub(crate) fn has_debug_information(file: &File<'_>) -> bool {
    let section = file.section_by_name(SectionId::DebugInfo.name());
    // Debuggers leave the header of a section that was taken away.
    section.is_some_and(|section| {
        section
            .compressed_data()
            .is_ok_and(|held| !held.data.is_empty())
    })
}

impl<'f> DebugSections<'f> {
    /// Those of a file, unpacked where they are compressed, on the shelf and within the limit.
    ///
    /// # Errors
    /// What is wrong, when one of them cannot be read or unpacked.
    pub(super) fn of(
        file: &File<'f>,
        names: SectionNames,
        unpacking: SectionUnpacking<'f>,
        shelf: &'f SectionShelf,
    ) -> Result<Self, String> {
        let mut sections = Self::of_functions(file, names, unpacking, shelf)?;
        sections.add_lines(file, names, unpacking, shelf)?;
        Ok(sections)
    }

    /// Those of them that tell functions.
    ///
    /// # Errors
    /// The same.
    pub(super) fn of_functions(
        file: &File<'f>,
        names: SectionNames,
        unpacking: SectionUnpacking<'f>,
        shelf: &'f SectionShelf,
    ) -> Result<Self, String> {
        let endian = if file.is_little_endian() {
            RunTimeEndian::Little
        } else {
            RunTimeEndian::Big
        };
        let mut sections = Self {
            endian,
            bytes: Vec::with_capacity(OF_FUNCTIONS.len() + OF_LINES.len()),
        };
        let wanted = WantedSections {
            ids: &OF_FUNCTIONS,
            names,
            unpacking,
        };
        sections.add(file, wanted, shelf)?;
        Ok(sections)
    }

    /// Adds the others.
    ///
    /// # Errors
    /// The same.
    pub(super) fn add_lines(
        &mut self,
        file: &File<'f>,
        names: SectionNames,
        unpacking: SectionUnpacking<'f>,
        shelf: &'f SectionShelf,
    ) -> Result<(), String> {
        let mut wanted = WantedSections {
            ids: &OF_LINES,
            names,
            unpacking,
        };
        self.add(file, wanted, shelf)?;
        if names == SectionNames::Split {
            wanted.ids = &INDEXED;
            self.add(file, wanted, shelf)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        file: &File<'f>,
        wanted: WantedSections<'f>,
        shelf: &'f SectionShelf,
    ) -> Result<(), String> {
        let relocator = Relocator::of(file)?;
        let mut found = Vec::with_capacity(wanted.ids.len());
        for &id in wanted.ids {
            let name = match wanted.names {
                SectionNames::Plain => Some(id.name()),
                SectionNames::Split => id.dwo_name(),
            };
            let Some(section) = name.and_then(|name| file.section_by_name(name)) else {
                continue;
            };
            let held = section.compressed_data();
            let held = held.map_err(|wrong| format!("{}: {wrong}", id.name()))?;
            found.push(FoundSection { id, section, held });
        }
        let unpacked = unpack_all(&found, wanted.unpacking);
        for (found, unpacked) in found.into_iter().zip(unpacked) {
            let bytes = match unpacked {
                UnpackedSection::Plain => Some(found.held.data),
                UnpackedSection::Ahead(bytes) => Some(bytes),
                UnpackedSection::Bytes(bytes) => shelf.keep(bytes),
                UnpackedSection::Broken => None,
            };
            let bytes = bytes.ok_or_else(|| format!("{} cannot be unpacked", found.id.name()))?;
            let filled = relocator
                .as_ref()
                .map(|relocator| relocator.apply(&found.section, bytes));
            let filled = filled.transpose()?.flatten();
            let kept = filled.and_then(|filled| shelf.keep(Storage::Memory(filled)));
            self.bytes.push((found.id, kept.unwrap_or(bytes)));
        }
        Ok(())
    }

    /// The same, with the line tables of some units alone.
    pub(super) fn with_line_tables(
        mut self,
        line_tables: LineTables,
        shelf: &'f SectionShelf,
    ) -> Self {
        let mut all = self.bytes.iter_mut();
        let found = all.find(|(id, _)| *id == SectionId::DebugAbbrev);
        if let Some((_, bytes)) = found {
            let limited = line_tables.limit(bytes);
            let kept = limited.and_then(|limited| shelf.keep(Storage::Memory(limited)));
            *bytes = kept.unwrap_or(bytes);
        }
        self
    }

    /// Sections that a test made.
    #[cfg(test)]
    pub(super) fn made(endian: RunTimeEndian, sections: &[(SectionId, &'f [u8])]) -> Self {
        let bytes = sections.to_vec();
        Self { endian, bytes }
    }

    /// Bytes of all of them.
    pub(super) fn total(&self) -> u64 {
        self.bytes.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }

    /// The sections as one who reads within bounds sees them.
    pub(super) fn dwarf<'g>(&self, guard: &'g Guard) -> Dwarf<GuardedSlice<'g>>
    where
        'f: 'g,
    {
        let loaded: Result<_, Infallible> = Dwarf::load(|id| Ok(self.reader(id, guard)));
        match loaded {
            Ok(dwarf) => dwarf,
            Err(never) => match never {},
        }
    }

    /// The same of a package of split debug information.
    ///
    /// # Errors
    /// When its index makes no sense.
    pub(super) fn package<'g>(
        &self,
        guard: &'g Guard,
    ) -> gimli::Result<DwarfPackage<GuardedSlice<'g>>>
    where
        'f: 'g,
    {
        let empty = GuardedSlice::new(&[], self.endian, guard);
        DwarfPackage::load(|id| Ok(self.reader(id, guard)), empty)
    }

    fn reader<'g>(&self, id: SectionId, guard: &'g Guard) -> GuardedSlice<'g>
    where
        'f: 'g,
    {
        GuardedSlice::new(self.held(id), self.endian, guard)
    }

    /// What a section holds; nothing where there is none.
    pub(super) fn held(&self, id: SectionId) -> &'f [u8] {
        let found = self.bytes.iter().find(|(of, _)| *of == id);
        found.map_or(&[][..], |&(_, bytes)| bytes)
    }

    /// The byte order.
    pub(super) fn endian(&self) -> RunTimeEndian {
        self.endian
    }
}

/// Sections that are read.
#[derive(Clone, Copy, Debug)]
struct WantedSections<'f> {
    ids: &'static [SectionId],
    names: SectionNames,
    unpacking: SectionUnpacking<'f>,
}

/// A section of a file.
struct FoundSection<'f, 'd> {
    id: SectionId,
    section: Section<'d, 'f>,
    /// What lies in the file.
    held: CompressedData<'d>,
}

/// What a section holds.
enum UnpackedSection<'f> {
    /// What lies in the file.
    Plain,
    /// What another thread unpacked.
    Ahead(&'f [u8]),
    Bytes(Storage),
    /// It cannot be unpacked, or unpacks to more than it may.
    Broken,
}

/// Unpacks sections at the same time; what they hold comes in their order.
fn unpack_all<'f>(
    found: &[FoundSection<'_, '_>],
    unpacking: SectionUnpacking<'f>,
) -> Vec<UnpackedSection<'f>> {
    // The largest first, so that no thread is left with it at the end; what another thread is at comes last.
    let is_ahead = |found: &FoundSection<'_, '_>| {
        found.id == SectionId::DebugInfo && unpacking.ahead.is_some()
    };
    let len = |found: &FoundSection<'_, '_>| {
        let is_packed = found.held.format != CompressionFormat::None && !is_ahead(found);
        if is_packed { found.held.data.len() } else { 0 }
    };
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_key(|&at| Reverse(found.get(at).map_or(0, len)));
    let lens = order.iter().filter_map(|&at| found.get(at).map(len));
    let beside: Vec<usize> = lens.skip(1).filter(|&len| len > 0).collect();
    let threads = if beside.iter().sum::<usize>() < LEAST_BESIDE {
        1
    } else {
        unpacking.threads.min(1 + beside.len())
    };
    let done = by_pieces(order.len(), threads, Vec::new, |done, piece| {
        let found = order.get(piece).and_then(|&at| Some((at, found.get(at)?)));
        done.extend(found.map(|(at, found)| {
            let ahead = unpacking.ahead.filter(|_| is_ahead(found));
            let unpacked = match (ahead, found.held.format) {
                (Some(ahead), _) => ahead.unpacked().map(UnpackedSection::Ahead),
                (None, CompressionFormat::None) => Some(UnpackedSection::Plain),
                (None, _) => unpack(found.held, unpacking.limit).map(UnpackedSection::Bytes),
            };
            (at, unpacked.unwrap_or(UnpackedSection::Broken))
        }));
    });
    let mut done: Vec<(usize, UnpackedSection<'f>)> = done.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, unpacked)| unpacked).collect()
}

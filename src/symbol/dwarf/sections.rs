//! The sections of a file that hold debug information.

use std::convert::Infallible;

use addr2line::gimli::{self, Dwarf, DwarfPackage, RunTimeEndian, SectionId};
use object::read::{Object, ObjectSection};
use object::{CompressedData, CompressionFormat, File};

use super::guard::{Guard, GuardedSlice};
use super::line_tables::LineTables;
use super::relocate::Relocator;
use super::section_shelf::SectionShelf;
use crate::bytes::{Compression, Storage, UnpackLimit};

/// Those that tell functions and lines, of all that there are.
const READ: [SectionId; 11] = [
    SectionId::DebugInfo,
    SectionId::DebugAbbrev,
    SectionId::DebugStr,
    SectionId::DebugLineStr,
    SectionId::DebugStrOffsets,
    SectionId::DebugAddr,
    SectionId::DebugAranges,
    SectionId::DebugRanges,
    SectionId::DebugRngLists,
    SectionId::DebugLine,
    SectionId::DebugCuIndex,
];

/// Those beside that the index of a package states the bounds of.
const INDEXED: [SectionId; 5] = [
    SectionId::DebugLoc,
    SectionId::DebugLocLists,
    SectionId::DebugMacinfo,
    SectionId::DebugMacro,
    SectionId::DebugTypes,
];

/// What kind of file sections lie in: in one of split debug information they have other names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SectionNames {
    /// `.debug_info`
    Plain,
    /// `.debug_info.dwo`
    Split,
}

/// What is wanted of sections.
#[derive(Clone, Copy, Debug)]
pub(super) struct WantedSections {
    pub(super) line_tables: LineTables,
    /// How much they may unpack to.
    pub(super) limit: UnpackLimit,
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
        wanted: WantedSections,
        shelf: &'f SectionShelf,
    ) -> Result<Self, String> {
        let endian = if file.is_little_endian() {
            RunTimeEndian::Little
        } else {
            RunTimeEndian::Big
        };
        let relocator = Relocator::of(file)?;
        let mut bytes = Vec::with_capacity(READ.len());
        let indexed = INDEXED.iter().filter(|_| names == SectionNames::Split);
        for &id in READ.iter().chain(indexed) {
            let name = match names {
                SectionNames::Plain => Some(id.name()),
                SectionNames::Split => id.dwo_name(),
            };
            let Some(section) = name.and_then(|name| file.section_by_name(name)) else {
                continue;
            };
            let held = section.compressed_data();
            let held = held.map_err(|wrong| format!("{}: {wrong}", id.name()))?;
            let unpacked = unpacked(held, wanted.limit, shelf);
            let unpacked = unpacked.ok_or_else(|| format!("{} cannot be unpacked", id.name()))?;
            let filled = relocator
                .as_ref()
                .map(|relocator| relocator.apply(&section, unpacked));
            let changed = match filled.transpose()?.flatten() {
                Some(filled) => Some(filled),
                None => (id == SectionId::DebugAbbrev)
                    .then(|| wanted.line_tables.limit(unpacked))
                    .flatten(),
            };
            let kept = changed.and_then(|changed| shelf.keep(Storage::Memory(changed)));
            bytes.push((id, kept.unwrap_or(unpacked)));
        }
        Ok(Self { endian, bytes })
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
        let found = self.bytes.iter().find(|(of, _)| *of == id);
        let bytes = found.map_or(&[][..], |&(_, bytes)| bytes);
        GuardedSlice::new(bytes, self.endian, guard)
    }
}

/// What a section holds; `None` where it cannot be unpacked, or unpacks to more than it may.
fn unpacked<'f>(
    held: CompressedData<'f>,
    limit: UnpackLimit,
    shelf: &'f SectionShelf,
) -> Option<&'f [u8]> {
    let compression = match held.format {
        CompressionFormat::None => return Some(held.data),
        CompressionFormat::Zlib => Compression::Zlib,
        CompressionFormat::Zstandard => Compression::Zstd,
        CompressionFormat::Unknown | _ => return None,
    };
    let stated = held.uncompressed_size;
    if stated > limit.of_packed(held.data.len() as u64) {
        return None;
    }
    let bytes = compression.unpack_exactly(held.data, usize::try_from(stated).ok()?)?;
    shelf.keep(Storage::Memory(bytes))
}

//! From addresses of an object to the functions that lie there, by its debug information.

use addr2line::{Context, Frame, Location, LookupContinuation, LookupResult};
use hashbrown::HashMap;

use super::code_frames::{CodeFrame, CodeFrames, CodeTextIx, DEEPEST, shown_text};
use super::entries_ahead::EntriesAhead;
use super::guard::{Guard, GuardedSlice};
use super::inlined;
use super::line_tables::LineTables;
use super::section_shelf::SectionShelf;
use super::sections::{DebugSections, SectionNames, SectionUnpacking};
use super::split_units::SplitUnits;
#[cfg(any(test, feature = "internals"))]
use crate::bytes::Storage;
use crate::error::{BadFile, Error};
#[cfg(any(test, feature = "internals"))]
use crate::object::FileOrigin;
use crate::object::{DebugPart, DebugPartKind, Debugged, ObjectFile, ObjectSearch, parse_elf_file};
use crate::parallel::{Shares, in_shares};
use crate::units::Svma;

/// Fewer addresses are not worth a thread: each has to read the list of units first.
const MIN_SHARE: usize = 1 << 10;

/// How often what there is of debug information may be read: honest files are read once, and where
/// units have much in common a few times.
const MOST_READ: u64 = 16;

/// What may be read in any case.
const LEAST_READ: u64 = 16 << 20;

/// How much may be read of debug information of so many bytes.
fn most_read(total: u64) -> u64 {
    total.saturating_mul(MOST_READ).saturating_add(LEAST_READ)
}

/// What is asked of an object's debug information.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeRequest<'r> {
    /// The object.
    pub(crate) object: Debugged<'r>,
    /// The file with its debug information: its own or another.
    pub(crate) debug_file: &'r ObjectFile,
    /// The addresses, in order and each once.
    pub(crate) addresses: &'r [Svma],
    /// Whether lines are wanted too.
    pub(crate) lines: bool,
    /// Worker threads.
    pub(crate) threads: usize,
    /// Entries of one file that are unpacked ahead, where there are any.
    pub(crate) ahead: Option<&'r EntriesAhead>,
}

impl CodeFrames {
    /// Looks the addresses up. Those of which nothing is told but the function that holds the code
    /// are left out, unless lines are wanted. An address whose debug information makes no sense
    /// costs nothing but itself.
    ///
    /// # Errors
    /// When the debug information as a whole makes no sense.
    pub(crate) fn resolve(search: &ObjectSearch, request: &CodeRequest<'_>) -> Result<Self, Error> {
        let file = request.debug_file;
        let (shelf, unpacking) = (
            SectionShelf::default(),
            SectionUnpacking::of(search, request),
        );
        let parsed = parse_elf_file(&file.path, file.storage.bytes())?;
        let own = DebugSections::of_functions(&parsed, SectionNames::Plain, unpacking, &shelf);
        let mut own = own.map_err(|cause| bad(file, cause))?;
        let common = search.common_debug_file(request.object, file).transpose()?;
        if !request.lines && common.is_none() {
            let most = most_read(own.total());
            let found = inlined::search(&own, request.addresses, request.threads, most);
            if let Some(found) = found {
                return Ok(found);
            }
        }
        let lines = own.add_lines(&parsed, SectionNames::Plain, unpacking, &shelf);
        lines.map_err(|cause| bad(file, cause))?;
        let common = common.as_ref();
        let common_part = common.and_then(|common| {
            let build_id = common.build_id.clone()?;
            Some(DebugPart {
                file: common.path.clone(),
                kind: DebugPartKind::Common(build_id),
            })
        });
        let common = common.map(|common| sections(common, unpacking, &shelf));
        let line_tables = if request.lines {
            LineTables::OfCode
        } else {
            LineTables::OfCodeElsewhereUnknown
        };
        let resolver = Resolver {
            search,
            object: request.object,
            own: own.with_line_tables(line_tables, &shelf),
            common: common
                .transpose()?
                .map(|common| common.with_line_tables(line_tables, &shelf)),
            lines: request.lines,
        };
        let mut found = resolver.resolve_all(request)?;
        found.parts.extend(common_part);
        Ok(found)
    }
}

#[cfg(any(test, feature = "internals"))]
impl CodeFrames {
    /// Looks addresses up in the debug information of a file of these bytes alone: nothing beside it
    /// is asked for. The addresses are in order and each once; `lines` tells whether their lines are
    /// wanted.
    ///
    /// # Errors
    /// As when its object is found.
    pub fn of_bytes(bytes: Vec<u8>, addresses: &[Svma], lines: bool) -> Result<Self, Error> {
        let file = ObjectFile {
            path: "bytes".into(),
            storage: Storage::Memory(bytes),
            build_id: None,
            origin: FileOrigin::Capture,
        };
        let object = Debugged {
            recorded: "",
            build_id: None,
            file: &file,
        };
        let request = CodeRequest {
            object,
            debug_file: &file,
            addresses,
            lines,
            threads: 1,
            ahead: None,
        };
        Self::resolve(&ObjectSearch::default(), &request)
    }
}

impl<'f> SectionUnpacking<'f> {
    fn of(search: &ObjectSearch, request: &CodeRequest<'f>) -> Self {
        let path = &request.debug_file.path;
        Self {
            limit: search.limit,
            threads: request.threads,
            ahead: request.ahead.and_then(|ahead| ahead.of_file(path)),
        }
    }
}

fn bad(file: &ObjectFile, cause: String) -> Error {
    Error::file(&file.path, BadFile::BadDebugInfo { cause })
}

/// The sections of a file.
fn sections<'f>(
    file: &'f ObjectFile,
    unpacking: SectionUnpacking<'f>,
    shelf: &'f SectionShelf,
) -> Result<DebugSections<'f>, Error> {
    let parsed = parse_elf_file(&file.path, file.storage.bytes())?;
    let sections = DebugSections::of(&parsed, SectionNames::Plain, unpacking, shelf);
    sections.map_err(|cause| bad(file, cause))
}

/// What the threads have in common that look addresses up.
struct Resolver<'r> {
    search: &'r ObjectSearch,
    object: Debugged<'r>,
    own: DebugSections<'r>,
    /// Those of the file that several debug files have in common.
    common: Option<DebugSections<'r>>,
    lines: bool,
}

impl Resolver<'_> {
    fn resolve_all(&self, request: &CodeRequest<'_>) -> Result<CodeFrames, Error> {
        let shares = Shares {
            threads: request.threads,
            least: MIN_SHARE,
        };
        let parts = in_shares(request.addresses, shares, |part| self.resolve(part));
        let mut all = CodeFrames::default();
        for part in parts {
            all.append(part.map_err(|cause| bad(request.debug_file, cause))?);
        }
        Ok(all)
    }

    fn resolve(&self, addresses: &[Svma]) -> Result<CodeFrames, String> {
        let total = self.own.total() + self.common.as_ref().map_or(0, DebugSections::total);
        let guard = Guard::new(most_read(total));
        let shelf = SectionShelf::default();
        let mut dwarf = self.own.dwarf(&guard);
        if let Some(common) = &self.common {
            dwarf.set_sup(common.dwarf(&guard));
        }
        let split = SplitUnits::new(self.search, self.object, &guard, &shelf);
        let context = Context::from_dwarf(dwarf).map_err(|wrong| wrong.to_string())?;
        let mut chains = ChainReader {
            frames: CodeFrames::default(),
            texts: HashMap::new(),
            lines: self.lines,
        };
        let mut chain = Vec::new();
        for &address in addresses {
            chain.clear();
            let found = chains.read(&context, &split, address, &mut chain);
            match found {
                Some(()) if self.lines && !chain.is_empty() || chain.len() > 1 => {
                    chain.reverse();
                    chains.frames.push(address, &chain);
                }
                Some(()) => (),
                None => chains.frames.unreadable += 1,
            }
        }
        if guard.is_spent() {
            return Err(
                "it refers to itself more often than files do that were not made for it".to_owned(),
            );
        }
        drop(context);
        (chains.frames.parts, chains.frames.lost) = split.into_parts();
        Ok(chains.frames)
    }
}

/// Reads the chains of addresses.
struct ChainReader {
    frames: CodeFrames,
    /// Names and paths by where they lie: most are met many times.
    texts: HashMap<(usize, usize), Option<CodeTextIx>>,
    lines: bool,
}

impl ChainReader {
    /// The functions at an address, the innermost first; `None` when it cannot be read.
    fn read<'g>(
        &mut self,
        context: &Context<GuardedSlice<'g>>,
        split: &SplitUnits<'g>,
        address: Svma,
        chain: &mut Vec<CodeFrame>,
    ) -> Option<()> {
        // The highest address of all has none behind it, which the look-up asks for.
        address.checked_add(1)?;
        let mut found = context.find_frames(address.as_u64());
        let mut frames = loop {
            match found {
                LookupResult::Output(frames) => {
                    break frames.ok()?;
                }
                LookupResult::Load { load, continuation } => {
                    found = continuation.resume(split.load(&load));
                }
            }
        };
        while let Some(frame) = frames.next().ok()? {
            if chain.len() >= DEEPEST {
                return None;
            }
            let frame = self.frame(&frame);
            chain.push(frame);
        }
        Some(())
    }

    fn frame(&mut self, frame: &Frame<'_, GuardedSlice<'_>>) -> CodeFrame {
        let function = frame
            .function
            .as_ref()
            .map(|function| function.name.bytes());
        let function = function.and_then(|name| self.text(name));
        let place = frame.location.as_ref().filter(|_| self.lines);
        let file = place.and_then(|place| self.text(place.file?.as_bytes()));
        let line = place.and_then(|place: &Location<'_>| place.line);
        CodeFrame {
            function,
            file,
            line: line.unwrap_or(0),
        }
    }

    /// The index of a name or path that stays where it is; `None` when it is empty or too long.
    fn text(&mut self, bytes: &[u8]) -> Option<CodeTextIx> {
        let frames = &mut self.frames;
        let place = (bytes.as_ptr().addr(), bytes.len());
        let text = self.texts.entry(place);
        *text.or_insert_with(|| Some(frames.text_ix(&shown_text(bytes)?)))
    }
}

#[cfg(test)]
mod tests {
    use addr2line::gimli::{RunTimeEndian, SectionId};

    use super::*;

    /// `.debug_abbrev` of a unit, a function with addresses, one with ranges, an inlined function.
    ///
    /// Source: DWARF 4, figures 18 to 21.
    const ABBREVIATIONS: &[u8] = &[
        1, 0x11, 1, 0x11, 0x01, 0x12, 0x07, 0, 0, // DW_TAG_compile_unit: low_pc, high_pc
        2, 0x2e, 1, 0x11, 0x01, 0x12, 0x07, 0, 0, // DW_TAG_subprogram: low_pc, high_pc
        3, 0x1d, 1, 0, 0, // DW_TAG_inlined_subroutine
        4, 0x2e, 0, 0x55, 0x17, 0, 0, // DW_TAG_subprogram: ranges
        0,
    ];

    /// What is made of one address in a unit of DWARF 4 that holds these entries.
    fn resolve(entries: &[u8], ranges: &[u8]) -> Result<CodeFrames, String> {
        let place = |code: u8| {
            let words = [0x1000_u64, 0x1000].map(u64::to_le_bytes);
            [&[code][..], words.as_flattened()].concat()
        };
        let unit = [&[4, 0, 0, 0, 0, 0, 8][..], &place(1), entries].concat();
        let len = u32::try_from(unit.len()).unwrap().to_le_bytes();
        let unit = [&len[..], &unit].concat();
        let sections = [
            (SectionId::DebugInfo, &*unit),
            (SectionId::DebugAbbrev, ABBREVIATIONS),
            (SectionId::DebugRanges, ranges),
        ];
        let file = ObjectFile {
            path: "made".into(),
            storage: Storage::Memory(Vec::new()),
            build_id: None,
            origin: FileOrigin::Capture,
        };
        let resolver = Resolver {
            search: &ObjectSearch::default(),
            object: Debugged {
                recorded: "",
                build_id: None,
                file: &file,
            },
            own: DebugSections::made(RunTimeEndian::Little, &sections),
            common: None,
            lines: false,
        };
        resolver.resolve(&[Svma::new(0x1004)])
    }

    /// A function, then inlined functions without end in each other: as deep as a file has bytes.
    #[test]
    fn nesting_without_end_ends() {
        let function = [
            &[2][..],
            [0x1000_u64, 0x100].map(u64::to_le_bytes).as_flattened(),
        ]
        .concat();
        for (depth, unreadable) in [(40, 0), (1 << 20, 1)] {
            let nested = [&function[..], &vec![3; depth], &vec![0; depth + 2]].concat();
            assert_eq!(resolve(&nested, &[]).unwrap().unreadable(), unreadable);
        }
    }

    /// A list of ranges that is stated once and used by every function: a megabyte of file is 10^10
    /// ranges.
    #[test]
    fn work_without_end_ends() {
        let range = [0_u64, 8].map(u64::to_le_bytes);
        let ranges: Vec<u8> = range.as_flattened().repeat(1 << 15);
        let functions = [4, 0, 0, 0, 0].repeat(1 << 17);
        let wrong = resolve(&functions, &ranges).unwrap_err();
        assert!(wrong.contains("refers to itself"), "{wrong}");
        assert!(resolve(&functions[..50], &ranges).is_ok());
    }
}

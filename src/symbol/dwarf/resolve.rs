//! From addresses of an object to the functions that lie there, by its debug information.

use addr2line::{Context, Frame, Location, LookupContinuation, LookupResult};
use hashbrown::HashMap;

use super::code_frames::{CodeFrame, CodeFrames, CodeTextIx};
use super::guard::{Guard, GuardedSlice};
use super::section_shelf::SectionShelf;
use super::sections::{DebugSections, SectionNames};
use super::split_units::SplitUnits;
use crate::bytes::UnpackLimit;
use crate::error::{BadFile, Error};
use crate::object::{Debugged, ObjectFile, ObjectSearch, parse_elf_file};
use crate::parallel::{Shares, in_shares};
use crate::units::Svma;

/// Fewer addresses are not worth a thread: each has to read the list of units first.
const MIN_SHARE: usize = 1 << 10;

/// How often what there is of debug information may be read: honest files are read once, and where
/// units have much in common a few times.
const MOST_READ: u64 = 16;

/// What may be read in any case.
const LEAST_READ: u64 = 16 << 20;

/// Functions that are inlined into each other deeper than this are taken for damage.
const DEEPEST: usize = 512;

/// The longest name or path that is shown.
const LONGEST: usize = 1 << 16;

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
        let shelf = SectionShelf::default();
        let common = search.common_debug_file(file).transpose()?;
        let resolver = Resolver {
            search,
            object: request.object,
            own: sections(file, search.limit, &shelf)?,
            common: common
                .as_ref()
                .map(|common| sections(common, search.limit, &shelf))
                .transpose()?,
            lines: request.lines,
        };
        let shares = Shares {
            threads: request.threads,
            least: MIN_SHARE,
        };
        let parts = in_shares(request.addresses, shares, |part| resolver.resolve(part));
        let mut all = Self::default();
        for part in parts {
            all.append(part.map_err(|cause| bad(file, cause))?);
        }
        Ok(all)
    }
}

fn bad(file: &ObjectFile, cause: String) -> Error {
    Error::file(&file.path, BadFile::BadDebugInfo { cause })
}

/// The sections of a file.
fn sections<'f>(
    file: &'f ObjectFile,
    limit: UnpackLimit,
    shelf: &'f SectionShelf,
) -> Result<DebugSections<'f>, Error> {
    let parsed = parse_elf_file(&file.path, file.storage.bytes())?;
    let sections = DebugSections::of(&parsed, SectionNames::Plain, limit, shelf);
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
    fn resolve(&self, addresses: &[Svma]) -> Result<CodeFrames, String> {
        let total = self.own.total() + self.common.as_ref().map_or(0, DebugSections::total);
        let guard = Guard::new(total.saturating_mul(MOST_READ).saturating_add(LEAST_READ));
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
        *self.texts.entry(place).or_insert_with(|| {
            let is_shown = !bytes.is_empty() && bytes.len() <= LONGEST;
            is_shown.then(|| frames.text_ix(&String::from_utf8_lossy(bytes)))
        })
    }
}

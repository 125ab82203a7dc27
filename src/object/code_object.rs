//! What unwinding needs of an object file: where its code lies, and its call frame information.

use std::path::Path;
use std::sync::OnceLock;

use object::read::{Object, ObjectSection};
use object::{Architecture, CompressedData, CompressionFormat, Endianness, File};

use super::elf_file::parse_elf_file;
use super::framed_code::FramedCode;
use super::segments::ElfSegments;
use super::stack_switches::StackSwitches;
use crate::bytes::Storage;
use crate::units::{FileOffset, Svma};

/// A compressed section that claims to hold more is not unpacked. The largest `.debug_frame` of a
/// Go program known to us has 3 MB.
const MOST_UNPACKED: u64 = 1 << 28;

/// A machine whose call frame information can be followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CodeMachine {
    /// 64-bit x86.
    X86_64,
    /// 64-bit Arm.
    Arm64,
}

impl CodeMachine {
    /// The machine that `uname -m` names so; `None` when its stacks cannot be unwound.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "x86_64" => Some(Self::X86_64),
            "aarch64" | "arm64" => Some(Self::Arm64),
            _ => None,
        }
    }

    /// That of an object file; `None` of files of other machines.
    pub(super) fn of(file: &File<'_>) -> Option<Self> {
        match (file.architecture(), file.endianness()) {
            (Architecture::X86_64, Endianness::Little) => Some(Self::X86_64),
            (Architecture::Aarch64, Endianness::Little) => Some(Self::Arm64),
            _ => None,
        }
    }
}

/// A section of an object file.
#[derive(Debug)]
struct CodeSection {
    svma: Svma,
    bytes: SectionBytes,
}

#[derive(Debug)]
enum SectionBytes {
    /// As the file holds them.
    InFile { start: usize, len: usize },
    /// Once they were compressed.
    Unpacked(Vec<u8>),
}

/// A section at hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SectionAtHand<'o> {
    /// Its address, as the file states it; 0 when it is not mapped.
    pub(crate) svma: Svma,
    /// Its bytes.
    pub(crate) bytes: &'o [u8],
}

/// A section that holds call frame information or leads to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FrameSection {
    /// `.eh_frame_hdr`, the index of the next one.
    EhFrameHdr,
    /// `.eh_frame`
    EhFrame,
    /// `.debug_frame`
    DebugFrame,
}

/// An object file with its code and its call frame information.
#[derive(Debug)]
pub(crate) struct CodeObject {
    storage: Storage,
    segments: ElfSegments,
    machine: CodeMachine,
    /// Where `.text` begins.
    text: Svma,
    /// Indexed by [`FrameSection`].
    sections: [Option<CodeSection>; 3],
    switches: StackSwitches,
    /// Looked for when it is first asked for.
    framed: OnceLock<FramedCode>,
}

impl CodeObject {
    /// Reads the headers of an ELF file of a machine that can be unwound; `None` for other files.
    pub(crate) fn of(storage: Storage) -> Option<Self> {
        let bytes = storage.bytes();
        let file = parse_elf_file(Path::new(""), bytes).ok()?;
        let machine = CodeMachine::of(&file)?;
        let names = [".eh_frame_hdr", ".eh_frame", ".debug_frame"];
        let sections = names.map(|name| section(&file, name));
        let text = file.section_by_name(".text");
        Some(Self {
            segments: ElfSegments::of(&file),
            machine,
            text: Svma::new(text.map_or(0, |text| text.address())),
            sections,
            switches: StackSwitches::of(&file),
            framed: OnceLock::new(),
            storage,
        })
    }

    /// Its machine.
    pub(crate) const fn machine(&self) -> CodeMachine {
        self.machine
    }

    /// Where `.text` begins; 0 when there is none.
    pub(crate) const fn text(&self) -> Svma {
        self.text
    }

    /// The address that the file states for one of its bytes; `None` when it is never mapped.
    pub(crate) fn svma_of(&self, offset: FileOffset) -> Option<Svma> {
        self.segments.svma_of(offset)
    }

    /// Whether the code at an address switches stacks, so that what stands above its frame has not
    /// called it: known of Go programs with symbols.
    pub(crate) fn switches_stacks(&self, at: Svma) -> bool {
        self.switches.contain(at)
    }

    /// Whether the code at an address keeps frame pointers although nothing describes it: known of V8's
    /// builtins.
    pub(crate) fn keeps_frame_pointers(&self, at: Svma) -> bool {
        let framed = self
            .framed
            .get_or_init(|| FramedCode::of(self.storage.bytes()));
        framed.contains(at)
    }

    /// A section; `None` when the file has none.
    pub(crate) fn section(&self, section: FrameSection) -> Option<SectionAtHand<'_>> {
        let found = self.sections.get(section as usize)?.as_ref()?;
        let bytes = match &found.bytes {
            SectionBytes::InFile { start, len } => {
                self.storage.bytes().get(*start..)?.get(..*len)?
            }
            SectionBytes::Unpacked(bytes) => bytes,
        };
        Some(SectionAtHand {
            svma: found.svma,
            bytes,
        })
    }

    /// The bytes of the file from a place on.
    pub(crate) fn bytes_from(&self, offset: FileOffset) -> &[u8] {
        let start = usize::try_from(offset.as_u64()).unwrap_or(usize::MAX);
        self.storage.bytes().get(start..).unwrap_or_default()
    }
}

fn section(file: &File<'_>, name: &str) -> Option<CodeSection> {
    let section = file.section_by_name(name)?;
    let data = section.compressed_data().ok()?;
    let bytes = if data.format == CompressionFormat::None {
        let (start, len) = section.file_range()?;
        SectionBytes::InFile {
            start: usize::try_from(start).ok()?,
            len: usize::try_from(len).ok()?,
        }
    } else {
        SectionBytes::Unpacked(unpacked(data)?)
    };
    let svma = Svma::new(section.address());
    Some(CodeSection { svma, bytes })
}

fn unpacked(data: CompressedData<'_>) -> Option<Vec<u8>> {
    if data.uncompressed_size > MOST_UNPACKED {
        return None;
    }
    Some(data.decompress().ok()?.into_owned())
}

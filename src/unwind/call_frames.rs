//! The call frame information of an object: which rule holds at an address.

use std::sync::OnceLock;

use gimli::{
    BaseAddresses, DebugFrame, EhFrame, FrameDescriptionEntry, LittleEndian, UnwindContext,
    UnwindOffset, UnwindSection,
};

use super::frame_rule::{FrameBytes, FrameRule};
use crate::object::{CodeObject, FrameSection, SectionAtHand};
use crate::units::Svma;

/// The one encoding of `.eh_frame_hdr` that linkers write: four bytes with a sign, counted from the
/// section's own address (`DW_EH_PE_datarel | DW_EH_PE_sdata4`).
const FROM_HEADER: u8 = 0x3b;

/// The number of entries in four bytes (`DW_EH_PE_udata4`), the other one that is always so.
const FOUR_BYTES: u8 = 0x03;

/// The call frame information of an object.
///
/// `.eh_frame` goes first, found by its index where there is one, since it describes what is mapped;
/// `.debug_frame` is asked for what `.eh_frame` does not cover. gimli's own search of the index takes
/// a difference of two addresses of the file without a check, which damaged files make negative
/// (0.34.0, `EhHdrTable::pointer_to_offset`): the search here is our own.
#[derive(Debug)]
pub(super) struct CallFrames {
    pub(super) object: CodeObject,
    /// Every entry of `.eh_frame`, for files without an index that can be read.
    eh_entries: OnceLock<Box<[Entry]>>,
    /// Every entry of `.debug_frame`.
    debug_entries: OnceLock<Box<[Entry]>>,
}

/// A description of some code.
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u64,
    /// Where it lies in its section.
    offset: usize,
}

/// What is remembered between look-ups to save allocations.
pub(super) type Scratch = UnwindContext<usize>;

impl CallFrames {
    pub(super) const fn of(object: CodeObject) -> Self {
        Self {
            object,
            eh_entries: OnceLock::new(),
            debug_entries: OnceLock::new(),
        }
    }

    /// Whether the file has any call frame information.
    pub(super) fn has_any(&self) -> bool {
        let has = |section| {
            let section = self.object.section(section);
            section.is_some_and(|section| section.bytes.len() > 4)
        };
        has(FrameSection::EhFrame) || has(FrameSection::DebugFrame)
    }

    /// The rule at an address; `None` when the file tells none that can be followed, or the code there
    /// switches stacks.
    pub(super) fn rule(&self, at: Svma, scratch: &mut Scratch) -> Option<FrameRule> {
        if self.object.switches_stacks(at) {
            return None;
        }
        let from_eh = self.rule_of_eh_frame(at, scratch);
        from_eh.or_else(|| self.rule_of_debug_frame(at, scratch))
    }

    fn rule_of_eh_frame(&self, at: Svma, scratch: &mut Scratch) -> Option<FrameRule> {
        let found = self.object.section(FrameSection::EhFrame)?;
        let mut section = EhFrame::new(found.bytes, LittleEndian);
        section.set_address_size(8);
        let bases = self.bases(&found);
        let offset = match self.object.section(FrameSection::EhFrameHdr) {
            Some(header) if is_indexed(&header) => indexed(&header, &found, at)?,
            Some(_) | None => {
                let entries = self.eh_entries.get_or_init(|| entries(&section, &bases));
                offset_in(entries, at)?
            }
        };
        rule_at(&section, &bases, offset, at, scratch)
    }

    fn rule_of_debug_frame(&self, at: Svma, scratch: &mut Scratch) -> Option<FrameRule> {
        let found = self.object.section(FrameSection::DebugFrame)?;
        let mut section = DebugFrame::new(found.bytes, LittleEndian);
        section.set_address_size(8);
        let bases = BaseAddresses::default();
        let entries = self.debug_entries.get_or_init(|| entries(&section, &bases));
        rule_at(&section, &bases, offset_in(entries, at)?, at, scratch)
    }

    fn bases(&self, eh_frame: &SectionAtHand<'_>) -> BaseAddresses {
        BaseAddresses::default()
            .set_eh_frame(eh_frame.svma.as_u64())
            .set_text(self.object.text().as_u64())
    }
}

/// Whether an index is one that [`indexed`] reads.
fn is_indexed(header: &SectionAtHand<'_>) -> bool {
    matches!(header.bytes, [1, _, FOUR_BYTES, FROM_HEADER, ..])
}

/// Where the last entry of `.eh_frame` lies that begins at or below an address, by the index:
/// `{ u8 version, u8 encodings[3], eh_frame_ptr, u32 count, { i32 start, i32 entry }[count] }`.
///
/// Source: Linux Standard Base Core 5.0, 10.6.2.
fn indexed(header: &SectionAtHand<'_>, eh_frame: &SectionAtHand<'_>, at: Svma) -> Option<usize> {
    // The pointer to `.eh_frame` takes four bytes too, or eight.
    let pointer_len = match header.bytes.get(1)? & 0x0f {
        0x04 | 0x0c => 8,
        _ => 4,
    };
    let (count, rows) = header.bytes.get(4 + pointer_len..)?.split_first_chunk()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let rows = rows.as_chunks::<8>().0;
    let rows = rows.get(..count).unwrap_or(rows);
    let base = header.svma.as_u64();
    let address = |bytes: [u8; 4]| base.wrapping_add_signed(i32::from_le_bytes(bytes).into());
    let start_of = |&[a, b, c, d, ..]: &[u8; 8]| address([a, b, c, d]);
    let above = rows.partition_point(|row| start_of(row) <= at.as_u64());
    let &[.., a, b, c, d] = rows.get(above.checked_sub(1)?)?;
    let distance = address([a, b, c, d]).checked_sub(eh_frame.svma.as_u64())?;
    usize::try_from(distance).ok()
}

/// Every entry of a section, in order of what it describes. Those behind one that makes no sense are
/// not found.
fn entries<'o, S: UnwindSection<FrameBytes<'o>>>(
    section: &S,
    bases: &BaseAddresses,
) -> Box<[Entry]> {
    let mut found = Vec::new();
    let mut all = section.entries(bases);
    while let Ok(Some(entry)) = all.next() {
        let gimli::CieOrFde::Fde(entry) = entry else {
            continue;
        };
        if let Ok(entry) = entry.parse(S::cie_from_offset) {
            found.push(Entry {
                start: entry.initial_address(),
                offset: entry.offset(),
            });
        }
    }
    found.sort_unstable_by_key(|entry| (entry.start, entry.offset));
    found.into()
}

fn offset_in(entries: &[Entry], at: Svma) -> Option<usize> {
    let above = entries.partition_point(|entry| entry.start <= at.as_u64());
    Some(entries.get(above.checked_sub(1)?)?.offset)
}

fn rule_at<'o, S>(
    section: &S,
    bases: &BaseAddresses,
    offset: usize,
    at: Svma,
    scratch: &mut Scratch,
) -> Option<FrameRule>
where
    S: UnwindSection<FrameBytes<'o>>,
    S::Offset: UnwindOffset<usize>,
{
    let entry = section.fde_from_offset(bases, S::Offset::from(offset), S::cie_from_offset);
    let entry: FrameDescriptionEntry<FrameBytes<'o>> = entry.ok()?;
    if !entry.contains(at.as_u64()) {
        return None;
    }
    let row = entry.unwind_info_for_address(section, bases, scratch, at.as_u64());
    let information = entry.cie();
    FrameRule::of_row(
        row.ok()?,
        section,
        information.encoding(),
        information.return_address_register(),
        entry.is_signal_trampoline(),
    )
}

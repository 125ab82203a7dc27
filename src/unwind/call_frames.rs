//! The call frame information of an object: which rule holds at an address.

use std::sync::OnceLock;

use gimli::{
    BaseAddresses, DebugFrame, EhFrame, FrameDescriptionEntry, LittleEndian, UnwindContext,
    UnwindOffset, UnwindSection,
};

use super::frame_rule::{FrameBytes, FrameRule};
use super::plain_rule::PlainRule;
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

/// How frames of some code are left.
#[derive(Debug)]
pub(super) enum FoundRule {
    /// In the way that nearly all are.
    Plain(PlainRule),
    /// In any way that can be told.
    Any(FrameRule),
}

/// A rule, and the code that its description covers.
#[derive(Debug)]
pub(super) struct DescribedRule {
    pub(super) rule: FoundRule,
    start: u64,
    end: u64,
}

impl DescribedRule {
    /// Whether an address lies within the code, and not where it begins: one byte further on, since
    /// descriptions of what signal handlers return to begin a byte early
    /// (`sysdeps/unix/sysv/linux/x86_64/libc_sigaction.c`, glibc 2.36).
    pub(super) const fn is_around(&self, at: Svma) -> bool {
        at.as_u64() > self.start.saturating_add(1) && at.as_u64() < self.end
    }
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
    pub(super) fn rule(&self, at: Svma, scratch: &mut Scratch) -> Option<DescribedRule> {
        if self.object.switches_stacks(at) {
            return None;
        }
        let from_eh = self.rule_of_eh_frame(at, scratch);
        from_eh.or_else(|| self.rule_of_debug_frame(at, scratch))
    }

    fn rule_of_eh_frame(&self, at: Svma, scratch: &mut Scratch) -> Option<DescribedRule> {
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

    fn rule_of_debug_frame(&self, at: Svma, scratch: &mut Scratch) -> Option<DescribedRule> {
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
) -> Option<DescribedRule>
where
    S: UnwindSection<FrameBytes<'o>>,
    S::Offset: UnwindOffset<usize>,
{
    let entry = section.fde_from_offset(bases, S::Offset::from(offset), S::cie_from_offset);
    let entry: FrameDescriptionEntry<FrameBytes<'o>> = entry.ok()?;
    if !entry.contains(at.as_u64()) {
        return None;
    }
    let rule = match PlainRule::of(&entry, section, bases, at) {
        Some(rule) => FoundRule::Plain(rule),
        None => FoundRule::Any(any_rule(&entry, section, bases, at, scratch)?),
    };
    Some(DescribedRule {
        rule,
        start: entry.initial_address(),
        end: entry.end_address(),
    })
}

fn any_rule<'o, S>(
    entry: &FrameDescriptionEntry<FrameBytes<'o>>,
    section: &S,
    bases: &BaseAddresses,
    at: Svma,
    scratch: &mut Scratch,
) -> Option<FrameRule>
where
    S: UnwindSection<FrameBytes<'o>>,
{
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::bytes::Storage;
    use crate::unwind::copied_stack::CopiedStack;
    use crate::unwind::frame_rule::{LeftFrame, NoCaller};
    use crate::unwind::register_file::{Conventions, RegisterFile};

    const STACK: u64 = 0x7fff_0000_0000;

    /// What a rule makes of a frame whose registers are all different.
    fn left(rule: &FoundRule) -> Result<Vec<Option<u64>>, NoCaller> {
        let memory: Vec<u8> = (1..2000_u64).flat_map(u64::to_le_bytes).collect();
        let stack = CopiedStack {
            start: STACK,
            memory: &memory,
            is_cut: true,
        };
        let conventions = Conventions::of(crate::object::CodeMachine::X86_64);
        let mut registers = RegisterFile::new();
        (0..33).for_each(|number| registers.set(number, Some(STACK + 0x100 * u64::from(number))));
        let back = match rule {
            FoundRule::Plain(rule) => rule.leave(&mut registers, &stack)?,
            FoundRule::Any(rule) => {
                let left = LeftFrame {
                    conventions,
                    registers: &registers,
                    stack: &stack,
                    is_running: false,
                };
                let (caller, back) = rule.caller(&left)?;
                registers = caller;
                back
            }
        };
        registers.set(conventions.instruction_pointer, Some(back));
        Ok((0..33).map(|number| registers.get(number)).collect())
    }

    /// Where a rule is plain it leads to the registers that gimli's row leads to: at places of some code
    /// of this very program and of all of a small one; nearly all of it is plain.
    #[test]
    fn plain_rules_lead_where_rows_do() {
        for (path, step) in [("/proc/self/exe", 2000), ("testdata/frames/x86_64", 1)] {
            let object = CodeObject::of(Storage::Memory(fs::read(path).unwrap())).unwrap();
            let code = CallFrames::of(object);
            let found = code.object.section(FrameSection::EhFrame).unwrap();
            let mut section = EhFrame::new(found.bytes, LittleEndian);
            section.set_address_size(8);
            let (bases, mut scratch) = (code.bases(&found), UnwindContext::new());
            let (mut plain, mut all, mut number) = (0, 0, 0);
            let mut entries = section.entries(&bases);
            while let Some(entry) = entries.next().unwrap() {
                number += 1;
                let gimli::CieOrFde::Fde(entry) = entry else {
                    continue;
                };
                if number % step != 0 {
                    continue;
                }
                let entry = entry.parse(EhFrame::cie_from_offset).unwrap();
                for twelfth in 0..12 {
                    let at = Svma::new(entry.initial_address() + entry.len() * twelfth / 12);
                    all += 1;
                    let Some(rule) = PlainRule::of(&entry, &section, &bases, at) else {
                        continue;
                    };
                    plain += 1;
                    let row = any_rule(&entry, &section, &bases, at, &mut scratch).unwrap();
                    let expected = left(&FoundRule::Any(row));
                    assert_eq!(left(&FoundRule::Plain(rule)), expected, "at {at}");
                }
            }
            assert!(all > 50 && plain * 10 > all * 7, "{plain} of {all}");
        }
    }
}

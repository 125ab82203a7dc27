//! The fields of a sample behind its call chain.

use super::attr::Attr;
use crate::bytes::{ByteOrder, Cursor, position, u32_at, u64_at};
use crate::perf::abi::{
    PERF_SAMPLE_AUX, PERF_SAMPLE_BRANCH_COUNTERS, PERF_SAMPLE_BRANCH_HW_INDEX,
    PERF_SAMPLE_BRANCH_STACK, PERF_SAMPLE_CGROUP, PERF_SAMPLE_CODE_PAGE_SIZE,
    PERF_SAMPLE_DATA_PAGE_SIZE, PERF_SAMPLE_DATA_SRC, PERF_SAMPLE_PHYS_ADDR, PERF_SAMPLE_RAW,
    PERF_SAMPLE_REGS_INTR, PERF_SAMPLE_REGS_USER, PERF_SAMPLE_STACK_USER, PERF_SAMPLE_TRANSACTION,
    PERF_SAMPLE_WEIGHT, PERF_SAMPLE_WEIGHT_STRUCT,
};

/// What may lie behind the call chain.
const BEHIND_CHAIN: u64 = PERF_SAMPLE_RAW
    | PERF_SAMPLE_BRANCH_STACK
    | PERF_SAMPLE_REGS_USER
    | PERF_SAMPLE_STACK_USER
    | PERF_SAMPLE_WEIGHT
    | PERF_SAMPLE_WEIGHT_STRUCT
    | PERF_SAMPLE_DATA_SRC
    | PERF_SAMPLE_TRANSACTION
    | PERF_SAMPLE_REGS_INTR
    | PERF_SAMPLE_PHYS_ADDR
    | PERF_SAMPLE_CGROUP
    | PERF_SAMPLE_DATA_PAGE_SIZE
    | PERF_SAMPLE_CODE_PAGE_SIZE
    | PERF_SAMPLE_AUX;

/// Registers of a sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Registers<'a> {
    /// `PERF_SAMPLE_REGS_ABI_*`: 0 none, 1 32-bit, 2 64-bit.
    pub abi: u64,
    /// Eight bytes for each bit of the event's mask, lowest first; empty with ABI 0.
    pub values: &'a [u8],
}

/// The last branches of a sample, newest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Branches<'a> {
    /// `{ from, to, flags }`, eight bytes each, per branch.
    pub entries: &'a [u8],
    /// The place in which the CPU keeps the newest one; `None` when the event does not record it.
    pub hw_index: Option<u64>,
    /// One counters word per branch; empty when the event records none.
    pub counters: &'a [u8],
}

/// A copy of the top of the user stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UserStack<'a> {
    /// The bytes from the stack pointer up, as many as the kernel reserved.
    pub bytes: &'a [u8],
    /// How many of them the kernel could read.
    pub filled: u64,
}

/// The fields of a sample behind its call chain; each `None` when the event records none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "named as in `include/uapi/linux/perf_event.h`")]
pub struct SampleTail<'a> {
    pub raw: Option<&'a [u8]>,
    pub branches: Option<Branches<'a>>,
    pub user_registers: Option<Registers<'a>>,
    pub user_stack: Option<UserStack<'a>>,
    pub weight: Option<u64>,
    pub data_src: Option<u64>,
    pub transaction: Option<u64>,
    pub intr_registers: Option<Registers<'a>>,
    pub phys_addr: Option<u64>,
    pub cgroup: Option<u64>,
    pub data_page_size: Option<u64>,
    pub code_page_size: Option<u64>,
    pub aux: Option<&'a [u8]>,
    /// Bytes that no field claims: newer fields, or nothing.
    pub unclaimed: &'a [u8],
}

impl<'a> SampleTail<'a> {
    /// Decodes `tail`, the bytes of a sample behind its call chain.
    ///
    /// `None` when they are too short for what the event says they hold.
    ///
    /// Source: `perf_output_sample()`, kernel/events/core.c, Linux 6.18: the counters of branches
    /// follow all branches, and AUX comes last although the header's comment lists it earlier.
    /// Where a sample has no branch stack at all, its `nr` of 0 is written without the hardware
    /// index that the event asks for; where the stack is merely empty, the index is there. Which
    /// of the two it is shows only in the length of the whole: the one that fills it is right.
    pub fn parse<O: ByteOrder>(attr: &Attr, tail: &'a [u8]) -> Option<Self> {
        let has_index = attr.samples(PERF_SAMPLE_BRANCH_STACK)
            && attr.branch_sample_type & PERF_SAMPLE_BRANCH_HW_INDEX != 0;
        let fills = |parsed: &Self| parsed.unclaimed.is_empty();
        let parsed = Self::parse_with::<O>(attr, tail, has_index);
        if !has_index || parsed.as_ref().is_some_and(fills) {
            return parsed;
        }
        let indexless = Self::parse_with::<O>(attr, tail, false)
            .filter(|parsed| parsed.branches == Some(Branches::default()));
        if indexless.as_ref().is_some_and(fills) {
            return indexless;
        }
        parsed.or(indexless)
    }

    fn parse_with<O: ByteOrder>(attr: &Attr, tail: &'a [u8], has_index: bool) -> Option<Self> {
        let mut at = Cursor::<O>::new(tail);
        let mut out = Self::default();
        if attr.samples(PERF_SAMPLE_RAW) {
            let len = at.u32()?;
            out.raw = Some(at.take(position(u64::from(len)))?);
        }
        if attr.samples(PERF_SAMPLE_BRANCH_STACK) {
            out.branches = Some(branches(attr, has_index, &mut at)?);
        }
        if attr.samples(PERF_SAMPLE_REGS_USER) {
            out.user_registers = Some(registers(attr.regs_user, &mut at)?);
        }
        if attr.samples(PERF_SAMPLE_STACK_USER) {
            out.user_stack = Some(user_stack(&mut at)?);
        }
        let mut word = |bits: u64| {
            if attr.samples(bits) {
                at.u64().map(Some)
            } else {
                Some(None)
            }
        };
        out.weight = word(PERF_SAMPLE_WEIGHT | PERF_SAMPLE_WEIGHT_STRUCT)?;
        out.data_src = word(PERF_SAMPLE_DATA_SRC)?;
        out.transaction = word(PERF_SAMPLE_TRANSACTION)?;
        if attr.samples(PERF_SAMPLE_REGS_INTR) {
            out.intr_registers = Some(registers(attr.regs_intr, &mut at)?);
        }
        let mut word = |bits: u64| {
            if attr.samples(bits) {
                at.u64().map(Some)
            } else {
                Some(None)
            }
        };
        out.phys_addr = word(PERF_SAMPLE_PHYS_ADDR)?;
        out.cgroup = word(PERF_SAMPLE_CGROUP)?;
        out.data_page_size = word(PERF_SAMPLE_DATA_PAGE_SIZE)?;
        out.code_page_size = word(PERF_SAMPLE_CODE_PAGE_SIZE)?;
        if attr.samples(PERF_SAMPLE_AUX) {
            let len = at.u64()?;
            out.aux = Some(at.take(position(len))?);
        }
        out.unclaimed = at.rest();
        Some(out)
    }
}

/// What samples of an event hold behind their call chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TailShape {
    /// Nothing.
    Absent,
    /// Raw data alone, as tracepoints do.
    Raw,
    /// Other fields.
    Fields(TailFields),
}

impl TailShape {
    pub(crate) fn of(attr: &Attr) -> Self {
        let bits = attr.sample_type & BEHIND_CHAIN;
        if bits == 0 {
            Self::Absent
        } else if bits == PERF_SAMPLE_RAW {
            Self::Raw
        } else {
            let words = |bits: u64| (attr.sample_type & bits).count_ones() as usize * 8;
            let either = |bits: u64| if attr.samples(bits) { 8 } else { 0 };
            Self::Fields(TailFields {
                bits,
                branch_bits: attr.branch_sample_type,
                regs_user: attr.regs_user.count_ones() as usize * 8,
                regs_intr: attr.regs_intr.count_ones() as usize * 8,
                words_before: either(PERF_SAMPLE_WEIGHT | PERF_SAMPLE_WEIGHT_STRUCT)
                    + words(PERF_SAMPLE_DATA_SRC | PERF_SAMPLE_TRANSACTION),
                words_behind: words(
                    PERF_SAMPLE_PHYS_ADDR
                        | PERF_SAMPLE_CGROUP
                        | PERF_SAMPLE_DATA_PAGE_SIZE
                        | PERF_SAMPLE_CODE_PAGE_SIZE,
                ),
            })
        }
    }
}

/// Which fields lie behind the call chain, as far as their lengths go; lengths in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TailFields {
    bits: u64,
    branch_bits: u64,
    regs_user: usize,
    regs_intr: usize,
    /// Fields of one word before the registers at the interrupt.
    words_before: usize,
    /// Fields of one word behind them.
    words_behind: usize,
}

impl TailFields {
    /// Whether the fields end where the bytes do.
    pub(crate) fn is_filled_by<O: ByteOrder>(self, tail: &[u8]) -> bool {
        self.len::<O>(tail, true) == Some(tail.len())
            || self.has_index() && self.len::<O>(tail, false) == Some(tail.len())
    }

    /// How many bytes the fields take, with a hardware index and without, see
    /// [`SampleTail::parse`].
    pub(crate) fn lens<O: ByteOrder>(self, tail: &[u8]) -> [Option<usize>; 2] {
        let without = self.has_index().then(|| self.len::<O>(tail, false));
        [self.len::<O>(tail, true), without.flatten()]
    }

    const fn has_index(self) -> bool {
        self.bits & PERF_SAMPLE_BRANCH_STACK != 0
            && self.branch_bits & PERF_SAMPLE_BRANCH_HW_INDEX != 0
    }

    fn len<O: ByteOrder>(self, tail: &[u8], with_index: bool) -> Option<usize> {
        let has = |bit: u64| self.bits & bit != 0;
        let word = |at: usize| u64_at::<O>(tail, at).map(position);
        let mut at: usize = 0;
        if has(PERF_SAMPLE_RAW) {
            let len = position(u64::from(u32_at::<O>(tail, at)?));
            at = len.checked_add(4)?;
        }
        if has(PERF_SAMPLE_BRANCH_STACK) {
            let nr = word(at)?;
            at += 8;
            if self.has_index() && with_index {
                at += 8;
            } else if self.has_index() && nr != 0 {
                return None;
            }
            let each = if self.branch_bits & PERF_SAMPLE_BRANCH_COUNTERS == 0 {
                24
            } else {
                32
            };
            at = at.checked_add(nr.checked_mul(each)?)?;
        }
        if has(PERF_SAMPLE_REGS_USER) {
            let abi = word(at)?;
            at += 8 + if abi == 0 { 0 } else { self.regs_user };
        }
        if has(PERF_SAMPLE_STACK_USER) {
            let reserved = word(at)?;
            at += 8;
            if reserved != 0 {
                at = at.checked_add(reserved)?.checked_add(8)?;
            }
        }
        at = at.checked_add(self.words_before)?;
        if has(PERF_SAMPLE_REGS_INTR) {
            let abi = word(at)?;
            at += 8 + if abi == 0 { 0 } else { self.regs_intr };
        }
        at = at.checked_add(self.words_behind)?;
        if has(PERF_SAMPLE_AUX) {
            let len = word(at)?;
            at = at.checked_add(8)?.checked_add(len)?;
        }
        (at <= tail.len()).then_some(at)
    }
}

fn branches<'a, O: ByteOrder>(
    attr: &Attr,
    has_index: bool,
    at: &mut Cursor<'a, O>,
) -> Option<Branches<'a>> {
    let nr = position(at.u64()?);
    let hw_index = if has_index { Some(at.u64()?) } else { None };
    let entries = at.take(nr.checked_mul(24)?)?;
    let has_counters = attr.branch_sample_type & PERF_SAMPLE_BRANCH_COUNTERS != 0;
    let counters = if has_counters {
        at.take(nr.checked_mul(8)?)?
    } else {
        &[]
    };
    Some(Branches {
        entries,
        hw_index,
        counters,
    })
}

fn registers<'a, O: ByteOrder>(mask: u64, at: &mut Cursor<'a, O>) -> Option<Registers<'a>> {
    let abi = at.u64()?;
    let count = if abi == 0 {
        0
    } else {
        position(u64::from(mask.count_ones()))
    };
    Some(Registers {
        abi,
        values: at.take(count * 8)?,
    })
}

fn user_stack<'a, O: ByteOrder>(at: &mut Cursor<'a, O>) -> Option<UserStack<'a>> {
    let reserved = position(at.u64()?);
    if reserved == 0 {
        return Some(UserStack::default());
    }
    let bytes = at.take(reserved)?;
    Some(UserStack {
        bytes,
        filled: at.u64()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Little;
    use crate::perf::abi::PERF_SAMPLE_CALLCHAIN;
    use crate::perf::writer::WrittenEvent;

    fn parse(attr: &Attr, words: &[u64]) -> Option<(usize, Option<u64>, Option<u64>, usize)> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        SampleTail::parse::<Little>(attr, &bytes).map(|tail| {
            let entries = tail.branches.map_or(0, |branches| branches.entries.len());
            let abi = tail.user_registers.map(|registers| registers.abi);
            (entries / 24, abi, tail.weight, tail.unclaimed.len())
        })
    }

    /// A sample without a branch stack (user code where only the kernel's branches are recorded)
    /// was one word short: it was skipped, or its registers were read from the wrong place.
    #[test]
    fn an_absent_branch_stack_has_no_hardware_index() {
        let mut attr = WrittenEvent::cpu_clock().attr;
        attr.sample_type = PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_BRANCH_STACK | PERF_SAMPLE_REGS_USER;
        attr.branch_sample_type = PERF_SAMPLE_BRANCH_HW_INDEX;
        attr.regs_user = 0b11;
        // nr, ABI, two registers; the same with an index of 7 and of 0; with one branch.
        let absent = [0, 2, 100, 101];
        let empty = [0, 7, 2, 100, 101];
        let full = [1, 7, 10, 20, 0, 2, 100, 101];
        assert_eq!(parse(&attr, &absent), Some((0, Some(2), None, 0)));
        assert_eq!(parse(&attr, &empty), Some((0, Some(2), None, 0)));
        assert_eq!(parse(&attr, &[0, 0, 2, 1, 1]), Some((0, Some(2), None, 0)));
        assert_eq!(parse(&attr, &full), Some((1, Some(2), None, 0)));
        // A kernel thread has no user registers: ABI 0 and nothing behind it.
        assert_eq!(parse(&attr, &[0, 0]), Some((0, Some(0), None, 0)));
        assert_eq!(parse(&attr, &[0, u64::MAX, 0]), Some((0, Some(0), None, 0)));
        attr.sample_type |= PERF_SAMPLE_WEIGHT;
        assert_eq!(parse(&attr, &[0, 0, 5]), Some((0, Some(0), Some(5), 0)));
        assert_eq!(parse(&attr, &[0, 9, 0, 5]), Some((0, Some(0), Some(5), 0)));
        attr.sample_type = PERF_SAMPLE_BRANCH_STACK;
        assert_eq!(parse(&attr, &[0]), Some((0, None, None, 0)));
        assert_eq!(parse(&attr, &[0, 9]), Some((0, None, None, 0)));
        // A newer kernel's fields behind those that are known; and a record cut short.
        assert_eq!(parse(&attr, &[0, 9, 33]), Some((0, None, None, 8)));
        assert_eq!(parse(&attr, &[1, 9, 10, 20]), None);
    }
}

//! Rules as nearly all are that compilers write for x86-64, in a few bytes.

use gimli::{BaseAddresses, CallFrameInstruction, FrameDescriptionEntry, Register, UnwindSection};

use super::copied_stack::CopiedStack;
use super::frame_rule::{FrameBytes, NoCaller};
use super::register_file::{RegisterFile, X86_64};
use crate::units::Svma;

/// The registers whose places a plain rule tells: those that functions must leave as they were, and
/// the return address.
const SAVED: [u16; 7] = [3, 6, 12, 13, 14, 15, RETURN_ADDRESS];

/// The return address, by its number.
const RETURN_ADDRESS: u16 = 16;

/// How many states may be remembered at a time. Compilers remember one.
const REMEMBERED: usize = 2;

/// How a frame of x86-64 is left whose address is told by a register and an offset, whose return
/// address lies below that, and whose saved registers do or have not changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct PlainRule {
    /// From the register to the frame's address.
    offset: i32,
    register: u8,
    /// How many words below the frame's address each of [`SAVED`] lies; 0 when it has not changed.
    words_below: [u8; SAVED.len()],
}

/// A row of call frame information as far as it has come to.
#[derive(Clone, Copy, Debug)]
struct PlainRow {
    offset: i32,
    /// `None` until one is told.
    register: Option<u8>,
    words_below: [u8; SAVED.len()],
}

impl PlainRule {
    /// The rule of a description at an address in it; `None` when it is not plain, or makes no sense.
    ///
    /// Gives what [`FrameDescriptionEntry::unwind_info_for_address`] does, which builds each row up to
    /// the address as a list of rules.
    pub(super) fn of<'o, S>(
        entry: &FrameDescriptionEntry<FrameBytes<'o>>,
        section: &S,
        bases: &BaseAddresses,
        at: Svma,
    ) -> Option<Self>
    where
        S: UnwindSection<FrameBytes<'o>>,
    {
        let information = entry.cie();
        if information.return_address_register() != Register(RETURN_ADDRESS)
            || entry.is_signal_trampoline()
        {
            return None;
        }
        let program = PlainProgram::of(entry, section.section().slice(), at)?;
        let mut row = PlainRow {
            offset: 0,
            register: None,
            words_below: [0; SAVED.len()],
        };
        let mut instructions = information.instructions(section, bases);
        while let Some(instruction) = instructions.next().ok()? {
            row.begin(&instruction, program.factors.data)?;
        }
        row.follow(program)?;
        row.rule()
    }

    /// Turns the registers of a frame into those of its caller; returns the address that it goes on at.
    /// After an error the registers are of no use.
    pub(super) fn leave(
        &self,
        registers: &mut RegisterFile,
        stack: &CopiedStack<'_>,
    ) -> Result<u64, NoCaller> {
        let base = registers.get(self.register.into());
        let frame_address = base.and_then(|base| base.checked_add_signed(self.offset.into()));
        let frame_address = frame_address.ok_or(NoCaller::Broken)?;
        let below = |words: u8| frame_address.checked_sub(u64::from(words) * 8);
        let [saved @ .., back] = self.words_below;
        let back = stack.read(below(back).ok_or(NoCaller::Broken)?)?;
        registers.keep_preserved(&X86_64);
        for (number, words) in SAVED.into_iter().zip(saved) {
            if words != 0 {
                registers.set(number, below(words).and_then(|at| stack.read(at).ok()));
            }
        }
        registers.set(X86_64.stack_pointer, Some(frame_address));
        Ok(back)
    }
}

impl PlainRow {
    /// Does what an instruction says that every description of a sort begins with; `None` when that is
    /// not plain.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever is not plain is left to another reader"
    )]
    fn begin(&mut self, instruction: &CallFrameInstruction<usize>, factor: i64) -> Option<()> {
        match *instruction {
            CallFrameInstruction::DefCfa { register, offset } => {
                self.set_register(register.0.into())?;
                self.set_offset(offset)
            }
            CallFrameInstruction::Offset {
                register,
                factored_offset,
            } => self.save(slot_of(register.0.into())?, factored_offset, factor),
            CallFrameInstruction::Nop => Some(()),
            _ => None,
        }
    }

    /// Follows the program of a description, from its first address to the one asked for; `None` when
    /// it is not plain. Numbers of instructions are those of DWARF 5, section 7.24.
    fn follow(&mut self, program: PlainProgram<'_>) -> Option<()> {
        let PlainProgram {
            factors, distance, ..
        } = program;
        let mut bytes = program.bytes;
        let initial = *self;
        let mut remembered = [initial; REMEMBERED];
        let (mut depth, mut here) = (0, 0_u64);
        while let Some((&first, rest)) = bytes.split_first() {
            bytes = rest;
            let low = u64::from(first & 0x3f);
            let step = match (first >> 6, low) {
                // DW_CFA_advance_loc, and by one, two and four bytes.
                (1, _) => low,
                (0, 0x02) => number::<1>(&mut bytes)?,
                (0, 0x03) => number::<2>(&mut bytes)?,
                (0, 0x04) => number::<4>(&mut bytes)?,
                // DW_CFA_offset, DW_CFA_restore
                (2, _) => {
                    let factored = leb128(&mut bytes)?;
                    self.save(slot_of(low)?, factored, factors.data)?;
                    continue;
                }
                (3, _) => {
                    let slot = slot_of(low)?;
                    *self.words_below.get_mut(slot)? = *initial.words_below.get(slot)?;
                    continue;
                }
                // DW_CFA_remember_state, DW_CFA_restore_state
                (_, 0x0a) => {
                    *remembered.get_mut(depth)? = *self;
                    depth += 1;
                    continue;
                }
                (_, 0x0b) => {
                    depth = depth.checked_sub(1)?;
                    *self = *remembered.get(depth)?;
                    continue;
                }
                (_, low) => {
                    self.change(low, &mut bytes)?;
                    continue;
                }
            };
            here = here.checked_add(step.checked_mul(factors.code)?)?;
            if distance < here {
                break;
            }
        }
        Some(())
    }

    /// Does what an instruction says about the frame's address, or nothing.
    fn change(&mut self, instruction: u64, bytes: &mut &[u8]) -> Option<()> {
        match instruction {
            // DW_CFA_nop
            0x00 => Some(()),
            // DW_CFA_def_cfa
            0x0c => {
                self.set_register(leb128(bytes)?)?;
                self.set_offset(leb128(bytes)?)
            }
            // DW_CFA_def_cfa_register, DW_CFA_def_cfa_offset
            0x0d => {
                self.register?;
                self.set_register(leb128(bytes)?)
            }
            0x0e => {
                self.register?;
                self.set_offset(leb128(bytes)?)
            }
            // DW_CFA_GNU_args_size: what is on the stack for a call moves no frame.
            0x2e => leb128(bytes).map(drop),
            _ => None,
        }
    }

    fn set_register(&mut self, number: u64) -> Option<()> {
        self.register = Some(u8::try_from(number).ok()?);
        Some(())
    }

    fn set_offset(&mut self, offset: u64) -> Option<()> {
        self.offset = i32::try_from(offset).ok()?;
        Some(())
    }

    /// Notes that a register was saved at a distance from the frame's address.
    fn save(&mut self, slot: usize, factored: u64, factor: i64) -> Option<()> {
        let distance = i64::try_from(factored).ok()?.checked_mul(factor)?;
        let words = u8::try_from(distance.checked_neg()? / 8).ok()?;
        if distance % 8 != 0 || words == 0 {
            return None;
        }
        *self.words_below.get_mut(slot)? = words;
        Some(())
    }

    fn rule(&self) -> Option<PlainRule> {
        let [.., back] = self.words_below;
        // Without a place of the return address the frame has no caller, or keeps it otherwise.
        (back != 0).then_some(())?;
        Some(PlainRule {
            offset: self.offset,
            register: self.register?,
            words_below: self.words_below,
        })
    }
}

/// The position of a register in [`SAVED`].
const fn slot_of(number: u64) -> Option<usize> {
    Some(match number {
        3 => 0,
        6 => 1,
        12 => 2,
        13 => 3,
        14 => 4,
        15 => 5,
        16 => 6,
        _ => return None,
    })
}

/// The program of a description, and what it is followed for.
#[derive(Clone, Copy, Debug)]
struct PlainProgram<'o> {
    bytes: &'o [u8],
    factors: Factors,
    /// How far behind the first address.
    distance: u64,
}

/// What numbers in a program are multiplied with.
#[derive(Clone, Copy, Debug)]
struct Factors {
    code: u64,
    data: i64,
}

impl<'o> PlainProgram<'o> {
    /// That of a description in a section as linkers write it: `{ u32 length, u32 information, i32
    /// start, i32 length, LEB128 length of what follows, …, program }`.
    ///
    /// Source: Linux Standard Base Core 5.0, 10.6.1.
    fn of(
        entry: &FrameDescriptionEntry<FrameBytes<'o>>,
        section: &'o [u8],
        at: Svma,
    ) -> Option<Self> {
        let information = entry.cie();
        let encoding = information.fde_address_encoding()?;
        // DW_EH_PE_sdata4, DW_EH_PE_udata4
        if !matches!(encoding.0 & 0x0f, 0x0b | 0x03) {
            return None;
        }
        let (len, rest) = section.get(entry.offset()..)?.split_first_chunk()?;
        let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
        if len != entry.entry_len() {
            return None;
        }
        let mut bytes = rest.get(..len)?.get(3 * size_of::<u32>()..)?;
        let augmentation = usize::try_from(leb128(&mut bytes)?).ok()?;
        Some(Self {
            bytes: bytes.get(augmentation..)?,
            factors: Factors {
                code: information.code_alignment_factor(),
                data: information.data_alignment_factor(),
            },
            distance: at.as_u64().checked_sub(entry.initial_address())?,
        })
    }
}

/// The next number of so many bytes.
fn number<const LEN: usize>(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk::<LEN>()?;
    *bytes = rest;
    let number = number.iter().rev();
    Some(number.fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

/// The next number in LEB128, unless it takes more than nine bytes.
fn leb128(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for place in 0..9 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << (place * 7);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

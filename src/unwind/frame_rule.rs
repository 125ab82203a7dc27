//! How a frame's registers lead to those of its caller.

use gimli::{
    CfaRule, Encoding, EndianSlice, Evaluation, EvaluationResult, Expression, LittleEndian,
    Location, Register, RegisterRule, UnwindExpression, UnwindSection, UnwindTableRow, Value,
};

use super::copied_stack::{CopiedStack, Unread};
use super::register_file::{Conventions, RegisterFile};

pub(super) type FrameBytes<'o> = EndianSlice<'o, LittleEndian>;

/// An expression of a few steps is all that compilers write; a loop in one is damage.
const MOST_STEPS: u32 = 1000;

/// Where something is told from.
#[derive(Clone, PartialEq, Eq, Debug)]
enum RuleSource {
    /// A register and an offset.
    Register { number: u16, offset: i64 },
    /// A DWARF expression.
    Expression(StoredExpression),
}

/// A DWARF expression, kept beyond the section that holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct StoredExpression {
    bytes: Box<[u8]>,
    encoding: Encoding,
}

/// How a caller's register is found.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Saved {
    /// It cannot be found.
    Lost,
    /// It has not changed.
    Same,
    /// In memory, so far from the frame's address.
    AtFrame(i64),
    /// It is the frame's address and so much.
    FramePlus(i64),
    /// In another register.
    InRegister(u16),
    /// In memory where the expression says.
    At(StoredExpression),
    /// The value of the expression.
    Value(StoredExpression),
    /// Always the same.
    Constant(u64),
}

/// How a frame's registers lead to those of its caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct FrameRule {
    frame_address: RuleSource,
    registers: Box<[(u16, Saved)]>,
    /// The register that holds the return address.
    return_register: u16,
    /// Whether the frame is one that the kernel made to run a signal handler. What is behind it was
    /// interrupted and has called nothing.
    pub(super) is_signal: bool,
}

/// Why a frame's caller is not found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoCaller {
    /// There is none: it is the first function of its thread.
    IsRoot,
    /// It lies in the part of the stack that was not copied.
    Cut,
    /// The file that would tell is not at hand.
    NoFile,
    /// What is told of it makes no sense.
    Broken,
}

impl From<Unread> for NoCaller {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Cut => Self::Cut,
            Unread::Elsewhere => Self::Broken,
        }
    }
}

/// The frame that is left, with what is known about its machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeftFrame<'f> {
    pub(super) conventions: &'f Conventions,
    pub(super) registers: &'f RegisterFile,
    pub(super) stack: &'f CopiedStack<'f>,
    /// Whether it runs, or did when it was interrupted, and has called nothing.
    pub(super) is_running: bool,
}

impl StoredExpression {
    fn of<'o>(
        expression: &UnwindExpression<usize>,
        section: &impl UnwindSection<FrameBytes<'o>>,
        encoding: Encoding,
    ) -> Option<Self> {
        let Expression(bytes) = expression.get(section).ok()?;
        Some(Self {
            bytes: bytes.slice().into(),
            encoding,
        })
    }

    /// The expression's value, begun with the frame's address where it has one already.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an expression of a rule can take nothing else"
    )]
    fn value(&self, frame: &LeftFrame<'_>, start: Option<u64>) -> Result<u64, NoCaller> {
        let bytes = EndianSlice::new(&self.bytes, LittleEndian);
        let mut evaluation = Evaluation::new(bytes, self.encoding);
        evaluation.set_max_iterations(MOST_STEPS);
        if let Some(start) = start {
            evaluation.set_initial_value(start);
        }
        let broken = |_| NoCaller::Broken;
        let mut result = evaluation.evaluate().map_err(broken)?;
        loop {
            result = match result {
                EvaluationResult::Complete => break,
                EvaluationResult::RequiresRegister { register, .. } => {
                    let value = frame.registers.get(register.0).ok_or(NoCaller::Broken)?;
                    evaluation.resume_with_register(Value::Generic(value))
                }
                EvaluationResult::RequiresMemory {
                    address, size: 8, ..
                } => evaluation.resume_with_memory(Value::Generic(frame.stack.read(address)?)),
                _ => return Err(NoCaller::Broken),
            }
            .map_err(broken)?;
        }
        if let [piece] = evaluation.as_result()
            && let Location::Address { address } = piece.location
        {
            return Ok(address);
        }
        Err(NoCaller::Broken)
    }
}

impl FrameRule {
    /// The rule of a row of call frame information; `None` when it says what cannot be followed.
    pub(super) fn of_row<'o>(
        row: &UnwindTableRow<usize>,
        section: &impl UnwindSection<FrameBytes<'o>>,
        encoding: Encoding,
        return_register: Register,
        is_signal: bool,
    ) -> Option<Self> {
        let stored = |of: &UnwindExpression<usize>| StoredExpression::of(of, section, encoding);
        let frame_address = match row.cfa() {
            CfaRule::RegisterAndOffset { register, offset } => RuleSource::Register {
                number: register.0,
                offset: *offset,
            },
            CfaRule::Expression(expression) => RuleSource::Expression(stored(expression)?),
        };
        let mut registers = Vec::new();
        for (register, rule) in row.registers() {
            let saved = match rule {
                RegisterRule::Undefined => Saved::Lost,
                RegisterRule::SameValue => Saved::Same,
                RegisterRule::Offset(offset) => Saved::AtFrame(*offset),
                RegisterRule::ValOffset(offset) => Saved::FramePlus(*offset),
                RegisterRule::Register(other) => Saved::InRegister(other.0),
                RegisterRule::Expression(expression) => Saved::At(stored(expression)?),
                RegisterRule::ValExpression(expression) => Saved::Value(stored(expression)?),
                RegisterRule::Constant(value) => Saved::Constant(*value),
                _ => Saved::Lost,
            };
            registers.push((register.0, saved));
        }
        Some(Self {
            frame_address,
            registers: registers.into(),
            return_register: return_register.0,
            is_signal,
        })
    }

    /// The rule of a frame whose registers lie at fixed distances from its stack pointer, among them
    /// the stack pointer itself: `places` are pairs of a register and its distance.
    pub(super) fn of_saved_registers(
        conventions: &Conventions,
        places: impl Iterator<Item = (u16, i64)>,
    ) -> Self {
        Self {
            frame_address: RuleSource::Register {
                number: conventions.stack_pointer,
                offset: 0,
            },
            registers: places
                .map(|(number, distance)| (number, Saved::AtFrame(distance)))
                .collect(),
            return_register: conventions.instruction_pointer,
            is_signal: true,
        }
    }

    /// The registers of the frame's caller, and the address that it goes on at.
    pub(super) fn caller(&self, frame: &LeftFrame<'_>) -> Result<(RegisterFile, u64), NoCaller> {
        let frame_address = match &self.frame_address {
            RuleSource::Register { number, offset } => {
                let value = frame.registers.get(*number).ok_or(NoCaller::Broken)?;
                value.checked_add_signed(*offset).ok_or(NoCaller::Broken)?
            }
            RuleSource::Expression(expression) => expression.value(frame, None)?,
        };
        let conventions = frame.conventions;
        let mut caller = *frame.registers;
        caller.keep_preserved(conventions);
        caller.set(conventions.stack_pointer, Some(frame_address));
        let mut back = None;
        for (number, saved) in &self.registers {
            if *saved == Saved::Same {
                caller.set(*number, frame.registers.get(*number));
                continue;
            }
            if *saved == Saved::Lost && *number == self.return_register {
                return Err(NoCaller::IsRoot);
            }
            let value = value_of(saved, frame, frame_address);
            if *number == self.return_register {
                back = Some(value?);
            }
            caller.set(*number, value.ok());
        }
        // Without a rule the return address is still in its register: only while nothing was called.
        let in_link = || conventions.link.filter(|_| frame.is_running);
        let back = match back {
            Some(back) => back,
            None => match in_link() {
                Some(link) => frame.registers.get(link).ok_or(NoCaller::Broken)?,
                None if conventions.link.is_none() => return Err(NoCaller::IsRoot),
                None => return Err(NoCaller::Broken),
            },
        };
        Ok((caller, back))
    }
}

fn value_of(saved: &Saved, frame: &LeftFrame<'_>, frame_address: u64) -> Result<u64, NoCaller> {
    let from_frame = |offset: i64| {
        let sum = frame_address.checked_add_signed(offset);
        sum.ok_or(NoCaller::Broken)
    };
    let register = |number: u16| frame.registers.get(number).ok_or(NoCaller::Broken);
    match saved {
        Saved::Lost | Saved::Same => Err(NoCaller::Broken),
        Saved::AtFrame(offset) => Ok(frame.stack.read(from_frame(*offset)?)?),
        Saved::FramePlus(offset) => from_frame(*offset),
        Saved::InRegister(number) => register(*number),
        Saved::At(expression) => {
            let at = expression.value(frame, Some(frame_address))?;
            Ok(frame.stack.read(at)?)
        }
        Saved::Value(expression) => expression.value(frame, Some(frame_address)),
        Saved::Constant(value) => Ok(*value),
    }
}

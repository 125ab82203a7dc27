//! Copied user stacks, frame by frame.

use std::hash::{Hash, Hasher};

use hashbrown::HashMap;

use super::call_frames::{CallFrames, FoundRule, Scratch};
use super::code_map::{CodeMap, MappedCode};
use super::copied_stack::CopiedStack;
use super::frame_rule::{FrameRule, LeftFrame, NoCaller};
use super::plain_rule::PlainRule;
use super::register_file::{Conventions, RegisterFile};
use super::signal_return::{is_signal_return, signal_rule};
use crate::object::CodeMachine;
use crate::perf::abi::PERF_CONTEXT_USER;
use crate::space::{AddressSpace, Mapping, TaskEpoch};
use crate::units::{Avma, Pid, Svma};

/// How a stack that was unwound ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum StackEnd {
    /// With the first function of its thread.
    Root,
    /// Where the copy does.
    Truncated,
    /// At a frame of an object whose file is not at hand.
    NoFile,
    /// At a frame whose caller cannot be told otherwise.
    NotUnwound,
}

/// What a sample holds of the user's side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CopiedSample<'a> {
    /// The process.
    pub(crate) pid: Pid,
    /// What was true of it.
    pub(crate) task_epoch: TaskEpoch,
    /// Which registers there are, as the event's mask says it.
    pub(crate) mask: u64,
    /// Eight bytes for each of them, lowest first.
    pub(crate) registers: &'a [u8],
    /// The copy, from the stack pointer up.
    pub(crate) memory: &'a [u8],
    /// Whether the copy has the length that was asked for, so that the stack may go on.
    pub(crate) is_cut: bool,
}

/// How a frame is left.
#[derive(Clone, Copy, Debug)]
enum WayOut {
    /// By a plain rule.
    Plain(PlainRule),
    /// By another rule, as an index into the walker's list.
    Rule(u32),
    /// By its frame pointer.
    FramePointer,
    /// Not at all: its file is not at hand.
    NoFile,
    /// Not at all: nothing is told of it.
    None,
    /// There is no code.
    Unmapped,
}

/// The index of the rule of signal handlers.
const SIGNAL_RULE: u32 = 0;

/// An address in a process's mappings, as a place in the walker's list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct CodePlace {
    space: u32,
    at: u64,
    is_return: bool,
}

impl Hash for CodePlace {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let rest = u64::from(self.space) << 1 | u64::from(self.is_return);
        state.write_u128(u128::from(self.at) << 64 | u128::from(rest));
    }
}

/// Unwinds copied stacks. Each thread has its own.
#[derive(Debug)]
pub(crate) struct StackWalker<'m> {
    code: &'m CodeMap<'m>,
    conventions: &'static Conventions,
    spaces: Vec<Option<&'m AddressSpace>>,
    space_index: HashMap<(Pid, TaskEpoch), u32>,
    ways: HashMap<CodePlace, WayOut>,
    rules: Vec<FrameRule>,
    scratch: Box<Scratch>,
    /// How far up the copy the last walk came.
    reached: u64,
}

/// The frame that the walk has come to.
#[derive(Clone, Copy, Debug)]
struct WalkedFrame {
    at: u64,
    /// How it is left.
    way: WayOut,
    registers: RegisterFile,
    /// Whether it runs or was interrupted: its address is that of an instruction, and else that of a
    /// return.
    is_running: bool,
}

impl<'m> StackWalker<'m> {
    pub(crate) fn new(code: &'m CodeMap<'m>) -> Self {
        Self {
            code,
            conventions: Conventions::of(code.machine),
            spaces: Vec::new(),
            space_index: HashMap::new(),
            ways: HashMap::new(),
            rules: vec![signal_rule(code.machine)],
            scratch: Box::new(Scratch::new()),
            reached: 0,
        }
    }

    /// Appends the user part of a sample's stack to `chain`, as the kernel would have written it:
    /// a marker, the instruction pointer, the return addresses. Where a signal interrupted a function
    /// another marker follows, since that address too is an instruction's. `None`, and nothing, when
    /// the registers do not tell where the stack is.
    pub(crate) fn walk(
        &mut self,
        sample: &CopiedSample<'_>,
        chain: &mut Vec<u64>,
    ) -> Option<StackEnd> {
        let words = sample.registers.as_chunks().0.iter();
        let words = words.map(|word| u64::from_le_bytes(*word));
        let registers = self.conventions.registers(sample.mask, words);
        let start = registers.get(self.conventions.stack_pointer)?;
        let at = registers.get(self.conventions.instruction_pointer)?;
        let stack = CopiedStack {
            start,
            memory: sample.memory,
            is_cut: sample.is_cut,
        };
        stack.load(self.reached);
        let space = self.space(sample.pid, sample.task_epoch);
        let mut frame = WalkedFrame {
            at,
            way: self.way_of(CodePlace {
                space,
                at,
                is_return: false,
            }),
            registers,
            is_running: true,
        };
        chain.extend([PERF_CONTEXT_USER, at]);
        let end = loop {
            match self.leave(space, &mut frame, &stack) {
                Ok(()) => (),
                Err(NoCaller::IsRoot) => break StackEnd::Root,
                Err(NoCaller::Cut) => break StackEnd::Truncated,
                Err(NoCaller::NoFile) => break StackEnd::NoFile,
                Err(NoCaller::Broken) => break StackEnd::NotUnwound,
            }
            if frame.is_running {
                chain.push(PERF_CONTEXT_USER);
            }
            chain.push(frame.at);
        };
        let above = frame.registers.get(self.conventions.stack_pointer);
        self.reached = above.map_or(0, |above| above.saturating_sub(start));
        Some(end)
    }

    fn space(&mut self, pid: Pid, task_epoch: TaskEpoch) -> u32 {
        let Self { code, spaces, .. } = self;
        let key = (pid, task_epoch.of_space());
        *self.space_index.entry(key).or_insert_with(|| {
            spaces.push(code.timeline.space(pid, task_epoch));
            // There are fewer of them than samples.
            u32::try_from(spaces.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Goes on from a frame to the one that called it, or that a signal interrupted. After an error the
    /// frame is of no use.
    fn leave(
        &mut self,
        space: u32,
        frame: &mut WalkedFrame,
        stack: &CopiedStack<'_>,
    ) -> Result<(), NoCaller> {
        let below = frame.registers.get(self.conventions.stack_pointer);
        let was_running = frame.is_running;
        let (back, is_signal) = match frame.way {
            WayOut::Plain(rule) => (rule.leave(&mut frame.registers, stack)?, false),
            WayOut::Rule(rule) => {
                let rule = self.rules.get(rule as usize).ok_or(NoCaller::Broken)?;
                let (registers, back) = rule.caller(&self.left(frame, stack))?;
                frame.registers = registers;
                (back, rule.is_signal)
            }
            WayOut::FramePointer => {
                let (registers, back) = by_frame_pointer(&self.left(frame, stack))?;
                frame.registers = registers;
                (back, false)
            }
            WayOut::NoFile => return Err(NoCaller::NoFile),
            WayOut::None | WayOut::Unmapped => return Err(NoCaller::Broken),
        };
        let back = self.without_authentication(back);
        if back == 0 {
            return Err(NoCaller::IsRoot);
        }
        frame.at = back;
        frame.is_running = is_signal;
        frame.way = self.way_of(CodePlace {
            space,
            at: back,
            is_return: !is_signal,
        });
        if matches!(frame.way, WayOut::Unmapped) {
            return Err(NoCaller::Broken);
        }
        let above = frame.registers.get(self.conventions.stack_pointer);
        if !is_signal && !self.is_further_up(above, below, was_running) {
            return Err(NoCaller::Broken);
        }
        let instruction_pointer = self.conventions.instruction_pointer;
        frame.registers.set(instruction_pointer, Some(back));
        Ok(())
    }

    /// A frame as what leads to its caller looks at it.
    const fn left<'f>(&self, frame: &'f WalkedFrame, stack: &'f CopiedStack<'f>) -> LeftFrame<'f> {
        LeftFrame {
            conventions: self.conventions,
            registers: &frame.registers,
            stack,
            is_running: frame.is_running,
        }
    }

    /// Whether a caller's stack pointer lies above that of the frame it called. On machines whose
    /// calls do not push, a function that runs may have nothing on the stack.
    fn is_further_up(&self, above: Option<u64>, below: Option<u64>, is_running: bool) -> bool {
        let may_be_same = self.conventions.link.is_some() && is_running;
        let pointers = above.zip(below);
        pointers.is_some_and(|(above, below)| above > below || may_be_same && above == below)
    }

    /// A return address without the signature that arm64 may put into its upper bits; user addresses
    /// have 48 bits unless a program asks for more.
    ///
    /// Source: Documentation/arch/arm64/{memory,pointer-authentication}.rst, Linux 6.12.
    fn without_authentication(&self, back: u64) -> u64 {
        match self.code.machine {
            CodeMachine::X86_64 => back,
            CodeMachine::Arm64 => back & ((1 << 48) - 1),
        }
    }

    fn mapping(&self, space: u32, at: u64) -> Option<Mapping> {
        let space = self.spaces.get(space as usize)?.as_ref()?;
        space.find(Avma::new(at)).copied()
    }

    /// How a frame at a place is left.
    fn way_of(&mut self, place: CodePlace) -> WayOut {
        if let Some(way) = self.ways.get(&place) {
            return *way;
        }
        let way = self.way(place);
        self.ways.insert(place, way);
        way
    }

    fn way(&mut self, place: CodePlace) -> WayOut {
        // What is behind a call may be another function.
        let lookup = place.at.saturating_sub(place.is_return.into());
        let Some(mapping) = self.mapping(place.space, lookup) else {
            return WayOut::Unmapped;
        };
        let code = match self.code.code_of(mapping.dso) {
            MappedCode::File(code) => code,
            MappedCode::Memory => return WayOut::FramePointer,
            MappedCode::Missing => return WayOut::NoFile,
        };
        let at = code.object.svma_of(mapping.offset_of(Avma::new(lookup)));
        let found = at.and_then(|at| code.rule(at, &mut self.scratch));
        // Code that signal handlers return to is looked for where functions begin only: elsewhere it
        // would be a page of the file for each place.
        let is_within = found.as_ref().zip(at).is_some_and(|(found, at)| {
            found.is_around(Svma::new(at.as_u64().wrapping_add(place.is_return.into())))
        });
        if !is_within && place.at < mapping.end.as_u64() {
            let here = mapping.offset_of(Avma::new(place.at));
            if is_signal_return(self.code.machine, code.object.bytes_from(here)) {
                return WayOut::Rule(SIGNAL_RULE);
            }
        }
        match found.map(|found| found.rule) {
            Some(FoundRule::Plain(rule)) => WayOut::Plain(rule),
            Some(FoundRule::Any(rule)) => {
                self.rules.push(rule);
                // Fewer than 2^32 of them fit into memory.
                WayOut::Rule(u32::try_from(self.rules.len() - 1).unwrap_or(u32::MAX))
            }
            None => at.map_or(WayOut::None, |at| by_default(code, at)),
        }
    }
}

/// How a frame is left for which the file tells no rule that can be followed.
fn by_default(code: &CallFrames, at: Svma) -> WayOut {
    let object = &code.object;
    if object.switches_stacks(at) || code.has_any() && !object.keeps_frame_pointers(at) {
        WayOut::None
    } else {
        WayOut::FramePointer
    }
}

/// The caller of a frame whose frame pointer leads to the frame pointer that its caller had, with the
/// return address above it.
fn by_frame_pointer(frame: &LeftFrame<'_>) -> Result<(RegisterFile, u64), NoCaller> {
    let conventions = frame.conventions;
    let pointer = frame.registers.get(conventions.frame_pointer);
    let pointer = pointer.ok_or(NoCaller::Broken)?;
    if pointer == 0 {
        return Err(NoCaller::IsRoot);
    }
    if pointer % 8 != 0 {
        return Err(NoCaller::Broken);
    }
    let word = |distance: u64| {
        let at = pointer.checked_add(distance).ok_or(NoCaller::Broken)?;
        Ok::<u64, NoCaller>(frame.stack.read(at)?)
    };
    let (above, back) = (word(0)?, word(8)?);
    let mut caller = RegisterFile::new();
    caller.set(conventions.frame_pointer, Some(above));
    caller.set(conventions.stack_pointer, pointer.checked_add(16));
    Ok((caller, back))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::bytes::Storage;
    use crate::object::CodeObject;

    /// V8's builtins are left by their frame pointers, other code without a rule is not left; as
    /// `nm -n testdata/frames/v8_builtins` tells.
    #[test]
    fn builtins_are_left_by_their_frame_pointers() {
        let file = fs::read("testdata/frames/v8_builtins").unwrap();
        let code = CallFrames::of(CodeObject::of(Storage::Memory(file)).unwrap());
        for at in 0x40_00d4..0x40_00e6 {
            let way = by_default(&code, Svma::new(at));
            let is_as_expected = if at < 0x40_00e0 {
                matches!(way, WayOut::FramePointer)
            } else {
                matches!(way, WayOut::None)
            };
            assert!(is_as_expected, "{at:#x}: {way:?}");
        }
    }
}

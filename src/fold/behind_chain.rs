//! What samples hold behind their call chain that folding needs.

use super::request::FoldRequest;
use super::split::Split;
use super::unique_stack::UserPart;
use crate::bytes::{ByteOrder, position, with_order};
use crate::perf::abi::{PERF_SAMPLE_BRANCH_STACK, PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_STACK_USER};
use crate::perf::{Attr, Capture, SampleTail};
use crate::units::CpuMode;
use crate::unwind::{Machine, holds_branches};

/// `PERF_SAMPLE_REGS_ABI_64`.
const ABI_64: u64 = 2;

/// How the samples of an event are read behind their chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct BehindChain {
    source: UserSource,
    has_cgroup: bool,
    /// The recorded machine, when its registers are known.
    machine: Option<Machine>,
}

/// What tells the user part of the stack besides the chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum UserSource {
    Nothing,
    OpenCalls,
    LastBranches,
    CopiedStack,
}

/// What a sample holds behind its chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct SampleRest<'a> {
    /// The cgroup's id, where stacks are kept apart by it.
    pub(super) cgroup: Option<u64>,
    pub(super) user: UserPart<'a>,
    pub(super) copy: Option<StackCopy<'a>>,
}

impl UserSource {
    fn of(attr: &Attr) -> Self {
        if attr.samples(PERF_SAMPLE_BRANCH_STACK) {
            if attr.has_open_calls() {
                return Self::OpenCalls;
            }
            if !attr.samples(PERF_SAMPLE_CALLCHAIN) {
                return Self::LastBranches;
            }
        }
        if attr.samples(PERF_SAMPLE_STACK_USER) {
            return Self::CopiedStack;
        }
        Self::Nothing
    }
}

impl BehindChain {
    /// How to read the samples of an event; `None` when nothing behind their chain is needed.
    pub(super) fn of(capture: &Capture, attr: &Attr, request: &FoldRequest) -> Option<Self> {
        let source = UserSource::of(attr);
        let has_cgroup = request.split == Split::Cgroup;
        if source == UserSource::Nothing && !has_cgroup {
            return None;
        }
        let machine = with_order!(capture.endian(), O => capture.features().machine::<O>());
        Some(Self {
            source,
            has_cgroup,
            machine: machine.as_deref().and_then(Machine::from_name),
        })
    }

    /// Whether samples hold copies of the user's stack, most of which is not looked at.
    pub(super) fn is_of_copied_stacks(&self) -> bool {
        self.source == UserSource::CopiedStack
    }

    /// Reads what a sample of the mode holds behind its chain; `None` when it is too short for it.
    pub(super) fn read<'a, O: ByteOrder>(
        &self,
        attr: &Attr,
        tail: &'a [u8],
        mode: CpuMode,
    ) -> Option<SampleRest<'a>> {
        let tail = SampleTail::parse::<O>(attr, tail)?;
        let branches = tail
            .branches
            .map(|branches| branches.entries)
            .filter(|entries| holds_branches(entries));
        let user = match (self.source, branches) {
            (UserSource::OpenCalls, Some(entries)) => UserPart::OpenCalls(entries),
            (UserSource::LastBranches, Some(entries)) => UserPart::LastBranches(entries),
            (UserSource::CopiedStack, _) => self.copied_stack::<O>(attr, &tail, mode),
            _ => UserPart::InChain,
        };
        Some(SampleRest {
            cgroup: self.has_cgroup.then(|| tail.cgroup.unwrap_or(u64::MAX)),
            user,
            copy: copy_of(&tail).filter(|_| self.source == UserSource::CopiedStack),
        })
    }

    /// What a sample with a copy of the user stack tells of it. The chain of a sample in user code
    /// holds its instruction pointer, or none at all and the sample's own stands for it; in kernel
    /// code the registers tell it.
    fn copied_stack<'a, O: ByteOrder>(
        &self,
        attr: &Attr,
        tail: &SampleTail<'_>,
        mode: CpuMode,
    ) -> UserPart<'a> {
        let registers = tail.user_registers.filter(|registers| registers.abi != 0);
        let registers = registers.filter(|_| mode == CpuMode::Kernel && !attr.has_user_chain());
        let ip = registers
            .zip(self.machine)
            .and_then(|(registers, machine)| {
                machine.instruction_pointer::<O>(registers, attr.regs_user)
            });
        // Kernel threads have no user stack; of one that is swapped out nothing can be copied.
        let has_copy = tail.user_stack.is_some_and(|copy| copy.filled > 0);
        match ip {
            Some(ip) if has_copy => UserPart::CopiedStack(ip),
            Some(ip) => UserPart::InstructionPointer(ip),
            None if has_copy => UserPart::UnusedCopy,
            None => UserPart::InChain,
        }
    }
}

/// User registers and the top of the user stack, as a sample holds them.
#[derive(Clone, Copy, Debug)]
pub(super) struct StackCopy<'a> {
    /// Eight bytes for each bit of the event's mask, lowest first.
    pub(super) registers: &'a [u8],
    /// The memory from the stack pointer up, as far as the kernel could read it.
    pub(super) memory: &'a [u8],
    /// Whether that is as much as it was to copy.
    pub(super) is_cut: bool,
}

/// The copy of 64-bit code that a sample holds; `None` when there is nothing to unwind in it.
fn copy_of<'a>(tail: &SampleTail<'a>) -> Option<StackCopy<'a>> {
    let registers = tail
        .user_registers
        .filter(|registers| registers.abi == ABI_64)?;
    let stack = tail.user_stack.filter(|stack| stack.filled > 0)?;
    let filled = position(stack.filled).min(stack.bytes.len());
    Some(StackCopy {
        registers: registers.values,
        memory: stack.bytes.get(..filled)?,
        is_cut: filled == stack.bytes.len(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::Path;

    use super::*;
    use crate::bytes::{Little, Storage, UnpackLimit};
    use crate::fold::request::Kept;
    use crate::fold::walk::fold;
    use crate::perf::abi::{PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER, PERF_SAMPLE_REGS_USER};
    use crate::perf::writer::{
        Description, FileWriter, RecordWriter, RegisterValues, SampleValues, WrittenEvent,
    };
    use crate::units::EventIx;

    /// Two samples in user code with copies of their stacks, and two in a guest's kernel.
    fn capture() -> Capture {
        let mut event = WrittenEvent::cpu_clock();
        event.attr.sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
        event.attr.regs_user = 0b11;
        let description = Description {
            events: vec![event.clone()],
            features: vec![],
        };
        let mut out = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
        let mut records = RecordWriter::<Little>::new();
        for number in [1, 2] {
            let values = SampleValues {
                chain: &[PERF_CONTEXT_USER, 0x1000],
                user_registers: RegisterValues {
                    abi: 2,
                    values: &[number, 7],
                },
                user_stack: &[3; 16],
                user_stack_filled: 8 * number,
                ..SampleValues::default()
            };
            records.sample(&event.attr, 2, &values);
            let values = SampleValues {
                ip: 0x5000 + number,
                chain: &[PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER],
                ..SampleValues::default()
            };
            records.sample(&event.attr, 4, &values);
        }
        out.write(records.bytes()).unwrap();
        let storage = Storage::Memory(out.finish().unwrap().into_inner());
        Capture::from_storage(Path::new("copies"), storage, UnpackLimit::default()).unwrap()
    }

    /// Whoever names guests needs each sample's own address; nobody else pays for that.
    #[test]
    fn guest_addresses_are_kept_when_they_are_wanted() {
        let capture = capture();
        let mut request = FoldRequest::all_of(EventIx(0), 1);
        let plain = fold(&capture, &request).stacks;
        assert_eq!(plain.distinct(), 2);
        request.kept = Kept {
            guest_addresses: true,
            samples: false,
            ..Kept::default()
        };
        let kept = fold(&capture, &request).stacks;
        let stacks = kept.stacks.iter();
        let found = stacks.map(|stack| (stack.key.mode, stack.key.ip.as_u64()));
        let expected = [
            (CpuMode::User, 0),
            (CpuMode::GuestKernel, 0x5001),
            (CpuMode::GuestKernel, 0x5002),
        ];
        assert!(found.eq(expected));
    }
}

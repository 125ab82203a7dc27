//! What an occurrence means to its thread, in few bytes.

use super::access::{Access, Target};
use super::host_event::{ExitEvent, HostEvent, HypercallInterface, MmioKind};
use super::plain_run::PlainRun;
use super::qualification::access_of_exit;
use super::reason::ExitReason;
use super::thread_marks::{Marks, Reached, What};
use crate::units::{Tid, Timestamp};

/// What an occurrence means to its thread: as much of a [`HostEvent`] as pairing asks for. Of a
/// capture that is written in rounds, hundreds of thousands wait in memory for their turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThreadEvent {
    /// The number of what is reached; of a halt and of its polling, nanoseconds.
    number: u64,
    /// The guest's instruction pointer.
    rip: u64,
    /// The code of an exit's reason.
    code: u32,
    /// The vCPU's number in its VM.
    vcpu: u32,
    marks: Marks,
}

impl Default for ThreadEvent {
    /// Nothing but that something happened.
    #[inline]
    fn default() -> Self {
        Self::plain(What::Passing)
    }
}

impl ThreadEvent {
    const fn plain(what: What) -> Self {
        Self {
            number: 0,
            rip: 0,
            code: 0,
            vcpu: 0,
            marks: Marks::of(what),
        }
    }

    /// What an event means to one of the threads that it is about.
    #[inline]
    pub fn of(event: &HostEvent, tid: Tid) -> Self {
        match *event {
            HostEvent::Exit(ref exit) => Self::exit(exit),
            HostEvent::Entry { vcpu, .. } => Self::entry(vcpu),
            HostEvent::Pio { is_write, port, .. } => {
                Self::access(Access::new(Target::Port(port), is_write))
            }
            HostEvent::Mmio { kind, gpa, .. } => Self::mmio(kind, gpa),
            HostEvent::Msr {
                is_write, index, ..
            } => Self::access(Access::new(Target::Msr(index), is_write)),
            HostEvent::SchedSwitch {
                prev_tid, next_tid, ..
            } => Self::plain(if prev_tid == tid && event.leaves_runnable() {
                What::Preempted
            } else if prev_tid == tid {
                What::Sleeps
            } else if next_tid == tid {
                What::Runs
            } else {
                What::Passing
            }),
            HostEvent::FastMmio { .. }
            | HostEvent::Cpuid { .. }
            | HostEvent::Apic { .. }
            | HostEvent::Hypercall { .. }
            | HostEvent::PageFault { .. }
            | HostEvent::UserspaceExit { .. }
            | HostEvent::HaltPoll { .. }
            | HostEvent::Wakeup { .. }
            | HostEvent::SetIrq { .. }
            | HostEvent::MsiSetIrq { .. }
            | HostEvent::AcceptIrq { .. }
            | HostEvent::InjectVirq { .. }
            | HostEvent::Eoi { .. }
            | HostEvent::EmulateInsn { .. }
            | HostEvent::SchedWakeup { .. }
            | HostEvent::Other => Self::rare(event),
        }
    }

    /// The same of events that are few, or about no thread.
    fn rare(event: &HostEvent) -> Self {
        let access = match *event {
            HostEvent::FastMmio { gpa } => Access::new(Target::Mmio(gpa), true),
            HostEvent::Cpuid { function, index } => {
                let index = index.filter(|_| has_subleaves(function));
                Access::undirected(Target::Cpuid(function, index))
            }
            HostEvent::Apic {
                is_write, register, ..
            } => Access::new(Target::Apic(register), is_write),
            HostEvent::Hypercall { interface, number } => {
                Access::undirected(Target::Hypercall(interface, number))
            }
            HostEvent::PageFault { gpa, rip, .. } => {
                return Self::access(Access::undirected(Target::Fault(gpa))).at_rip(rip);
            }
            HostEvent::InjectVirq { vector } => Access::undirected(Target::GuestInterrupt(vector)),
            HostEvent::UserspaceExit { .. } => return Self::plain(What::UserspaceExit),
            HostEvent::HaltPoll { new_ns, .. } => return Self::halt_poll(new_ns),
            HostEvent::Wakeup {
                halted_ns, is_wait, ..
            } => {
                return Self {
                    number: halted_ns,
                    ..Self::plain(if is_wait {
                        What::SleptHalt
                    } else {
                        What::PolledHalt
                    })
                };
            }
            HostEvent::EmulateInsn { .. } => return Self::plain(What::Kernel),
            HostEvent::Eoi { .. } => return Self::plain(What::KernelForOthers),
            // The VMM moves interrupt lines by system calls of its own: it is still there.
            HostEvent::SetIrq { .. }
            | HostEvent::MsiSetIrq { .. }
            | HostEvent::AcceptIrq { .. }
            | HostEvent::SchedWakeup { .. }
            | HostEvent::SchedSwitch { .. }
            | HostEvent::Other
            | HostEvent::Exit(_)
            | HostEvent::Entry { .. }
            | HostEvent::Pio { .. }
            | HostEvent::Mmio { .. }
            | HostEvent::Msr { .. } => return Self::plain(What::Passing),
        };
        Self::access(access)
    }

    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub(super) fn exit(exit: &ExitEvent) -> Self {
        let ExitReason { numbering, code } = ExitReason::of(exit);
        let reason = ExitReason { numbering, code };
        let plain = Self {
            code,
            marks: Marks::of(What::Exit).with_numbering(numbering),
            ..Self::plain(What::Exit)
        };
        let reached = access_of_exit(reason, exit);
        let reached = reached.map_or(plain, |access| plain.reaching(access));
        reached.at_rip(exit.rip).of_vcpu(exit.vcpu)
    }

    #[inline]
    pub(super) const fn entry(vcpu: Option<u32>) -> Self {
        Self::plain(What::Entry).of_vcpu(vcpu)
    }

    /// A change of how long halts poll.
    pub(crate) const fn halt_poll(new_ns: u64) -> Self {
        Self {
            number: new_ns,
            ..Self::plain(What::HaltPoll)
        }
    }

    /// Exits that are told already.
    #[inline]
    pub(super) const fn plain_run(run: &PlainRun) -> Self {
        let plain = Self {
            number: run.end.as_nanos(),
            rip: run.guest_ns,
            code: run.exits,
            ..Self::plain(What::PlainRun)
        };
        plain.of_vcpu(run.vcpu)
    }

    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub(super) fn access(access: Access) -> Self {
        Self::plain(What::Access).reaching(access)
    }

    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub(super) fn mmio(kind: MmioKind, gpa: u64) -> Self {
        let access = Access::new(Target::Mmio(gpa), kind == MmioKind::Write);
        let what = if kind == MmioKind::UnsatisfiedRead {
            What::UnsatisfiedRead
        } else {
            What::Access
        };
        Self::plain(what).reaching(access)
    }

    #[inline]
    const fn at_rip(self, rip: Option<u64>) -> Self {
        match rip {
            Some(rip) => Self {
                rip,
                marks: self.marks.with_rip(),
                ..self
            },
            None => self,
        }
    }

    #[inline]
    const fn of_vcpu(self, vcpu: Option<u32>) -> Self {
        match vcpu {
            Some(vcpu) => Self {
                vcpu,
                marks: self.marks.with_vcpu(),
                ..self
            },
            None => self,
        }
    }

    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    const fn reaching(self, access: Access) -> Self {
        let (reached, number) = match access.target {
            Target::Port(port) => (Reached::Port, port as u64),
            Target::Mmio(gpa) => (Reached::Mmio, gpa),
            Target::Apic(register) => (Reached::Apic, register as u64),
            Target::Msr(index) => (Reached::Msr, index as u64),
            Target::Cpuid(function, None) => (Reached::Cpuid, function as u64),
            Target::Cpuid(function, Some(index)) => {
                (Reached::CpuidIndex, (index as u64) << 32 | function as u64)
            }
            Target::Hypercall(HypercallInterface::Kvm, number) => (Reached::KvmHypercall, number),
            Target::Hypercall(HypercallInterface::HyperV, number) => {
                (Reached::HyperVHypercall, number)
            }
            Target::Hypercall(HypercallInterface::Xen, number) => (Reached::XenHypercall, number),
            Target::HostInterrupt(vector) => (Reached::HostInterrupt, vector as u64),
            Target::GuestInterrupt(vector) => (Reached::GuestInterrupt, vector as u64),
            Target::Fault(gpa) => (Reached::Fault, gpa),
        };
        Self {
            number,
            marks: self.marks.reaching(reached, access.direction),
            ..self
        }
    }

    /// What is reached; `None` where nothing is.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number was made of one of that length"
    )]
    pub(super) fn reached(&self) -> Option<Access> {
        let number = self.number;
        let target = match self.marks.reached() {
            Reached::Nothing => return None,
            Reached::Port => Target::Port(number as u16),
            Reached::Mmio => Target::Mmio(number),
            Reached::Apic => Target::Apic(number as u32),
            Reached::Msr => Target::Msr(number as u32),
            Reached::Cpuid => Target::Cpuid(number as u32, None),
            Reached::CpuidIndex => Target::Cpuid(number as u32, Some((number >> 32) as u32)),
            Reached::KvmHypercall => Target::Hypercall(HypercallInterface::Kvm, number),
            Reached::HyperVHypercall => Target::Hypercall(HypercallInterface::HyperV, number),
            Reached::XenHypercall => Target::Hypercall(HypercallInterface::Xen, number),
            Reached::HostInterrupt => Target::HostInterrupt(number as u32),
            Reached::GuestInterrupt => Target::GuestInterrupt(number as u32),
            Reached::Fault => Target::Fault(number),
        };
        Some(Access {
            target,
            direction: self.marks.direction(),
        })
    }

    /// The same, counted or not.
    #[inline]
    #[must_use]
    pub const fn wanted(self, is_wanted: bool) -> Self {
        Self {
            marks: self.marks.wanted(is_wanted),
            ..self
        }
    }

    /// Whether what it tells is counted.
    #[inline]
    pub(super) const fn is_wanted(&self) -> bool {
        self.marks.is_wanted()
    }

    /// What it is, to its thread.
    #[inline]
    pub(super) fn what(&self) -> What {
        self.marks.what()
    }

    /// Why the guest stopped, of an exit.
    #[inline]
    pub(super) fn reason(&self) -> ExitReason {
        ExitReason {
            numbering: self.marks.numbering(),
            code: self.code,
        }
    }

    /// The guest's instruction pointer; `None` where it is not told.
    pub(super) const fn rip(&self) -> Option<u64> {
        if self.marks.has_rip() {
            Some(self.rip)
        } else {
            None
        }
    }

    /// The vCPU's number in its VM; `None` where it is not told.
    pub const fn vcpu(&self) -> Option<u32> {
        if self.marks.has_vcpu() {
            Some(self.vcpu)
        } else {
            None
        }
    }

    /// Of a halt how long it took, in nanoseconds.
    pub(super) const fn halted_ns(&self) -> u64 {
        self.number
    }

    /// The exits that are told already; `None` where it is something else. `start` is when it
    /// happened.
    #[inline]
    pub fn as_plain_run(&self, start: Timestamp) -> Option<PlainRun> {
        matches!(self.what(), What::PlainRun).then(|| PlainRun {
            start,
            end: Timestamp::from_nanos(self.number),
            exits: self.code,
            guest_ns: self.rip,
            vcpu: self.vcpu(),
        })
    }

    /// Whether the guest has stopped running.
    #[inline]
    pub fn is_exit(&self) -> bool {
        matches!(self.what(), What::Exit)
    }

    /// Whether the guest is about to run.
    #[inline]
    pub fn is_entry(&self) -> bool {
        matches!(self.what(), What::Entry)
    }

    /// Whether the loop around the guest records it, and nothing that it calls.
    pub fn is_of_loop(&self) -> bool {
        matches!(self.what(), What::Exit | What::Entry)
    }

    /// How long a halt polls from then on, in nanoseconds; `None` where nothing says so.
    pub fn poll_limit(&self) -> Option<u64> {
        if matches!(self.what(), What::HaltPoll) {
            Some(self.number)
        } else {
            None
        }
    }

    /// Whether only the thread of a vCPU records it.
    pub(super) fn is_of_vcpu(&self) -> bool {
        !matches!(
            self.what(),
            What::KernelForOthers | What::Preempted | What::Sleeps | What::Runs | What::Passing
        )
    }
}

/// Whether a leaf of CPUID has more than one form, told by ECX. Of the others ECX is whatever the guest
/// had there.
///
/// Source: `cpuid_function_is_indexed`, `arch/x86/include/asm/cpuid.h`, Linux 6.13.
const fn has_subleaves(function: u32) -> bool {
    matches!(
        function,
        4 | 7 | 0xb | 0xd | 0xf | 0x10 | 0x12 | 0x14 | 0x17 | 0x18 | 0x1d
            ..=0x1f | 0x24 | 0x8000_001d
    )
}

#[cfg(test)]
#[path = "thread_event_tests.rs"]
mod tests;

//! What an occurrence means to its thread, in few bytes.

use super::access::{Access, Direction, Target};
use super::host_event::{ExitEvent, HostEvent, HypercallInterface, MmioKind};
use super::qualification::access_of_exit;
use super::reason::{ExitReason, ReasonNumbering};
use crate::units::Tid;

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
    pub(super) what: What,
    numbering: ReasonNumbering,
    reached: Reached,
    direction: Direction,
    has_rip: bool,
    has_vcpu: bool,
    /// Whether what it tells is counted.
    pub(crate) is_wanted: bool,
}

/// What it is, to its thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum What {
    /// The guest has stopped running.
    Exit,
    /// The guest is about to run.
    Entry,
    /// The run ioctl returns to the VMM.
    UserspaceExit,
    /// How long the next halt polls was changed.
    HaltPoll,
    /// A halt has ended in which the thread did not sleep.
    PolledHalt,
    /// A halt has ended in which the thread slept.
    SleptHalt,
    /// Something was reached.
    Access,
    /// The same, and nothing in the kernel answers: the VMM does, and the read follows.
    UnsatisfiedRead,
    /// The kernel does something for the vCPU.
    Kernel,
    /// The same, which the threads of a VMM may ask for too.
    KernelForOthers,
    /// The thread stops running though it could go on.
    Preempted,
    /// The thread stops running by itself.
    Sleeps,
    /// The thread runs.
    Runs,
    /// Nothing but that it happened.
    Passing,
}

/// What kind of number is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reached {
    Nothing,
    Port,
    Mmio,
    Apic,
    Msr,
    /// A leaf of CPUID; its index is the upper half of the number.
    CpuidIndex,
    Cpuid,
    KvmHypercall,
    HyperVHypercall,
    XenHypercall,
    HostInterrupt,
    GuestInterrupt,
    Fault,
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
            what,
            numbering: ReasonNumbering::Other,
            reached: Reached::Nothing,
            direction: Direction::Unknown,
            has_rip: false,
            has_vcpu: false,
            is_wanted: true,
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

    #[inline]
    pub(super) fn exit(exit: &ExitEvent) -> Self {
        let ExitReason { numbering, code } = ExitReason::of(exit);
        let reason = ExitReason { numbering, code };
        let plain = Self {
            code,
            numbering,
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

    #[inline]
    fn access(access: Access) -> Self {
        Self::plain(What::Access).reaching(access)
    }

    #[inline]
    fn mmio(kind: MmioKind, gpa: u64) -> Self {
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
                has_rip: true,
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
                has_vcpu: true,
                ..self
            },
            None => self,
        }
    }

    #[inline]
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
            reached,
            direction: access.direction,
            ..self
        }
    }

    /// What is reached; `None` where nothing is.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number was made of one of that length"
    )]
    pub(super) const fn reached(&self) -> Option<Access> {
        let number = self.number;
        let target = match self.reached {
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
            direction: self.direction,
        })
    }

    /// The same, counted or not.
    #[inline]
    #[must_use]
    pub const fn wanted(self, is_wanted: bool) -> Self {
        Self { is_wanted, ..self }
    }

    /// Why the guest stopped, of an exit.
    pub(super) const fn reason(&self) -> ExitReason {
        ExitReason {
            numbering: self.numbering,
            code: self.code,
        }
    }

    /// The guest's instruction pointer; `None` where it is not told.
    pub(super) const fn rip(&self) -> Option<u64> {
        if self.has_rip { Some(self.rip) } else { None }
    }

    /// The vCPU's number in its VM; `None` where it is not told.
    pub const fn vcpu(&self) -> Option<u32> {
        if self.has_vcpu { Some(self.vcpu) } else { None }
    }

    /// Of a halt how long it took, in nanoseconds.
    pub(super) const fn halted_ns(&self) -> u64 {
        self.number
    }

    /// Whether the guest is about to run.
    pub const fn is_entry(&self) -> bool {
        matches!(self.what, What::Entry)
    }

    /// Whether the loop around the guest records it, and nothing that it calls.
    pub const fn is_of_loop(&self) -> bool {
        matches!(self.what, What::Exit | What::Entry)
    }

    /// How long a halt polls from then on, in nanoseconds; `None` where nothing says so.
    pub const fn poll_limit(&self) -> Option<u64> {
        if matches!(self.what, What::HaltPoll) {
            Some(self.number)
        } else {
            None
        }
    }

    /// Whether only the thread of a vCPU records it.
    pub(super) const fn is_of_vcpu(&self) -> bool {
        !matches!(
            self.what,
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

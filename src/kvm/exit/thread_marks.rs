//! The small facts of an occurrence, in one word.

use super::access::Direction;
use super::reason::ReasonNumbering;

/// What an occurrence is, to its thread.
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
    /// Plain exits, one after the other.
    PlainRun,
    /// Nothing but that it happened.
    Passing,
}

/// What kind of number is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reached {
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

const WHATS: [What; 15] = [
    What::Exit,
    What::Entry,
    What::UserspaceExit,
    What::HaltPoll,
    What::PolledHalt,
    What::SleptHalt,
    What::Access,
    What::UnsatisfiedRead,
    What::Kernel,
    What::KernelForOthers,
    What::Preempted,
    What::Sleeps,
    What::Runs,
    What::PlainRun,
    What::Passing,
];
const REACHED: [Reached; 13] = [
    Reached::Nothing,
    Reached::Port,
    Reached::Mmio,
    Reached::Apic,
    Reached::Msr,
    Reached::CpuidIndex,
    Reached::Cpuid,
    Reached::KvmHypercall,
    Reached::HyperVHypercall,
    Reached::XenHypercall,
    Reached::HostInterrupt,
    Reached::GuestInterrupt,
    Reached::Fault,
];
const NUMBERINGS: [ReasonNumbering; 5] = [
    ReasonNumbering::Vmx,
    ReasonNumbering::Svm,
    ReasonNumbering::ArmReturn,
    ReasonNumbering::ArmTrap,
    ReasonNumbering::Other,
];
const DIRECTIONS: [Direction; 3] = [Direction::Read, Direction::Write, Direction::Unknown];

/// The small facts of an occurrence, in one word: what is stored byte by byte and copied right away
/// makes the CPU wait.
///
/// ```text
/// bits  0 what 8 numbering 12 reached 16 direction 20 rip? 21 vcpu? 22 wanted?
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Marks(u32);

const RIP: u32 = 1 << 20;
const VCPU: u32 = 1 << 21;
const WANTED: u32 = 1 << 22;

impl Marks {
    /// Of an occurrence that is wanted, reaches nothing and tells nothing else.
    #[inline]
    pub(super) const fn of(what: What) -> Self {
        Self(what as u32 | (Direction::Unknown as u32) << 16 | WANTED)
            .with_numbering(ReasonNumbering::Other)
    }

    #[inline]
    pub(super) const fn with_numbering(self, numbering: ReasonNumbering) -> Self {
        Self(self.0 & !0xf00 | (numbering as u32) << 8)
    }

    #[inline]
    pub(super) const fn reaching(self, reached: Reached, direction: Direction) -> Self {
        Self(self.0 & !0xf_f000 | (reached as u32) << 12 | (direction as u32) << 16)
    }

    #[inline]
    pub(super) const fn with_rip(self) -> Self {
        Self(self.0 | RIP)
    }

    #[inline]
    pub(super) const fn with_vcpu(self) -> Self {
        Self(self.0 | VCPU)
    }

    #[inline]
    pub(super) const fn wanted(self, is_wanted: bool) -> Self {
        Self(if is_wanted {
            self.0 | WANTED
        } else {
            self.0 & !WANTED
        })
    }

    #[inline]
    pub(super) fn what(self) -> What {
        let what = WHATS.get((self.0 & 0xff) as usize);
        what.copied().unwrap_or(What::Passing)
    }

    #[inline]
    pub(super) fn numbering(self) -> ReasonNumbering {
        let numbering = NUMBERINGS.get((self.0 >> 8 & 0xf) as usize);
        numbering.copied().unwrap_or(ReasonNumbering::Other)
    }

    #[inline]
    pub(super) fn reached(self) -> Reached {
        let reached = REACHED.get((self.0 >> 12 & 0xf) as usize);
        reached.copied().unwrap_or(Reached::Nothing)
    }

    #[inline]
    pub(super) fn direction(self) -> Direction {
        let direction = DIRECTIONS.get((self.0 >> 16 & 0xf) as usize);
        direction.copied().unwrap_or(Direction::Unknown)
    }

    #[inline]
    pub(super) const fn has_rip(self) -> bool {
        self.0 & RIP != 0
    }

    #[inline]
    pub(super) const fn has_vcpu(self) -> bool {
        self.0 & VCPU != 0
    }

    #[inline]
    pub(super) const fn is_wanted(self) -> bool {
        self.0 & WANTED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By definition: each fact comes back as it was told, whatever the others are.
    #[test]
    fn each_fact_comes_back() {
        for what in WHATS {
            let plain = Marks::of(what);
            assert_eq!(plain.what(), what);
            assert_eq!(plain.numbering(), ReasonNumbering::Other);
            assert_eq!(plain.reached(), Reached::Nothing);
            assert_eq!(plain.direction(), Direction::Unknown);
            assert!(!plain.has_rip() && !plain.has_vcpu() && plain.is_wanted());
            for numbering in NUMBERINGS {
                for reached in REACHED {
                    for direction in DIRECTIONS {
                        let marks = plain.with_numbering(numbering).with_rip();
                        let marks = marks.reaching(reached, direction).wanted(false);
                        assert_eq!(marks.what(), what);
                        assert_eq!(marks.numbering(), numbering);
                        assert_eq!(marks.reached(), reached);
                        assert_eq!(marks.direction(), direction);
                        assert!(marks.has_rip() && !marks.has_vcpu() && !marks.is_wanted());
                        assert!(marks.with_vcpu().has_vcpu() && marks.wanted(true).is_wanted());
                    }
                }
            }
        }
    }
}

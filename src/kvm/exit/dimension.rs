//! What exits are told apart by.

use super::access::{Access, Target, TargetKind};
use super::reason::ExitReason;
use super::task::Task;
use crate::units::{Pid, Timestamp};

/// What exits are told apart by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dimension {
    /// Why the guest stopped.
    Reason,
    /// The VM, which is the process.
    Vm,
    /// The vCPU, which is the thread.
    Vcpu,
    /// The port, and which way.
    Port,
    /// The device's memory, and which way.
    Mmio,
    /// The register of the local APIC, and which way.
    Apic,
    /// The MSR, and which way.
    Msr,
    /// The leaf of CPUID.
    Cpuid,
    /// The hypercall.
    Hypercall,
    /// The interrupt's vector: of the host's that stopped the guest, or of the guest's.
    Irq,
    /// The page of guest memory that was not mapped.
    Gpa,
    /// The guest's instruction pointer.
    Rip,
    /// Whatever was reached, and which way: the register of a device.
    Register,
    /// The device: as [`Self::Register`]; its name is looked up where it is shown.
    Device,
    /// The second of the capture's clock.
    Second,
    /// The stack that stands for its time in the kernel. It has no name: pictures ask for it.
    KernelStack,
    /// The slice of time in which it began. It has no name: pages ask for it.
    Slice(TimeSlices),
}

/// Time cut into slices of equal length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimeSlices {
    /// Where the first one begins; what is before it counts to it.
    pub origin: Timestamp,
    /// Length of a slice in nanoseconds; 0 counts as 1.
    pub nanos: u64,
}

impl TimeSlices {
    /// The slice that a time lies in, from 0.
    #[inline]
    pub const fn slice_of(self, at: Timestamp) -> u64 {
        let since = at.as_nanos().saturating_sub(self.origin.as_nanos());
        match since.checked_div(self.nanos) {
            Some(slice) => slice,
            None => since,
        }
    }
}

/// The value of a dimension.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DimensionValue {
    /// The exit has none.
    Absent,
    /// Of [`Dimension::Reason`].
    Reason(ExitReason),
    /// Of [`Dimension::Vm`]; `None` where the source does not tell processes.
    Vm(Option<Pid>),
    /// Of [`Dimension::Vcpu`].
    Vcpu(Task),
    /// Of what is reached.
    Access(Access),
    /// Of [`Dimension::Gpa`]: the first address of the page.
    Page(u64),
    /// Of [`Dimension::Rip`].
    Rip(u64),
    /// Of [`Dimension::KernelStack`].
    KernelStack(u32),
    /// Of [`Dimension::Second`]: whole seconds since the clock's zero.
    Second(u64),
    /// Of [`Dimension::Slice`]: its number.
    Slice(u64),
}

/// A value in two words: those of two different values differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Packed {
    pub(super) what: u64,
    pub(super) number: u64,
}

impl From<Packed> for [u64; 2] {
    fn from(Packed { what, number }: Packed) -> Self {
        [what, number]
    }
}

impl DimensionValue {
    /// The value in two words.
    #[inline]
    pub(super) fn packed(self) -> Packed {
        let (what, number) = match self {
            Self::Absent => (0, 0),
            Self::Reason(reason) => (1 | (reason.numbering as u64) << 8, reason.code.into()),
            Self::Vm(pid) => (2 | u64::from(pid.is_some()) << 8, word_of(pid)),
            Self::Vcpu(Task { pid, tid }) => (
                3 | u64::from(pid.is_some()) << 8,
                word_of(pid) << 32 | u64::from(tid.as_i32().cast_unsigned()),
            ),
            Self::Access(Access { target, direction }) => {
                let (extra, number) = match target {
                    Target::Port(port) => (0, port.into()),
                    Target::Mmio(gpa) | Target::Fault(gpa) => (0, gpa),
                    Target::Apic(number) | Target::Msr(number) | Target::HostInterrupt(number) => {
                        (0, number.into())
                    }
                    Target::GuestInterrupt(number) => (1, number.into()),
                    Target::Cpuid(function, index) => (
                        u64::from(index.is_some()),
                        u64::from(function) << 32 | u64::from(index.unwrap_or(0)),
                    ),
                    Target::Hypercall(interface, number) => (interface as u64, number),
                };
                let kind = target.kind() as u64;
                (
                    4 | kind << 8 | (direction as u64) << 16 | extra << 24,
                    number,
                )
            }
            Self::Page(gpa) => (5, gpa),
            Self::Rip(rip) => (6, rip),
            Self::Second(second) => (7, second),
            Self::KernelStack(stack) => (8, stack.into()),
            Self::Slice(slice) => (9, slice),
        };
        Packed { what, number }
    }
}

fn word_of(pid: Option<Pid>) -> u64 {
    pid.map_or(0, |pid| pid.as_i32().cast_unsigned().into())
}

/// Names of dimensions as users write them.
const NAMES: [(&str, Dimension); 15] = [
    ("reason", Dimension::Reason),
    ("vm", Dimension::Vm),
    ("vcpu", Dimension::Vcpu),
    ("port", Dimension::Port),
    ("mmio", Dimension::Mmio),
    ("apic", Dimension::Apic),
    ("msr", Dimension::Msr),
    ("cpuid", Dimension::Cpuid),
    ("hypercall", Dimension::Hypercall),
    ("irq", Dimension::Irq),
    ("gpa", Dimension::Gpa),
    ("rip", Dimension::Rip),
    ("register", Dimension::Register),
    ("device", Dimension::Device),
    ("second", Dimension::Second),
];

impl Dimension {
    /// By VM for by vCPU, and each other as it is.
    #[must_use]
    pub const fn by_vm(self) -> Self {
        if matches!(self, Self::Vcpu) {
            Self::Vm
        } else {
            self
        }
    }

    /// The dimension of a name.
    ///
    /// # Errors
    /// Names all of them when there is none of that name.
    pub fn parse(name: &str) -> Result<Self, String> {
        let wanted = name.trim().to_ascii_lowercase();
        let found = NAMES.iter().find(|(known, _)| *known == wanted);
        found.map(|&(_, dimension)| dimension).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(known, _)| *known).collect();
            format!("{name:?} is none of {}", names.join(", "))
        })
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        let found = NAMES.iter().find(|(_, dimension)| *dimension == self);
        found.map_or("", |(name, _)| name)
    }

    /// The kind of what is reached that it is about; `None` where it is about something else, or
    /// about all kinds.
    pub const fn target_kind(self) -> Option<TargetKind> {
        match self {
            Self::Port => Some(TargetKind::Port),
            Self::Mmio => Some(TargetKind::Mmio),
            Self::Apic => Some(TargetKind::Apic),
            Self::Msr => Some(TargetKind::Msr),
            Self::Cpuid => Some(TargetKind::Cpuid),
            Self::Hypercall => Some(TargetKind::Hypercall),
            Self::Irq => Some(TargetKind::Interrupt),
            Self::Gpa => Some(TargetKind::Fault),
            Self::Reason
            | Self::Vm
            | Self::Vcpu
            | Self::Rip
            | Self::Register
            | Self::Device
            | Self::Second
            | Self::Slice(_)
            | Self::KernelStack => None,
        }
    }

    /// Whether it tells exits apart by what they reach.
    pub const fn is_of_target(self) -> bool {
        self.target_kind().is_some() || matches!(self, Self::Register | Self::Device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As people type them: `--by 'reason, port'`, `--by Reason`.
    #[test]
    fn names_are_found_with_blanks_and_capitals() {
        for (text, expected) in [
            (" port", Dimension::Port),
            ("Reason", Dimension::Reason),
            ("MSR ", Dimension::Msr),
        ] {
            assert_eq!(Dimension::parse(text), Ok(expected));
        }
        assert!(Dimension::parse("ports").is_err());
    }
}

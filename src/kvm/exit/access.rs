//! What of a virtual machine is reached by an exit: a port, a register, guest memory.

use super::host_event::HypercallInterface;
use super::reason::{ExitReason, ReasonNumbering};

/// The page of the local APIC where firmware and guests leave it, which all that is known do.
///
/// Source: `APIC_DEFAULT_PHYS_BASE`, arch/x86/include/asm/apicdef.h, Linux 6.12.
pub const APIC_PAGE: u64 = 0xfee0_0000;

/// What is reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    /// A port.
    Port(u16),
    /// Guest-physical memory that no memory stands behind: a device's registers.
    Mmio(u64),
    /// A register of the local APIC, by its offset in the APIC's page.
    Apic(u32),
    /// A model-specific register, by its index.
    Msr(u32),
    /// A leaf of CPUID; its index is `None` where the kernel does not record it.
    Cpuid(u32, Option<u32>),
    /// A hypercall.
    Hypercall(HypercallInterface, u64),
    /// A vector: of an interrupt of the host that stopped the guest.
    HostInterrupt(u32),
    /// A vector: of an interrupt of the guest.
    GuestInterrupt(u32),
    /// Guest-physical memory that the second-level page table does not map, or not so.
    Fault(u64),
}

impl Target {
    /// What kind it is: an exit reaches at most one of each.
    pub const fn kind(self) -> TargetKind {
        match self {
            Self::Port(_) => TargetKind::Port,
            Self::Mmio(_) => TargetKind::Mmio,
            Self::Apic(_) => TargetKind::Apic,
            Self::Msr(_) => TargetKind::Msr,
            Self::Cpuid(..) => TargetKind::Cpuid,
            Self::Hypercall(..) => TargetKind::Hypercall,
            Self::HostInterrupt(_) | Self::GuestInterrupt(_) => TargetKind::Interrupt,
            Self::Fault(_) => TargetKind::Fault,
        }
    }

    /// The register of a local APIC that an address reaches; `None` outside its page.
    pub const fn apic_of_gpa(gpa: u64) -> Option<Self> {
        if gpa & !0xfff == APIC_PAGE {
            let offset = (gpa & 0xff0) as u32;
            Some(Self::Apic(offset))
        } else {
            None
        }
    }

    /// Whether an exit for this reason is an access to the local APIC: also where its page is not
    /// mapped as a device's and the access is a fault, which KVM then emulates. Other architectures
    /// have memory at that address.
    pub const fn is_apic_of(self, reason: ExitReason) -> bool {
        if let Self::Fault(gpa) = self {
            let numbering = reason.numbering;
            let is_x86 = matches!(numbering, ReasonNumbering::Vmx | ReasonNumbering::Svm);
            return is_x86 && Self::apic_of_gpa(gpa).is_some();
        }
        matches!(self, Self::Apic(_)) || self.is_x2apic()
    }

    /// Whether an MSR is a register of the local APIC (x2APIC).
    ///
    /// Source: `APIC_BASE_MSR`, arch/x86/include/asm/apicdef.h, Linux 6.12.
    pub const fn is_x2apic(self) -> bool {
        matches!(self, Self::Msr(0x800..=0x8ff))
    }
}

/// The kinds of what is reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TargetKind {
    /// Ports.
    Port,
    /// Registers of devices in guest-physical memory.
    Mmio,
    /// Registers of the local APIC, by memory, by MSR, or virtualised.
    Apic,
    /// Model-specific registers.
    Msr,
    /// Leaves of CPUID.
    Cpuid,
    /// Hypercalls.
    Hypercall,
    /// Vectors.
    Interrupt,
    /// Guest memory.
    Fault,
}

impl TargetKind {
    /// How many there are.
    pub const COUNT: usize = 8;

    /// All of them, in their order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Port,
        Self::Mmio,
        Self::Apic,
        Self::Msr,
        Self::Cpuid,
        Self::Hypercall,
        Self::Interrupt,
        Self::Fault,
    ];

    /// A bit of its own.
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Its place among them.
    pub const fn position(self) -> usize {
        self as usize
    }
}

/// Which way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// Read, IN, RDMSR.
    Read,
    /// Written, OUT, WRMSR.
    Write,
    /// Neither, or it is not recorded.
    Unknown,
}

impl Direction {
    /// Of what the kernel calls `rw` or `write`.
    pub const fn of_write(is_write: bool) -> Self {
        if is_write { Self::Write } else { Self::Read }
    }

    /// As people read it; empty where it is not known.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Unknown => "",
        }
    }
}

/// What is reached, and which way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Access {
    /// What.
    pub target: Target,
    /// Which way.
    pub direction: Direction,
}

impl Access {
    /// An access that is a write or a read.
    pub const fn new(target: Target, is_write: bool) -> Self {
        Self {
            target,
            direction: Direction::of_write(is_write),
        }
    }

    /// An access without a direction.
    pub const fn undirected(target: Target) -> Self {
        Self {
            target,
            direction: Direction::Unknown,
        }
    }
}

/// What an exit reaches: at most one of each kind.
#[derive(Clone, Copy, Debug)]
pub struct AccessSet {
    /// One of each kind, by its position.
    list: [Access; TargetKind::COUNT],
    /// Which of them are there: emptying the set writes nothing else.
    present: u8,
}

impl Default for AccessSet {
    fn default() -> Self {
        Self {
            list: [Access::undirected(Target::Port(0)); TargetKind::COUNT],
            present: 0,
        }
    }
}

impl PartialEq for AccessSet {
    fn eq(&self, other: &Self) -> bool {
        TargetKind::ALL
            .iter()
            .all(|&kind| self.get(kind) == other.get(kind))
    }
}

impl Eq for AccessSet {}

impl AccessSet {
    /// The one of a kind.
    #[inline]
    pub fn get(&self, kind: TargetKind) -> Option<Access> {
        if self.present & kind.bit() == 0 {
            return None;
        }
        self.list.get(kind.position()).copied()
    }

    /// Adds one where there is none of its kind; what is in that place afterwards.
    #[inline]
    pub fn add(&mut self, access: Access) -> Option<Access> {
        let kind = access.target.kind();
        let place = self.list.get_mut(kind.position())?;
        if self.present & kind.bit() == 0 {
            self.present |= kind.bit();
            *place = access;
        }
        Some(*place)
    }

    /// Takes one out.
    pub const fn remove(&mut self, kind: TargetKind) {
        self.present &= !kind.bit();
    }

    /// Takes all out.
    pub const fn clear(&mut self) {
        self.present = 0;
    }

    /// The one that tells most of why there was an exit: a register of the local APIC before the
    /// memory or the MSR by which it was reached, a device before the memory fault that led to it.
    pub fn foremost(&self) -> Option<Access> {
        const ORDER: [TargetKind; TargetKind::COUNT] = [
            TargetKind::Port,
            TargetKind::Apic,
            TargetKind::Mmio,
            TargetKind::Msr,
            TargetKind::Cpuid,
            TargetKind::Hypercall,
            TargetKind::Fault,
            TargetKind::Interrupt,
        ];
        if self.present == 0 {
            return None;
        }
        ORDER.into_iter().find_map(|kind| self.get(kind))
    }
}

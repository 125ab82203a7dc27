//! What an exit touches.

use std::fmt;

/// What a guest reads or writes that the host answers for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Register {
    /// An x86 port (`kvm_pio`).
    Port(u16),
    /// A guest-physical address (`kvm_mmio`).
    Gpa(u64),
    /// A byte offset in the page of the vCPU's own APIC (`kvm_apic`).
    ApicRegister(u32),
    /// A model-specific register, by its number (`kvm_msr`).
    Msr(u32),
}

impl fmt::Display for Register {
    /// The number alone; an MSR says that it is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => write!(f, "{port:#x}"),
            Self::Gpa(gpa) => write!(f, "{gpa:#x}"),
            Self::ApicRegister(offset) => write!(f, "{offset:#x}"),
            Self::Msr(index) => write!(f, "MSR {index:#x}"),
        }
    }
}

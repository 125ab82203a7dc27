//! What a register is called.

use std::fmt;

/// A device and its register.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeviceName {
    /// The device: QEMU's name of the memory region as `acpi-tmr`, or whose interface it is, as
    /// `APIC`.
    pub device: String,
    /// The register, as `ACPI PM timer` or `TPR`; `None` where only the device is known.
    pub register: Option<String>,
    /// What the name rests on.
    pub origin: Origin,
}

/// What a name rests on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Origin {
    /// The memory map of the VM itself.
    Mtree,
    /// Where QEMU's machines have the device by default: an assumption.
    Assumption,
    /// A manual of the CPU, or of the hypervisor interface that the guest uses.
    Architecture,
}

impl Origin {
    /// Whether another VM may have something else there.
    pub const fn is_assumption(self) -> bool {
        matches!(self, Self::Assumption)
    }
}

impl fmt::Display for DeviceName {
    /// `acpi-tmr (ACPI PM timer)`, `APIC TPR`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            device,
            register,
            origin,
        } = self;
        match (register, origin) {
            (None, _) => f.write_str(device),
            (Some(register), Origin::Architecture) => write!(f, "{device} {register}"),
            (Some(register), Origin::Mtree | Origin::Assumption) => {
                write!(f, "{device} ({register})")
            }
        }
    }
}

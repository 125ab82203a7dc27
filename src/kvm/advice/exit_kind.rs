//! What an exit is about, whatever the vendor calls it.

/// What an exit is about, whatever the vendor calls it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ExitKind {
    /// IN, OUT, INS, OUTS.
    Port,
    /// An access to the page of the local APIC, with `flexpriority` or `APICv`.
    ApicAccess,
    /// A write that `APICv` let through to the virtual APIC page and that KVM has to act upon.
    ApicWrite,
    /// An EOI that `APICv` handled and that KVM has to act upon.
    ApicEoi,
    /// AVIC could not deliver an inter-processor interrupt.
    AvicIpi,
    /// An access to a register that AVIC does not handle.
    AvicAccess,
    /// RDMSR, WRMSR.
    Msr,
    /// CPUID.
    Cpuid,
    /// HLT.
    Hlt,
    /// MONITOR, MWAIT.
    Monitor,
    /// PAUSE in a loop.
    Pause,
    /// An interrupt or NMI of the host.
    HostInterrupt,
    /// The guest can take an interrupt from here on.
    InterruptWindow,
    /// The VMX preemption timer.
    Timer,
    /// An access that the second-level page table does not allow: memory, or a device.
    Memory,
    /// A device's memory, as KVM marked it.
    Device,
    /// A control register.
    ControlRegister,
    /// An instruction of a hypervisor in the guest.
    Nested,
    /// VMCALL, VMMCALL.
    Hypercall,
    /// WBINVD, INVD.
    Cache,
    /// The log of dirty pages is full.
    DirtyLog,
    /// Anything else.
    Other,
}

impl ExitKind {
    /// The kind of a VMX exit reason.
    ///
    /// Source: `EXIT_REASON_*`, `arch/x86/include/uapi/asm/vmx.h`, Linux 6.12. The upper half of a
    /// recorded reason holds flags.
    pub const fn of_vmx(reason: u32) -> Self {
        match reason & 0xffff {
            1 => Self::HostInterrupt,
            7 | 8 => Self::InterruptWindow,
            10 => Self::Cpuid,
            12 => Self::Hlt,
            13 | 54 => Self::Cache,
            18 => Self::Hypercall,
            19..=27 | 50 | 53 => Self::Nested,
            28 => Self::ControlRegister,
            30 => Self::Port,
            31 | 32 | 84 | 85 => Self::Msr,
            36 | 39 => Self::Monitor,
            40 => Self::Pause,
            44 => Self::ApicAccess,
            45 => Self::ApicEoi,
            48 => Self::Memory,
            49 => Self::Device,
            52 => Self::Timer,
            56 => Self::ApicWrite,
            62 => Self::DirtyLog,
            _ => Self::Other,
        }
    }

    /// The kind of an SVM exit code.
    ///
    /// Source: `SVM_EXIT_*`, `arch/x86/include/uapi/asm/svm.h`, Linux 6.12.
    pub const fn of_svm(code: u32) -> Self {
        match code {
            0x000..=0x01f | 0x065 => Self::ControlRegister,
            0x060 | 0x061 => Self::HostInterrupt,
            0x064 => Self::InterruptWindow,
            0x072 => Self::Cpuid,
            0x076 | 0x089 => Self::Cache,
            0x077 => Self::Pause,
            0x078 => Self::Hlt,
            0x07b => Self::Port,
            0x07c => Self::Msr,
            0x080 | 0x082..=0x086 => Self::Nested,
            0x081 => Self::Hypercall,
            0x08a..=0x08c => Self::Monitor,
            0x400 => Self::Memory,
            0x401 => Self::AvicIpi,
            0x402 => Self::AvicAccess,
            _ => Self::Other,
        }
    }

    /// The kind of an arm64 exception class.
    ///
    /// Source: `ESR_ELx_EC_*`, `arch/arm64/include/asm/esr.h`, Linux 6.12.
    pub const fn of_arm64(class: u32) -> Self {
        match class {
            0x01 => Self::Hlt,
            0x12 | 0x16 | 0x17 => Self::Hypercall,
            0x20 | 0x24 => Self::Memory,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the reasons that the captures in `testdata` name in their texts.
    #[test]
    fn both_vendors_numbers_mean_the_same() {
        for (vmx, svm) in [(30, 0x7b), (12, 0x78), (10, 0x72), (48, 0x400), (40, 0x77)] {
            assert_eq!(ExitKind::of_vmx(vmx), ExitKind::of_svm(svm), "{vmx}");
        }
        // Bit 26: a bus lock was detected.
        assert_eq!(ExitKind::of_vmx(0x0400_001e), ExitKind::Port);
        assert_eq!(ExitKind::of_arm64(0x24), ExitKind::Memory);
    }
}

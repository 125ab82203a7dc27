//! Why the VMs of a made-up fleet exit.

/// A kind of exits, as often and as long as it is without anything planted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct MadeUpCause {
    /// Its reason on hosts with VMX and with SVM.
    pub(super) reasons: [&'static str; 2],
    /// What it reaches; empty for nothing.
    pub(super) register: &'static str,
    pub(super) direction: &'static str,
    pub(super) device: &'static str,
    /// Exits of a vCPU in a second.
    pub(super) rate: u64,
    /// Time of one in nanoseconds.
    pub(super) each_ns: u64,
    /// Thousandths of it that are spent in the VMM.
    pub(super) vmm: u64,
    pub(super) tag: &'static str,
    /// The function of the kernel that handles it.
    pub(super) function: &'static str,
}

/// The places in [`CAUSES`] of those with which something is planted.
pub(super) const TIMER_MSR: usize = 2;
pub(super) const MEMORY: usize = 3;
pub(super) const PM_TIMER: usize = 4;
pub(super) const APIC_TPR: usize = 5;
pub(super) const NEW_MSR: usize = 9;

const fn cause(reasons: [&'static str; 2], tag: &'static str, rate: u64) -> MadeUpCause {
    MadeUpCause {
        reasons,
        register: "",
        direction: "",
        device: "",
        rate,
        each_ns: 1000,
        vmm: 0,
        tag,
        function: "",
    }
}

/// All of them. Reasons, registers and devices are called as exits of real captures are.
pub(super) const CAUSES: [MadeUpCause; 10] = [
    MadeUpCause {
        each_ns: 2500,
        function: "kvm_emulate_halt",
        ..cause(["HLT", "hlt"], "exit:hlt", 400)
    },
    MadeUpCause {
        register: "host interrupt 0xec",
        each_ns: 1200,
        function: "handle_external_interrupt_irqoff",
        ..cause(["EXTERNAL_INTERRUPT", "interrupt"], "exit:irq", 250)
    },
    MadeUpCause {
        register: "msr 0x6e0",
        direction: "write",
        device: "TSC deadline",
        each_ns: 1500,
        function: "kvm_emulate_wrmsr",
        ..cause(["MSR_WRITE", "msr"], "exit:msr", 3000)
    },
    MadeUpCause {
        register: "memory",
        each_ns: 4000,
        function: "kvm_mmu_page_fault",
        ..cause(["EPT_VIOLATION", "npf"], "exit:memory", 40)
    },
    MadeUpCause {
        register: "port 0x608",
        direction: "read",
        device: "acpi-tmr (ACPI PM timer)",
        each_ns: 25_000,
        vmm: 800,
        function: "kvm_fast_pio",
        ..cause(["IO_INSTRUCTION", "io"], "exit:pio", 2000)
    },
    MadeUpCause {
        register: "apic 0x80",
        direction: "write",
        device: "APIC TPR",
        each_ns: 1600,
        function: "handle_apic_access",
        ..cause(["APIC_ACCESS", "npf"], "exit:apic", 1500)
    },
    MadeUpCause {
        register: "port 0xc010",
        direction: "write",
        device: "virtio-pci (virtio queue notify)",
        each_ns: 6000,
        function: "ioeventfd_write",
        ..cause(["IO_INSTRUCTION", "io"], "exit:doorbell", 150)
    },
    MadeUpCause {
        register: "cpuid 0x1",
        each_ns: 2200,
        function: "kvm_emulate_cpuid",
        ..cause(["CPUID", "cpuid"], "exit:cpuid", 5)
    },
    MadeUpCause {
        each_ns: 1100,
        function: "handle_fastpath_preemption_timer",
        ..cause(["PREEMPTION_TIMER", "vintr"], "exit:timer", 100)
    },
    MadeUpCause {
        register: "msr 0x40000020",
        direction: "read",
        device: "Hyper-V reference counter",
        each_ns: 1300,
        function: "kvm_emulate_rdmsr",
        ..cause(["MSR_READ", "msr"], "exit:msr", 50)
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of the list are what is planted.
    #[test]
    fn places_are_those_of_their_registers() {
        for (place, register) in [
            (TIMER_MSR, "msr 0x6e0"),
            (MEMORY, "memory"),
            (PM_TIMER, "port 0x608"),
            (APIC_TPR, "apic 0x80"),
            (NEW_MSR, "msr 0x40000020"),
        ] {
            assert_eq!(CAUSES[place].register, register);
        }
    }
}

//! What a sample of a VM host is doing, in one word.

use std::fmt;

/// The tag of a stack; each stack has exactly one.
///
/// Ordered as legends and tables list them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "`words` says what each variant is")]
pub enum Tag {
    Guest,
    ExitPio,
    ExitMmio,
    ExitApic,
    ExitDoorbell,
    ExitMsr,
    ExitCpuid,
    ExitHlt,
    ExitIrq,
    ExitIrqWindow,
    ExitMemory,
    ExitReg,
    ExitHypercall,
    ExitException,
    ExitTimer,
    ExitPause,
    ExitNested,
    ExitEmulate,
    ExitOther,
    Entry,
    Halt,
    Vmm,
    Io,
    Idle,
    Host,
}

impl Tag {
    /// All tags, in display order.
    pub const ALL: [Self; 25] = [
        Self::Guest,
        Self::ExitPio,
        Self::ExitMmio,
        Self::ExitApic,
        Self::ExitDoorbell,
        Self::ExitMsr,
        Self::ExitCpuid,
        Self::ExitHlt,
        Self::ExitIrq,
        Self::ExitIrqWindow,
        Self::ExitMemory,
        Self::ExitReg,
        Self::ExitHypercall,
        Self::ExitException,
        Self::ExitTimer,
        Self::ExitPause,
        Self::ExitNested,
        Self::ExitEmulate,
        Self::ExitOther,
        Self::Entry,
        Self::Halt,
        Self::Vmm,
        Self::Io,
        Self::Idle,
        Self::Host,
    ];

    /// The tag as tables, rules and options spell it: `exit:pio`, `guest`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::ExitPio => "exit:pio",
            Self::ExitMmio => "exit:mmio",
            Self::ExitApic => "exit:apic",
            Self::ExitDoorbell => "exit:doorbell",
            Self::ExitMsr => "exit:msr",
            Self::ExitCpuid => "exit:cpuid",
            Self::ExitHlt => "exit:hlt",
            Self::ExitIrq => "exit:irq",
            Self::ExitIrqWindow => "exit:irq-window",
            Self::ExitMemory => "exit:memory",
            Self::ExitReg => "exit:reg",
            Self::ExitHypercall => "exit:hypercall",
            Self::ExitException => "exit:exception",
            Self::ExitTimer => "exit:timer",
            Self::ExitPause => "exit:pause",
            Self::ExitNested => "exit:nested",
            Self::ExitEmulate => "exit:emulate",
            Self::ExitOther => "exit:other",
            Self::Entry => "entry",
            Self::Halt => "halt",
            Self::Vmm => "vmm",
            Self::Io => "io",
            Self::Idle => "idle",
            Self::Host => "host",
        }
    }

    /// The tag in words, for tooltips and legends.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Guest => "guest code",
            Self::ExitPio => "VM exit: port I/O",
            Self::ExitMmio => "VM exit: memory-mapped I/O",
            Self::ExitApic => "VM exit: interrupt controller (APIC, GIC)",
            Self::ExitDoorbell => "VM exit: virtio doorbell (ioeventfd)",
            Self::ExitMsr => "VM exit: model-specific register",
            Self::ExitCpuid => "VM exit: CPUID",
            Self::ExitHlt => "VM exit: halt instruction",
            Self::ExitIrq => "VM exit: host interrupt",
            Self::ExitIrqWindow => "VM exit: interrupt window",
            Self::ExitMemory => "VM exit: guest memory (EPT, NPT, stage 2)",
            Self::ExitReg => "VM exit: control, debug or system register",
            Self::ExitHypercall => "VM exit: hypercall",
            Self::ExitException => "VM exit: exception",
            Self::ExitTimer => "VM exit: timer",
            Self::ExitPause => "VM exit: pause loop",
            Self::ExitNested => "VM exit: nested virtualisation",
            Self::ExitEmulate => "VM exit: instruction emulation, cause not in the stack",
            Self::ExitOther => "VM exit: other",
            Self::Entry => "vCPU loop: guest entry and exit",
            Self::Halt => "vCPU halted or polling",
            Self::Vmm => "VMM user space on a vCPU thread",
            Self::Io => "I/O work for guests",
            Self::Idle => "idle CPU",
            Self::Host => "host",
        }
    }

    /// Whether the kernel handles a VM exit.
    pub const fn is_exit(self) -> bool {
        matches!(
            self,
            Self::ExitPio
                | Self::ExitMmio
                | Self::ExitApic
                | Self::ExitDoorbell
                | Self::ExitMsr
                | Self::ExitCpuid
                | Self::ExitHlt
                | Self::ExitIrq
                | Self::ExitIrqWindow
                | Self::ExitMemory
                | Self::ExitReg
                | Self::ExitHypercall
                | Self::ExitException
                | Self::ExitTimer
                | Self::ExitPause
                | Self::ExitNested
                | Self::ExitEmulate
                | Self::ExitOther
        )
    }

    /// The tag that [`Self::as_str`] spells so; `None` when none does.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tag| tag.as_str() == name)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

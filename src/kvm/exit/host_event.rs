//! What a kvm or scheduler tracepoint says.

use crate::units::Tid;

/// What a kvm or scheduler tracepoint says, decoded; what is `None` was not recorded by that kernel.
///
/// Source: `arch/x86/kvm/trace.h`, `arch/arm64/kvm/trace_arm.h`, `arch/riscv/kvm/trace.h`,
/// `include/trace/events/kvm.h`, `include/trace/events/sched.h`, Linux 2.6.32 to 6.18.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostEvent {
    /// `kvm_entry`: the vCPU is about to run guest code. On x86, arm64 and riscv alike.
    Entry {
        /// The vCPU's number in its VM; arm64 and riscv do not record it.
        vcpu: Option<u32>,
        /// The guest's instruction pointer.
        rip: Option<u64>,
    },
    /// `kvm_exit`: the guest has stopped running.
    Exit(ExitEvent),
    /// `kvm_pio`: a port was written, or has been read (before the read in Linux 3.10 and older).
    Pio {
        /// Whether it is an OUT.
        is_write: bool,
        /// The port.
        port: u16,
        /// Bytes of one access.
        len: u32,
        /// How many accesses of one string instruction.
        repeats: u32,
        /// What was read or written, the first of several.
        value: Option<u64>,
    },
    /// `kvm_mmio`, of the emulator. A local APIC's access emits it beside `kvm_apic`.
    Mmio {
        /// What was done.
        kind: MmioKind,
        /// Guest-physical address.
        gpa: u64,
        /// Bytes.
        len: u32,
        /// What was read or written; 0 for a read that is not satisfied.
        value: u64,
    },
    /// `kvm_fast_mmio`: a write for which an eventfd waits.
    FastMmio {
        /// Guest-physical address.
        gpa: u64,
    },
    /// `kvm_msr`.
    Msr {
        /// Whether it is a WRMSR.
        is_write: bool,
        /// Its index, in ECX.
        index: u32,
        /// What was read or written.
        value: u64,
        /// Whether it raised an exception in the guest.
        is_exception: bool,
    },
    /// `kvm_cpuid`.
    Cpuid {
        /// The leaf, in EAX.
        function: u32,
        /// The index of a leaf that has several, in ECX.
        index: Option<u32>,
    },
    /// `kvm_apic`: a register of the local APIC, by MMIO or by MSR (x2APIC).
    Apic {
        /// Whether it was written.
        is_write: bool,
        /// Offset of the register in the APIC's page, as in `0x80` for TPR.
        register: u32,
        /// What was read or written.
        value: u64,
    },
    /// `kvm_hypercall`, `kvm_hv_hypercall`, `kvm_xen_hypercall`.
    Hypercall {
        /// Whose numbers it is counted by.
        interface: HypercallInterface,
        /// Its number.
        number: u64,
    },
    /// `kvm_page_fault`, on arm64 `kvm_guest_fault`: an access to guest memory that the second-level page table does not allow.
    PageFault {
        /// Guest-physical address.
        gpa: u64,
        /// The guest's instruction pointer.
        rip: Option<u64>,
        /// VMX: exit qualification; SVM: page-fault error code; arm64: syndrome.
        error_code: u64,
    },
    /// `kvm_userspace_exit`: the run ioctl returns to the VMM.
    UserspaceExit {
        /// `KVM_EXIT_*`; says nothing where `errno` is negative.
        reason: u32,
        /// The ioctl's result where it is negative.
        errno: i32,
    },
    /// `kvm_halt_poll_ns`: how long the next halt will poll was changed.
    HaltPoll {
        /// Whether it grew.
        is_grown: bool,
        /// The vCPU's number.
        vcpu: u32,
        /// From then on, in nanoseconds.
        new_ns: u64,
        /// Until then, in nanoseconds.
        old_ns: u64,
    },
    /// `kvm_vcpu_wakeup`: a halt has ended.
    Wakeup {
        /// How long it polled and slept, in nanoseconds.
        halted_ns: u64,
        /// Whether it slept, after it may have polled in vain.
        is_wait: bool,
        /// Whether what ended it was meant for the guest (`None` before Linux 4.9).
        is_valid: Option<bool>,
    },
    /// `kvm_set_irq`: an interrupt line changed.
    SetIrq {
        /// Its number (GSI).
        line: u32,
        /// Whether it was raised.
        is_raised: bool,
    },
    /// `kvm_msi_set_irq`: a message-signalled interrupt.
    MsiSetIrq {
        /// Where the message goes to.
        message_address: u64,
        /// What it says; the lowest eight bits are the vector.
        message: u64,
    },
    /// `kvm_apic_accept_irq`, `kvm_apicv_accept_irq`: a local APIC took an interrupt.
    AcceptIrq {
        /// The APIC's id.
        apic_id: u32,
        /// The vector.
        vector: u32,
    },
    /// `kvm_inj_virq`: an interrupt was put into the guest.
    InjectVirq {
        /// The vector.
        vector: u32,
    },
    /// `kvm_eoi`, `kvm_pv_eoi`: the guest has handled an interrupt.
    Eoi {
        /// The APIC's id.
        apic_id: u32,
        /// The vector; negative where there was none.
        vector: i32,
    },
    /// `kvm_emulate_insn`: the emulator took an instruction.
    EmulateInsn {
        /// The guest's instruction pointer, or the offset in its code segment.
        rip: u64,
        /// Whether the emulator could not.
        is_failed: bool,
    },
    /// `sched:sched_switch`. It is recorded in the thread that stops running.
    SchedSwitch {
        /// Who stops running.
        prev_tid: Tid,
        /// Its state in the bits of the kernel that recorded it; 0: it could go on.
        prev_state: u64,
        /// Who runs from then on.
        next_tid: Tid,
        /// That one's name, zero-padded.
        next_comm: [u8; 16],
    },
    /// `sched:sched_wakeup`, `sched:sched_wakeup_new`. It is recorded in whoever wakes it, unless
    /// that is done on the CPU it is sent to.
    SchedWakeup {
        /// Who can run from then on.
        tid: Tid,
        /// The CPU where it is queued.
        target_cpu: u32,
    },
    /// Any other tracepoint of these systems.
    Other,
}

impl HostEvent {
    /// Whether only the thread of a vCPU records it: interrupts are raised by others too.
    pub const fn is_of_vcpu(&self) -> bool {
        !matches!(
            self,
            Self::SetIrq { .. }
                | Self::MsiSetIrq { .. }
                | Self::AcceptIrq { .. }
                | Self::Eoi { .. }
                | Self::SchedSwitch { .. }
                | Self::SchedWakeup { .. }
                | Self::Other
        )
    }

    /// Whether it is a switch away from a thread that could have gone on: no bit of a state that
    /// waits is set. The bit that marks a thread as made to stop lies above them.
    ///
    /// Source: `__trace_sched_switch_state()`, include/trace/events/sched.h, `TASK_REPORT`,
    /// include/linux/sched.h, Linux 4.14 to 6.18.
    pub const fn leaves_runnable(&self) -> bool {
        matches!(self, Self::SchedSwitch { prev_state, .. } if *prev_state & 0xff == 0)
    }

    /// Whether it is a switch away from a thread that has ended: its id may be used again.
    ///
    /// Source: `EXIT_DEAD` and `EXIT_ZOMBIE`, include/linux/sched.h, Linux 4.14 to 6.18.
    pub const fn ends_thread(&self) -> bool {
        matches!(self, Self::SchedSwitch { prev_state, .. } if *prev_state & 0x30 != 0)
    }
}

/// What `kvm_exit` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ExitEvent {
    /// x86: `exit_reason` as recorded, flags (bit 26, bit 31) included. arm64: `ret`, the
    /// exception index, when there is no `esr_ec`. riscv: `scause`, cut to 32 bits.
    pub reason: u32,
    /// x86: 1 for VMX, 2 for SVM. `None` on other machines and before Linux 3.4.
    pub isa: Option<u32>,
    /// The guest's instruction pointer.
    pub rip: Option<u64>,
    /// VMX: the exit qualification. SVM: `EXITINFO1`. riscv: `htval`.
    pub info1: Option<u64>,
    /// VMX: interruption information. SVM: `EXITINFO2`, of a nested page fault its address.
    pub info2: Option<u64>,
    /// Interruption information of the exit.
    pub intr_info: Option<u32>,
    /// The exception's error code.
    pub error_code: Option<u32>,
    /// The vCPU's number in its VM; arm64, riscv and Linux before 5.4 do not record it.
    pub vcpu: Option<u32>,
    /// arm64: `ret`, the exception index.
    pub ret: Option<i32>,
    /// arm64: `esr_ec`, the exception class. Holds only where `ret` is a trap.
    pub esr_ec: Option<u32>,
}

/// What an emulated access to guest-physical memory was.
///
/// Source: `KVM_TRACE_MMIO_*`, `include/trace/events/kvm.h`, Linux 6.12.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MmioKind {
    /// A read that nothing in the kernel answers. The VMM does, and the read follows.
    UnsatisfiedRead,
    /// A read that was answered.
    Read,
    /// A write.
    Write,
}

impl MmioKind {
    /// The kind of `kvm_mmio`'s `type`; `None` for one that no kernel writes.
    pub const fn of(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::UnsatisfiedRead),
            1 => Some(Self::Read),
            2 => Some(Self::Write),
            _ => None,
        }
    }
}

/// Whose hypercalls a number is one of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HypercallInterface {
    /// KVM's own.
    Kvm,
    /// Hyper-V's.
    HyperV,
    /// Xen's.
    Xen,
}

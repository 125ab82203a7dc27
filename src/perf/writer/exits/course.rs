//! Why a virtual CPU exits, and what is recorded until it is entered again.

use super::payload::Payload;
use crate::perf::writer::shape::SplitMix64;

/// A record to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Nanoseconds from the record before.
    pub(super) after: u64,
    /// Whether the thread slept before it, and may have woken up on another CPU.
    pub(super) slept: bool,
    pub(super) payload: Payload,
}

/// What an exit is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cause {
    PortRead(u32),
    PortWrite(u32),
    /// Of a device in the kernel.
    MmioRead(u64),
    /// Of a device that the VMM emulates.
    VmmMmioRead(u64),
    MmioWrite(u64),
    MsrRead(u32),
    MsrWrite(u32),
    Cpuid,
    Interrupt,
    Halt,
    /// Memory that the guest touches first.
    Memory(u64),
}

impl Cause {
    /// One of those of a guest that polls the ACPI PM timer and the local APIC, as in the case this
    /// program was made for. Numbers are shares in thousandths.
    pub(super) fn any(random: &mut SplitMix64) -> Self {
        match random.below(1000) {
            0..350 => Self::PortRead(0x608),
            350..390 => Self::PortWrite(0x70),
            390..430 => Self::PortRead(0x71),
            430..450 => Self::PortWrite(0x3f8),
            450..550 => Self::MmioWrite(0xfee0_0080),
            550..620 => Self::MmioWrite(0xfee0_00b0),
            620..650 => Self::MmioWrite(0xfee0_0300),
            650..750 => Self::MmioRead(0xfee0_0390),
            750..790 => Self::VmmMmioRead(0xfed0_00f0),
            // Text on a screen: many places, each now and then.
            790..800 => Self::MmioWrite(0xb8000 + 2 * random.below(2000)),
            800..820 => Self::MsrWrite(0x6e0),
            820..840 => Self::MsrWrite(0x830),
            840..860 => Self::MsrRead(0x4000_0020),
            860..880 => Self::Cpuid,
            880..950 => Self::Interrupt,
            950..980 => Self::Memory(random.below(1 << 20) << 12),
            _ => Self::Halt,
        }
    }

    /// Its reason on Intel's and on AMD's CPUs.
    fn reasons(self) -> [u32; 2] {
        match self {
            Self::PortRead(_) | Self::PortWrite(_) => [30, 0x7b],
            Self::MmioRead(_) | Self::VmmMmioRead(_) | Self::MmioWrite(_) => [49, 0x400],
            Self::MsrRead(_) => [31, 0x7c],
            Self::MsrWrite(_) => [32, 0x7c],
            Self::Cpuid => [10, 0x72],
            Self::Interrupt => [1, 0x60],
            Self::Halt => [12, 0x78],
            Self::Memory(_) => [48, 0x400],
        }
    }

    /// `info1` and `info2` of the exit.
    ///
    /// Source: `handle_io()`, arch/x86/kvm/vmx/vmx.c; `SVM_IOIO_*`, arch/x86/include/asm/svm.h;
    /// `EPT_VIOLATION_*`, arch/x86/include/asm/vmx.h; `PFERR_*`, `arch/x86/include/asm/kvm_host.h`;
    /// Linux 6.1.
    fn details(self, is_amd: bool) -> [u64; 2] {
        const VMX_IN: u64 = 1 << 3;
        const NPF_WRITE: u64 = 1 << 1;
        const NPF_RESERVED: u64 = 1 << 3;
        match self {
            Self::PortRead(port) if is_amd => [u64::from(port) << 16 | 0x41, 0],
            Self::PortRead(port) => [u64::from(port) << 16 | VMX_IN | 3, 0],
            Self::PortWrite(port) if is_amd => [u64::from(port) << 16 | 0x10, 0],
            Self::PortWrite(port) => [u64::from(port) << 16, 0],
            Self::MmioRead(gpa) | Self::VmmMmioRead(gpa) if is_amd => [NPF_RESERVED, gpa],
            Self::MmioWrite(gpa) if is_amd => [NPF_RESERVED | NPF_WRITE, gpa],
            Self::MsrWrite(_) if is_amd => [1, 0],
            Self::Memory(gpa) if is_amd => [NPF_WRITE, gpa],
            Self::Memory(_) => [0x182, 0],
            Self::MmioRead(_)
            | Self::VmmMmioRead(_)
            | Self::MmioWrite(_)
            | Self::MsrRead(_)
            | Self::MsrWrite(_)
            | Self::Cpuid
            | Self::Interrupt
            | Self::Halt => [0, 0],
        }
    }
}

/// A virtual CPU while it is outside of its guest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exiting {
    pub(super) vcpu: u32,
    pub(super) is_amd: bool,
    pub(super) rip: u64,
}

impl Exiting {
    /// The record of the exit itself, after so many nanoseconds in the guest.
    pub(super) fn exit(self, after: u64, cause: Cause) -> Step {
        let [vmx, svm] = cause.reasons();
        let [info1, info2] = cause.details(self.is_amd);
        let payload = Payload::Exit {
            vcpu: self.vcpu,
            rip: self.rip,
            isa: if self.is_amd { 2 } else { 1 },
            reason: if self.is_amd { svm } else { vmx },
            info1,
            info2,
        };
        Step {
            after,
            slept: false,
            payload,
        }
    }

    /// Appends what follows the exit until the CPU is entered again.
    pub(super) fn handling(self, cause: Cause, random: &mut SplitMix64, steps: &mut Vec<Step>) {
        let mut near = |base: u64| base + random.below(base / 2);
        let slept = cause == Cause::Halt;
        let mut push = |after, payload| {
            steps.push(Step {
                after,
                slept,
                payload,
            });
        };
        let value = self.rip;
        match cause {
            // KVM traces a read when it is done, a write before the VMM sees it.
            Cause::PortRead(port) => push(near(6_000), pio(false, port)),
            Cause::PortWrite(port) => push(near(900), pio(true, port)),
            Cause::MmioRead(gpa) => push(near(1_500), mmio(1, gpa, value)),
            Cause::VmmMmioRead(gpa) => {
                push(near(1_800), mmio(0, gpa, 0));
                push(near(7_000), mmio(1, gpa, value));
            }
            Cause::MmioWrite(gpa) => push(near(1_600), mmio(2, gpa, value)),
            Cause::MsrRead(index) => push(near(700), msr(false, index, value)),
            Cause::MsrWrite(index) => push(near(700), msr(true, index, value)),
            Cause::Cpuid | Cause::Interrupt | Cause::Halt | Cause::Memory(_) => {}
        }
        let rest = match cause {
            Cause::PortWrite(_) => near(6_000),
            Cause::Interrupt => near(2_500),
            Cause::Halt => near(400_000),
            Cause::Memory(_) => near(3_000),
            Cause::PortRead(_)
            | Cause::MmioRead(_)
            | Cause::VmmMmioRead(_)
            | Cause::MmioWrite(_)
            | Cause::MsrRead(_)
            | Cause::MsrWrite(_)
            | Cause::Cpuid => near(600),
        };
        let entry = Payload::Entry {
            vcpu: self.vcpu,
            rip: self.rip + 2,
        };
        push(rest, entry);
    }
}

fn pio(is_write: bool, port: u32) -> Payload {
    Payload::Pio {
        is_write,
        port,
        len: if port == 0x608 { 4 } else { 1 },
        value: 0x5a,
    }
}

fn mmio(kind: u32, gpa: u64, value: u64) -> Payload {
    Payload::Mmio { kind, gpa, value }
}

fn msr(is_write: bool, index: u32, value: u64) -> Payload {
    Payload::Msr {
        is_write,
        index,
        value,
    }
}

//! From what a tracepoint recorded to what it says.

use super::host_event::{ExitEvent, HostEvent, HypercallInterface, MmioKind};
use super::recorded::Recorded;
use crate::bytes::{ByteOrder, Endian};
use crate::tracepoint::{EventFormat, Field};
use crate::units::Tid;

/// Which of the tracepoints it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Entry,
    Exit,
    Pio,
    Mmio,
    FastMmio,
    Msr,
    Cpuid,
    Apic,
    Hypercall(HypercallInterface),
    PageFault,
    UserspaceExit,
    HaltPoll,
    Wakeup,
    SetIrq,
    MsiSetIrq,
    AcceptIrq,
    InjectVirq,
    Eoi,
    EmulateInsn,
    SchedSwitch,
    SchedWakeup,
}

/// A tracepoint with its fields, each by the names that kernels gave it, in the order in which
/// [`Decoder::decode`] takes them.
struct Known {
    name: &'static str,
    kind: Kind,
    fields: &'static [&'static str],
}

const fn known(name: &'static str, kind: Kind, fields: &'static [&'static str]) -> Known {
    Known { name, kind, fields }
}

const ENTRY: [&str; 2] = ["vcpu_id|id", "rip|vcpu_pc|pc|pswaddr"];
const EXIT: [&str; 10] = [
    "exit_reason|scause|icptcode|trap|reason",
    "guest_rip|vcpu_pc|sepc|pc|pswaddr",
    "isa",
    "info1|htval",
    "info2",
    "intr_info",
    "error_code",
    "vcpu_id|id",
    "ret|idx",
    "esr_ec",
];

/// Source: see [`HostEvent`]; `arch/s390/kvm/trace.h`, `arch/powerpc/kvm/trace_hv.h`,
/// `arch/loongarch/kvm/trace.h`, Linux 6.12.
#[rustfmt::skip]
const TRACEPOINTS: [Known; 34] = [
    known("kvm:kvm_entry", Kind::Entry, &ENTRY),
    known("kvm:kvm_enter", Kind::Entry, &ENTRY),
    known("kvm:kvm_reenter", Kind::Entry, &ENTRY),
    known("kvm:kvm_s390_sie_enter", Kind::Entry, &ENTRY),
    known("kvm_hv:kvm_guest_enter", Kind::Entry, &ENTRY),
    known("kvm:kvm_exit", Kind::Exit, &EXIT),
    known("kvm:kvm_exit_gspr", Kind::Exit, &EXIT),
    known("kvm:kvm_s390_sie_exit", Kind::Exit, &EXIT),
    known("kvm_hv:kvm_guest_exit", Kind::Exit, &EXIT),
    known("kvm:kvm_pio", Kind::Pio, &["rw", "port", "size", "count", "val"]),
    known("kvm:kvm_mmio", Kind::Mmio, &["type", "gpa", "len", "val"]),
    known("kvm:kvm_fast_mmio", Kind::FastMmio, &["gpa"]),
    known("kvm:kvm_msr", Kind::Msr, &["write|rw", "ecx", "data", "exception"]),
    known("kvm:kvm_cpuid", Kind::Cpuid, &["function", "index"]),
    known("kvm:kvm_apic", Kind::Apic, &["rw", "reg", "val"]),
    known("kvm:kvm_hypercall", Kind::Hypercall(HypercallInterface::Kvm), &["nr"]),
    known("kvm:kvm_hv_hypercall", Kind::Hypercall(HypercallInterface::HyperV), &["code"]),
    known("kvm:kvm_xen_hypercall", Kind::Hypercall(HypercallInterface::Xen), &["nr"]),
    known("kvm:kvm_page_fault", Kind::PageFault, &["fault_address", "guest_rip", "error_code"]),
    known("kvm:kvm_guest_fault", Kind::PageFault, &["ipa", "vcpu_pc", "hsr"]),
    known("kvm:kvm_userspace_exit", Kind::UserspaceExit, &["reason", "errno"]),
    known("kvm:kvm_halt_poll_ns", Kind::HaltPoll, &["grow", "vcpu_id", "new", "old"]),
    known("kvm:kvm_vcpu_wakeup", Kind::Wakeup, &["ns", "waited", "valid"]),
    known("kvm:kvm_set_irq", Kind::SetIrq, &["gsi", "level"]),
    known("kvm:kvm_msi_set_irq", Kind::MsiSetIrq, &["address", "data"]),
    known("kvm:kvm_apic_accept_irq", Kind::AcceptIrq, &["apicid", "vec"]),
    known("kvm:kvm_apicv_accept_irq", Kind::AcceptIrq, &["apicid", "vec"]),
    known("kvm:kvm_inj_virq", Kind::InjectVirq, &["vector|irq"]),
    known("kvm:kvm_eoi", Kind::Eoi, &["apicid", "vector"]),
    known("kvm:kvm_pv_eoi", Kind::Eoi, &["apicid", "vector"]),
    known("kvm:kvm_emulate_insn", Kind::EmulateInsn, &["rip", "failed"]),
    known("sched:sched_switch", Kind::SchedSwitch, &["prev_pid", "prev_state", "next_pid", "next_comm"]),
    known("sched:sched_wakeup", Kind::SchedWakeup, &["pid", "target_cpu"]),
    known("sched:sched_wakeup_new", Kind::SchedWakeup, &["pid", "target_cpu"]),
];

/// A field that is read.
#[derive(Clone, Debug)]
struct Slot {
    /// The names that kernels gave it, with `|` between them.
    names: &'static str,
    /// Where it lies in payloads; `None` where this kernel has none.
    field: Option<Field>,
}

/// Decodes what one tracepoint recorded: where its fields lie is looked up once.
#[derive(Clone, Debug)]
pub struct Decoder {
    kind: Kind,
    slots: Vec<Slot>,
}

impl Decoder {
    /// The decoder of a tracepoint; `None` for one that is none of [`HostEvent`]'s.
    pub fn of(format: &EventFormat) -> Option<Self> {
        let known = TRACEPOINTS.iter().find(|known| known.name == format.name)?;
        let slot = |&names: &&'static str| Slot {
            names,
            field: names
                .split('|')
                .find_map(|name| format.field(name))
                .cloned(),
        };
        Some(Self {
            kind: known.kind,
            slots: known.fields.iter().map(slot).collect(),
        })
    }

    /// Adds that a source records it.
    pub const fn add_to(&self, recorded: &mut Recorded) {
        match self.kind {
            Kind::Entry => recorded.entries = true,
            Kind::Exit => recorded.exits = true,
            Kind::Apic => recorded.apic = true,
            Kind::UserspaceExit => recorded.userspace_exits = true,
            Kind::Wakeup => recorded.wakeups = true,
            Kind::SchedSwitch => recorded.switches = true,
            Kind::SchedWakeup => recorded.sched_wakeups = true,
            Kind::Pio
            | Kind::Mmio
            | Kind::FastMmio
            | Kind::Msr
            | Kind::Cpuid
            | Kind::Hypercall(_)
            | Kind::PageFault
            | Kind::HaltPoll
            | Kind::SetIrq
            | Kind::MsiSetIrq
            | Kind::AcceptIrq
            | Kind::InjectVirq
            | Kind::Eoi
            | Kind::EmulateInsn => {}
        }
    }

    /// What a payload says, bytes from `common_type` on.
    ///
    /// `None` when it is too short, or its format lacks what the tracepoint is about.
    #[inline]
    pub fn payload<O: ByteOrder>(&self, payload: &[u8]) -> Option<HostEvent> {
        let order = if O::IS_BIG {
            Endian::Big
        } else {
            Endian::Little
        };
        self.decode(
            |slot| slot.field.as_ref()?.number_in::<O>(payload),
            |slot| slot.field.as_ref()?.text(payload, order),
        )
    }

    /// What named values say: for sources that spell them out. `number` and `text` tell the value of
    /// a field by the kernel's name of it, `None` where the source does not tell it.
    ///
    /// `None` when what the tracepoint is about is not told.
    pub fn named<'t>(
        &self,
        number: impl Fn(&str) -> Option<u64>,
        text: impl Fn(&str) -> Option<&'t [u8]>,
    ) -> Option<HostEvent> {
        self.decode(
            |slot| slot.names.split('|').find_map(&number),
            |slot| slot.names.split('|').find_map(&text),
        )
    }

    #[inline]
    fn decode<'t>(
        &self,
        number: impl Fn(&Slot) -> Option<u64>,
        text: impl Fn(&Slot) -> Option<&'t [u8]>,
    ) -> Option<HostEvent> {
        let n = |at: usize| number(self.slots.get(at)?);
        let word = |at: usize| n(at).map(lower_half);
        Some(match self.kind {
            Kind::Entry => HostEvent::Entry {
                vcpu: word(0),
                rip: n(1),
            },
            Kind::Exit => HostEvent::Exit(exit_of(&n)?),
            Kind::Pio => HostEvent::Pio {
                is_write: n(0)? != 0,
                port: u16::try_from(n(1)?).ok()?,
                len: word(2).unwrap_or(0),
                repeats: word(3).unwrap_or(1),
                value: n(4),
            },
            Kind::Mmio => HostEvent::Mmio {
                kind: MmioKind::of(n(0)?)?,
                gpa: n(1)?,
                len: word(2).unwrap_or(0),
                value: n(3).unwrap_or(0),
            },
            Kind::FastMmio => HostEvent::FastMmio { gpa: n(0)? },
            Kind::Msr => HostEvent::Msr {
                is_write: n(0)? != 0,
                index: word(1)?,
                value: n(2).unwrap_or(0),
                is_exception: n(3).is_some_and(|raised| raised != 0),
            },
            Kind::Cpuid => HostEvent::Cpuid {
                function: word(0)?,
                index: word(1),
            },
            Kind::Apic => HostEvent::Apic {
                is_write: n(0)? != 0,
                register: word(1)?,
                value: n(2).unwrap_or(0),
            },
            Kind::Hypercall(interface) => HostEvent::Hypercall {
                interface,
                number: n(0)?,
            },
            Kind::PageFault => HostEvent::PageFault {
                gpa: n(0)?,
                rip: n(1),
                error_code: n(2).unwrap_or(0),
            },
            Kind::UserspaceExit => HostEvent::UserspaceExit {
                reason: word(0)?,
                errno: word(1).unwrap_or(0).cast_signed(),
            },
            Kind::HaltPoll
            | Kind::Wakeup
            | Kind::SetIrq
            | Kind::MsiSetIrq
            | Kind::AcceptIrq
            | Kind::InjectVirq
            | Kind::Eoi
            | Kind::EmulateInsn => return self.decode_wait(&n),
            Kind::SchedSwitch => HostEvent::SchedSwitch {
                prev_tid: tid(n(0)?),
                prev_state: n(1)?,
                next_tid: tid(n(2)?),
                next_comm: padded(self.slots.get(3).and_then(text).unwrap_or_default()),
            },
            Kind::SchedWakeup => HostEvent::SchedWakeup {
                tid: tid(n(0)?),
                target_cpu: word(1)?,
            },
        })
    }

    /// Tracepoints of waiting and of interrupts.
    fn decode_wait(&self, n: &impl Fn(usize) -> Option<u64>) -> Option<HostEvent> {
        let word = |at: usize| n(at).map(lower_half);
        Some(match self.kind {
            Kind::HaltPoll => HostEvent::HaltPoll {
                is_grown: n(0)? != 0,
                vcpu: word(1)?,
                new_ns: n(2)?,
                old_ns: n(3)?,
            },
            Kind::Wakeup => HostEvent::Wakeup {
                halted_ns: n(0)?,
                is_wait: n(1)? != 0,
                is_valid: n(2).map(|valid| valid != 0),
            },
            Kind::SetIrq => HostEvent::SetIrq {
                line: word(0)?,
                is_raised: n(1)? != 0,
            },
            Kind::MsiSetIrq => HostEvent::MsiSetIrq {
                message_address: n(0)?,
                message: n(1)?,
            },
            Kind::AcceptIrq => HostEvent::AcceptIrq {
                apic_id: word(0)?,
                vector: word(1)?,
            },
            Kind::InjectVirq => HostEvent::InjectVirq { vector: word(0)? },
            Kind::Eoi => HostEvent::Eoi {
                apic_id: word(0)?,
                vector: word(1)?.cast_signed(),
            },
            Kind::EmulateInsn => HostEvent::EmulateInsn {
                rip: n(0)?,
                is_failed: n(1).is_some_and(|failed| failed != 0),
            },
            Kind::Entry
            | Kind::Exit
            | Kind::Pio
            | Kind::Mmio
            | Kind::FastMmio
            | Kind::Msr
            | Kind::Cpuid
            | Kind::Apic
            | Kind::Hypercall(_)
            | Kind::PageFault
            | Kind::UserspaceExit
            | Kind::SchedSwitch
            | Kind::SchedWakeup => HostEvent::Other,
        })
    }
}

/// What `kvm_exit` says; `n` reads the fields of [`EXIT`].
fn exit_of(n: &impl Fn(usize) -> Option<u64>) -> Option<ExitEvent> {
    let word = |at: usize| n(at).map(lower_half);
    // arm64 tells why it was no trap, and what was trapped, which was once called `exit_reason`.
    let ret = word(8).map(u32::cast_signed);
    let (reason, esr_ec) = match ret {
        Some(ret) => (u64::from(ret.cast_unsigned()), word(9).or_else(|| word(0))),
        None => (n(0)?, None),
    };
    Some(ExitEvent {
        reason: with_top_bit(reason),
        isa: word(2),
        rip: n(1),
        info1: n(3),
        info2: n(4),
        intr_info: word(5),
        error_code: word(6),
        vcpu: word(7),
        ret,
        esr_ec,
    })
}

/// The lower 32 bits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the lower half is asked for"
)]
const fn lower_half(value: u64) -> u32 {
    value as u32
}

/// The lower 32 bits; where the highest of 64 is set, as riscv marks interrupts, the highest of 32.
const fn with_top_bit(value: u64) -> u32 {
    lower_half(value) | (lower_half(value >> 32) & (1 << 31))
}

const fn tid(value: u64) -> Tid {
    Tid::new(lower_half(value).cast_signed())
}

fn padded(text: &[u8]) -> [u8; 16] {
    let mut name = [0; 16];
    for (place, &byte) in name.iter_mut().zip(text) {
        *place = byte;
    }
    name
}

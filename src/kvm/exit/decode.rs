//! From what a tracepoint recorded to what it says.

use super::host_event::{ExitEvent, HostEvent, HypercallInterface, MmioKind};
use super::recorded::Recorded;
use crate::bytes::{ByteOrder, Endian, u16_at, u32_at, u64_at};
use crate::tracepoint::{EventFormat, Field, FieldShape};
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

/// Most fields that a tracepoint has here.
const MOST_FIELDS: usize = EXIT.len();

/// Where a number lies in payloads.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    offset: u32,
    /// Its length in bytes; 0 where this kernel has no such field.
    len: u8,
    is_signed: bool,
}

impl Place {
    fn of(field: &Field) -> Self {
        let is_number = field.shape == FieldShape::Number;
        let len = u8::try_from(field.len).ok().filter(|_| is_number);
        Self {
            offset: field.offset,
            len: len.unwrap_or(0),
            is_signed: field.is_signed,
        }
    }

    /// The number, its sign extended; `None` where there is no field, or the payload is too short.
    #[expect(
        clippy::inline_always,
        reason = "it is done for every field of every record"
    )]
    #[inline(always)]
    fn number<O: ByteOrder>(self, payload: &[u8]) -> Option<u64> {
        let at = self.offset as usize;
        let plain = match self.len {
            4 => u64::from(u32_at::<O>(payload, at)?),
            8 => u64_at::<O>(payload, at)?,
            1 => u64::from(*payload.get(at)?),
            2 => u64::from(u16_at::<O>(payload, at)?),
            _ => return None,
        };
        if !self.is_signed {
            return Some(plain);
        }
        let unused = 64 - 8 * u32::from(self.len);
        Some(((plain << unused).cast_signed() >> unused).cast_unsigned())
    }
}

/// Decodes what one tracepoint recorded: where its fields lie is looked up once.
#[derive(Clone, Debug)]
pub struct Decoder {
    kind: Kind,
    places: [Place; MOST_FIELDS],
    /// The names of the fields.
    names: &'static [&'static str],
    /// Fields that hold text.
    texts: Vec<Option<Field>>,
}

impl Decoder {
    /// The decoder of a tracepoint; `None` for one that is none of [`HostEvent`]'s.
    pub fn of(format: &EventFormat) -> Option<Self> {
        let known = TRACEPOINTS.iter().find(|known| known.name == format.name)?;
        let field = |names: &&str| names.split('|').find_map(|name| format.field(name));
        let mut places = [Place::default(); MOST_FIELDS];
        for (place, names) in places.iter_mut().zip(known.fields) {
            *place = field(names).map(Place::of).unwrap_or_default();
        }
        let has_text = known.kind == Kind::SchedSwitch;
        let texts = known.fields.iter().filter(|_| has_text);
        Some(Self {
            kind: known.kind,
            places,
            names: known.fields,
            texts: texts.map(|names| field(names).cloned()).collect(),
        })
    }

    /// Whether what it says decides how exits are paired, or what they reach.
    pub const fn is_of_exits(&self) -> bool {
        !matches!(
            self.kind,
            Kind::SetIrq | Kind::MsiSetIrq | Kind::AcceptIrq | Kind::Eoi | Kind::SchedWakeup
        )
    }

    /// Whether it enters the guest.
    pub const fn is_entry(&self) -> bool {
        matches!(self.kind, Kind::Entry)
    }

    /// Whether it tells how long halts poll.
    pub const fn is_halt_poll(&self) -> bool {
        matches!(self.kind, Kind::HaltPoll)
    }

    /// Whether it is of the change from one thread to another.
    pub const fn is_switch(&self) -> bool {
        matches!(self.kind, Kind::SchedSwitch)
    }

    /// Adds that a source records it.
    pub const fn add_to(&self, recorded: &mut Recorded) {
        match self.kind {
            Kind::Entry => recorded.entries = true,
            Kind::Exit => recorded.exits = true,
            Kind::Apic => recorded.apic = true,
            Kind::UserspaceExit => recorded.userspace_exits = true,
            Kind::Wakeup => recorded.wakeups = true,
            Kind::HaltPoll => recorded.halt_polls = true,
            Kind::SchedSwitch => recorded.switches = true,
            Kind::SchedWakeup => recorded.sched_wakeups = true,
            Kind::Pio
            | Kind::Mmio
            | Kind::FastMmio
            | Kind::Msr
            | Kind::Cpuid
            | Kind::Hypercall(_)
            | Kind::PageFault
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
            |at| self.places.get(at)?.number::<O>(payload),
            |at| self.texts.get(at)?.as_ref()?.text(payload, order),
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
            |at| self.names.get(at)?.split('|').find_map(&number),
            |at| self.names.get(at)?.split('|').find_map(&text),
        )
    }

    #[inline]
    fn decode<'t>(
        &self,
        n: impl Fn(usize) -> Option<u64>,
        text: impl Fn(usize) -> Option<&'t [u8]>,
    ) -> Option<HostEvent> {
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
                next_comm: padded(text(3).unwrap_or_default()),
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

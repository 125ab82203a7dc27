//! From what a tracepoint recorded to what it says.

use super::host_event::{ExitEvent, HostEvent, MmioKind};
use super::place::{MOST_FIELDS, NumberPlace};
use super::recorded::Recorded;
use super::thread_event::ThreadEvent;
use super::tracepoints::{Kind, TRACEPOINTS};
use super::usual::{UsualRole, is_usual, usual_event, usual_exit, usual_role};
use crate::bytes::{ByteOrder, Endian};
use crate::tracepoint::{EventFormat, Field};
use crate::units::Tid;

/// Decodes what one tracepoint recorded: where its fields lie is looked up once.
#[derive(Clone, Debug)]
pub struct Decoder {
    kind: Kind,
    places: [NumberPlace; MOST_FIELDS],
    /// The names of the fields.
    names: &'static [&'static str],
    /// Fields that hold text.
    texts: Vec<Option<Field>>,
    /// Whether its fields lie as in most kernels.
    is_usual: bool,
}

impl Decoder {
    /// The decoder of a tracepoint; `None` for one that is none of [`HostEvent`]'s.
    pub fn of(format: &EventFormat) -> Option<Self> {
        let known = TRACEPOINTS.iter().find(|known| known.name == format.name)?;
        let field = |names: &&str| names.split('|').find_map(|name| format.field(name));
        let mut places = [NumberPlace::default(); MOST_FIELDS];
        for (place, names) in places.iter_mut().zip(known.fields) {
            *place = field(names).map(NumberPlace::of).unwrap_or_default();
        }
        let has_text = known.kind == Kind::SchedSwitch;
        let texts = known.fields.iter().filter(|_| has_text);
        Some(Self {
            kind: known.kind,
            places,
            names: known.fields,
            texts: texts.map(|names| field(names).cloned()).collect(),
            is_usual: is_usual(known.kind, &places),
        })
    }

    /// Whether what it says decides how exits are paired, or what they reach.
    pub const fn is_of_exits(&self) -> bool {
        !matches!(
            self.kind,
            Kind::SetIrq | Kind::MsiSetIrq | Kind::AcceptIrq | Kind::Eoi | Kind::SchedWakeup
        )
    }

    /// Whether it concerns several threads: the scheduler, and interrupts on their way.
    pub const fn is_of_several(&self) -> bool {
        matches!(
            self.kind,
            Kind::SchedSwitch
                | Kind::SchedWakeup
                | Kind::SetIrq
                | Kind::MsiSetIrq
                | Kind::AcceptIrq
                | Kind::InjectVirq
        )
    }

    /// Whether it tells why a guest stopped, or why the VMM is asked.
    pub const fn tells_why(&self) -> bool {
        matches!(self.kind, Kind::Exit | Kind::UserspaceExit)
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
        if self.is_usual
            && self.kind == Kind::Exit
            && let Some(exit) = usual_exit::<O>(payload)
        {
            return Some(HostEvent::Exit(exit));
        }
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

    /// Whether it is one of those that most records are, and lies as in most kernels:
    /// [`Self::usual_event`] decodes it.
    pub const fn is_usual(&self) -> bool {
        self.is_usual
    }

    /// What a payload of [such a tracepoint](Self::is_usual) means to its thread: made at once, and
    /// nothing of it that is not asked for.
    ///
    /// `None` when it is not as usual: then [`Self::thread_event`] tells.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub fn usual_event<O: ByteOrder>(&self, payload: &[u8]) -> Option<ThreadEvent> {
        usual_event::<O>(self.kind, payload)
    }

    /// What a payload of such a tracepoint is to its thread; `None` where [`Self::usual_event`] tells
    /// nothing.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub fn usual_role<O: ByteOrder>(&self, payload: &[u8]) -> Option<UsualRole> {
        usual_role::<O>(self.kind, payload)
    }

    /// What a payload means to one of the threads that it is about.
    ///
    /// `None` as for [`Self::payload`].
    pub fn thread_event<O: ByteOrder>(&self, payload: &[u8], tid: Tid) -> Option<ThreadEvent> {
        if self.is_usual
            && let Some(event) = self.usual_event::<O>(payload)
        {
            return Some(event);
        }
        Some(ThreadEvent::of(&self.payload::<O>(payload)?, tid))
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

    /// What an occurrence says of which no values are told: that a guest stopped or went on.
    /// `reason` tells what stands for the reason. `None` where that alone says nothing.
    pub fn without_values(&self, reason: impl FnOnce() -> u32) -> Option<HostEvent> {
        if self.kind == Kind::Exit {
            let exit = exit_of(&|at| (at == 0).then_some(0))?;
            let reason = reason();
            return Some(HostEvent::Exit(ExitEvent { reason, ..exit }));
        }
        let is_entry = self.kind == Kind::Entry;
        is_entry.then_some(HostEvent::Entry {
            vcpu: None,
            rip: None,
        })
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
            Kind::Pio => pio_of(&n)?,
            Kind::Mmio => mmio_of(&n)?,
            Kind::FastMmio => HostEvent::FastMmio { gpa: n(0)? },
            Kind::Msr => msr_of(&n)?,
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
            Kind::UserspaceExit
            | Kind::HaltPoll
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
            Kind::UserspaceExit => HostEvent::UserspaceExit {
                reason: word(0)?,
                errno: word(1).unwrap_or(0).cast_signed(),
            },
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
            | Kind::SchedSwitch
            | Kind::SchedWakeup => HostEvent::Other,
        })
    }
}

/// What `kvm_mmio` says.
#[inline]
fn mmio_of(n: &impl Fn(usize) -> Option<u64>) -> Option<HostEvent> {
    Some(HostEvent::Mmio {
        kind: MmioKind::of(n(0)?)?,
        gpa: n(1)?,
        len: n(2).map_or(0, lower_half),
        value: n(3).unwrap_or(0),
    })
}

/// What `kvm_msr` says.
#[inline]
fn msr_of(n: &impl Fn(usize) -> Option<u64>) -> Option<HostEvent> {
    Some(HostEvent::Msr {
        is_write: n(0)? != 0,
        index: n(1).map(lower_half)?,
        value: n(2).unwrap_or(0),
        is_exception: n(3).is_some_and(|raised| raised != 0),
    })
}

/// What `kvm_pio` says.
#[inline]
fn pio_of(n: &impl Fn(usize) -> Option<u64>) -> Option<HostEvent> {
    let word = |at: usize| n(at).map(lower_half);
    Some(HostEvent::Pio {
        is_write: n(0)? != 0,
        port: u16::try_from(n(1)?).ok()?,
        len: word(2).unwrap_or(0),
        repeats: word(3).unwrap_or(1),
        value: n(4),
    })
}

/// What `kvm_exit` says; `n` reads the fields of `EXIT`.
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

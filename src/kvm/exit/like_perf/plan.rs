//! From a sample to what it means, by the formats of the capture.

use super::host::Host;
use super::moment::{Effect, Identity, PerfKey};
use super::reasons::ReasonTable;
use super::request::Measured;
use crate::bytes::ByteOrder;
use crate::perf::{Capture, Event};
use crate::tracepoint::{EventFormat, Field, Formats};

/// `type` of `kvm_mmio`.
///
/// Source: `KVM_TRACE_MMIO_*`, include/trace/events/kvm.h, Linux 6.1.
const MMIO_READ: u32 = 1;
const MMIO_WRITE: u32 = 2;
/// `ret` of arm64's `kvm_exit`: the exception class tells more.
///
/// Source: `ARM_EXCEPTION_TRAP`, `arch/arm64/include/asm/kvm_asm.h`, Linux 6.1.
const ARM_TRAP: u64 = 2;

/// A field as perf reads it: 0 when the format has none, without a sign.
#[derive(Clone, Debug, Default)]
struct Number(Option<Field>);

impl Number {
    fn of(format: Option<&EventFormat>, name: &str) -> Self {
        Self(format.and_then(|format| format.field(name)).cloned())
    }

    /// Source: `format_field__intval()`, tools/perf/util/evsel.c, Linux 6.1.
    fn read<O: ByteOrder>(&self, payload: &[u8]) -> u64 {
        let Some(field) = &self.0 else {
            return 0;
        };
        let number = field.number_in::<O>(payload).unwrap_or(0);
        match field.len {
            1 | 2 | 4 => number & ((1 << (8 * field.len)) - 1),
            _ => number,
        }
    }

    /// The same as C makes a `u64` an `int`.
    #[expect(clippy::cast_possible_truncation, reason = "so does perf")]
    fn read_u32<O: ByteOrder>(&self, payload: &[u8]) -> u32 {
        self.read::<O>(payload) as u32
    }
}

/// How the samples of an event are read.
#[derive(Clone, Debug)]
enum PerfReading {
    Entry {
        vcpu: Number,
        begins: bool,
    },
    /// An exit whose reason does not matter: one that may be a read by MMIO.
    Exit,
    ExitReason {
        reason: Number,
        reasons: ReasonTable,
    },
    ArmExit {
        ret: Number,
        class: Number,
    },
    Mmio {
        gpa: Number,
        kind: Number,
    },
    /// A port or a MSR.
    Access {
        code: Number,
        is_write: Number,
    },
}

/// How the samples of each event of a capture are read.
#[derive(Clone, Debug)]
pub(super) struct PerfPlan {
    by_event: Vec<Option<PerfReading>>,
}

impl PerfPlan {
    pub(super) fn new(capture: &Capture, host: Host, measured: Measured) -> Self {
        let formats = Formats::of_capture(capture);
        let events = capture.events().iter();
        let reading = |event: &Event| {
            let format = formats.by_id(event.attr.config);
            reading(event, format.and_then(|ix| formats.get(ix)), host, measured)
        };
        Self {
            by_event: events.map(|(_, event)| reading(event)).collect(),
        }
    }

    /// What a sample of an event means; `payload` is empty when it has none.
    pub(super) fn effect<O: ByteOrder>(&self, event: usize, payload: &[u8]) -> Effect {
        match self.by_event.get(event) {
            Some(Some(reading)) => reading.effect::<O>(payload),
            _ => Effect::Nothing,
        }
    }

    /// Whether samples of an event mean anything.
    pub(super) fn reads(&self, event: usize) -> bool {
        matches!(self.by_event.get(event), Some(Some(_)))
    }
}

/// perf goes by the whole name of the event.
fn reading(
    event: &Event,
    format: Option<&EventFormat>,
    host: Host,
    measured: Measured,
) -> Option<PerfReading> {
    let number = |name| Number::of(format, name);
    let is_arm = host == Host::Arm64;
    let access = |code, is_write| PerfReading::Access {
        code: number(code),
        is_write: number(is_write),
    };
    match (event.name.as_str(), measured) {
        ("kvm:kvm_entry", _) => Some(PerfReading::Entry {
            vcpu: number(if is_arm { "id" } else { "vcpu_id" }),
            begins: is_arm,
        }),
        ("kvm:kvm_exit", Measured::VmExit) if is_arm => Some(PerfReading::ArmExit {
            ret: number("ret"),
            class: number("esr_ec"),
        }),
        ("kvm:kvm_exit", Measured::VmExit) => Some(PerfReading::ExitReason {
            reason: number("exit_reason"),
            reasons: host.reasons(),
        }),
        ("kvm:kvm_exit", Measured::Mmio) => Some(PerfReading::Exit),
        ("kvm:kvm_mmio", Measured::Mmio) => Some(PerfReading::Mmio {
            gpa: number("gpa"),
            kind: number("type"),
        }),
        ("kvm:kvm_pio", Measured::IoPort) => Some(access("port", "rw")),
        ("kvm:kvm_msr", Measured::Msr) => Some(access("ecx", "write")),
        _ => None,
    }
}

impl PerfReading {
    /// Source: `mmio_event_begin()`, `mmio_event_end()` and the like,
    /// `tools/perf/arch/x86/util/kvm-stat.c`; `event_get_key()`,
    /// `tools/perf/arch/arm64/util/kvm-stat.c`; Linux 6.1.
    fn effect<O: ByteOrder>(&self, payload: &[u8]) -> Effect {
        let key = |code, access, reasons| {
            Some(PerfKey {
                identity: Identity { code, access },
                reasons,
            })
        };
        match self {
            Self::Entry { vcpu, begins } => Effect::Enters {
                vcpu: vcpu.read_u32::<O>(payload).cast_signed(),
                begins: *begins,
            },
            Self::Exit => Effect::Begins(None),
            Self::ExitReason { reason, reasons } => {
                Effect::Begins(key(reason.read::<O>(payload), 0, Some(*reasons)))
            }
            Self::ArmExit { ret, class } => {
                let (ret, class) = (ret.read::<O>(payload), class.read::<O>(payload));
                Effect::Ends(if ret == ARM_TRAP {
                    key(class, 0, Some(ReasonTable::Arm64Trap))
                } else {
                    key(ret, 0, Some(ReasonTable::Arm64Exit))
                })
            }
            Self::Mmio { gpa, kind } => {
                let kind = kind.read_u32::<O>(payload);
                let key = key(gpa.read::<O>(payload), kind, None);
                match kind {
                    MMIO_READ => Effect::Ends(key),
                    MMIO_WRITE => Effect::Begins(key),
                    _ => Effect::Nothing,
                }
            }
            Self::Access { code, is_write } => {
                let is_write = is_write.read_u32::<O>(payload);
                Effect::Begins(key(code.read::<O>(payload), is_write, None))
            }
        }
    }
}

/// What a key is called: `0x608:PIN`, `HLT`.
///
/// Exit reasons that perf does not know have no name.
pub(super) fn name(measured: Measured, key: &PerfKey) -> Option<String> {
    let Identity { code, access } = key.identity;
    // `%#llx` prints a zero bare.
    let code_text = if code == 0 {
        "0".to_owned()
    } else {
        format!("{code:#x}")
    };
    let is_write = match measured {
        Measured::VmExit => return key.reasons?.name(code).map(str::to_owned),
        Measured::Mmio => access == MMIO_WRITE,
        Measured::IoPort | Measured::Msr => access != 0,
    };
    let access = match (measured, is_write) {
        (Measured::IoPort, true) => "POUT",
        (Measured::IoPort, false) => "PIN",
        (_, true) => "W",
        (_, false) => "R",
    };
    Some(format!("{code_text}:{access}"))
}

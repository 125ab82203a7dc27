//! Payloads that lie as in most kernels, read in one step.
//!
//! Most captures of exits have these layouts, and most of their records are these tracepoints.

use super::access::{Access, Target};
use super::host_event::{ExitEvent, MmioKind};
use super::place::{MOST_FIELDS, NumberPlace, place};
use super::reason::ExitReason;
use super::thread_event::ThreadEvent;
use super::tracepoints::Kind;
use crate::bytes::{ByteOrder, u32_at, u64_at};

/// A tracepoint with the places of its first fields, in the order of `TRACEPOINTS`.
struct Usual {
    kind: Kind,
    places: &'static [NumberPlace],
}

/// Where fields lie on x86: of `kvm_exit` from Linux 5.10 to 6.18, of the others from 3.10 on. Of the
/// others only fields that pairing asks for are named.
const USUAL: [Usual; 5] = [
    Usual {
        kind: Kind::Exit,
        places: &[
            place(8, 4),
            place(16, 8),
            place(24, 4),
            place(32, 8),
            place(40, 8),
            place(48, 4),
            place(52, 4),
            place(56, 4),
            place(0, 0),
            place(0, 0),
        ],
    },
    Usual {
        kind: Kind::Entry,
        places: &[place(8, 4)],
    },
    Usual {
        kind: Kind::Pio,
        places: &[place(8, 4), place(12, 4)],
    },
    Usual {
        kind: Kind::Mmio,
        places: &[place(8, 4), place(16, 8)],
    },
    Usual {
        kind: Kind::Msr,
        places: &[place(8, 4), place(12, 4)],
    },
];

/// How long the fields of `kvm_exit` are then, all together.
const EXIT_LEN: usize = 60;

/// Whether the fields of a tracepoint lie as in most kernels.
pub(super) fn is_usual(kind: Kind, places: &[NumberPlace; MOST_FIELDS]) -> bool {
    let mut usual = USUAL.iter();
    usual.any(|usual| usual.kind == kind && places.starts_with(usual.places))
}

/// The exit of a payload that lies as in most kernels; `None` when it is too short.
#[inline]
pub(super) fn usual_exit<O: ByteOrder>(payload: &[u8]) -> Option<ExitEvent> {
    let payload: &[u8; EXIT_LEN] = payload.first_chunk()?;
    Some(ExitEvent {
        reason: u32_at::<O>(payload, 8)?,
        rip: u64_at::<O>(payload, 16),
        isa: u32_at::<O>(payload, 24),
        info1: u64_at::<O>(payload, 32),
        info2: u64_at::<O>(payload, 40),
        intr_info: u32_at::<O>(payload, 48),
        error_code: u32_at::<O>(payload, 52),
        vcpu: u32_at::<O>(payload, 56),
        ret: None,
        esr_ec: None,
    })
}

/// What a payload that lies as in most kernels means to its thread.
///
/// `None` when it is too short, or says what cannot be, and for all other tracepoints.
#[expect(clippy::inline_always, reason = "it is done for nearly every record")]
#[inline(always)]
pub(super) fn usual_event<O: ByteOrder>(kind: Kind, payload: &[u8]) -> Option<ThreadEvent> {
    if kind == Kind::Exit {
        return usual_exit::<O>(payload).map(|exit| ThreadEvent::exit(&exit));
    }
    let first = u32_at::<O>(payload, 8)?;
    if kind == Kind::Entry {
        return Some(ThreadEvent::entry(Some(first)));
    }
    if kind == Kind::Mmio {
        return Some(ThreadEvent::mmio(
            MmioKind::of(first.into())?,
            u64_at::<O>(payload, 16)?,
        ));
    }
    let second = u32_at::<O>(payload, 12)?;
    let target = match kind {
        Kind::Pio => Target::Port(u16::try_from(second).ok()?),
        Kind::Msr => Target::Msr(second),
        Kind::Exit
        | Kind::Entry
        | Kind::Mmio
        | Kind::FastMmio
        | Kind::Cpuid
        | Kind::Apic
        | Kind::Hypercall(_)
        | Kind::PageFault
        | Kind::UserspaceExit
        | Kind::HaltPoll
        | Kind::Wakeup
        | Kind::SetIrq
        | Kind::MsiSetIrq
        | Kind::AcceptIrq
        | Kind::InjectVirq
        | Kind::Eoi
        | Kind::EmulateInsn
        | Kind::SchedSwitch
        | Kind::SchedWakeup => return None,
    };
    Some(ThreadEvent::access(Access::new(target, first != 0)))
}

/// What such a payload is to its thread, as much as plain exits ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UsualRole {
    /// The guest has stopped running.
    Exit(ExitReason),
    /// The guest is about to run.
    Entry {
        /// The vCPU's number in its VM.
        vcpu: u32,
    },
    /// Something was reached.
    Access,
}

/// What a payload that lies as in most kernels is to its thread; `None` where [`usual_event`] tells
/// nothing.
#[expect(clippy::inline_always, reason = "it is done for nearly every record")]
#[inline(always)]
pub(super) fn usual_role<O: ByteOrder>(kind: Kind, payload: &[u8]) -> Option<UsualRole> {
    match kind {
        Kind::Exit => {
            let payload: &[u8; EXIT_LEN] = payload.first_chunk()?;
            let reason = ExitReason::of(&ExitEvent {
                reason: u32_at::<O>(payload, 8)?,
                isa: u32_at::<O>(payload, 24),
                ..ExitEvent::default()
            });
            Some(UsualRole::Exit(reason))
        }
        Kind::Entry => Some(UsualRole::Entry {
            vcpu: u32_at::<O>(payload, 8)?,
        }),
        Kind::Pio => {
            let port = u32_at::<O>(payload, 12)?;
            (port <= u16::MAX.into()).then_some(UsualRole::Access)
        }
        Kind::Mmio => {
            let kind = u32_at::<O>(payload, 8)?;
            let is_known = MmioKind::of(kind.into()).is_some() && payload.len() >= 24;
            is_known.then_some(UsualRole::Access)
        }
        Kind::Msr => (payload.len() >= 16).then_some(UsualRole::Access),
        Kind::FastMmio
        | Kind::Cpuid
        | Kind::Apic
        | Kind::Hypercall(_)
        | Kind::PageFault
        | Kind::UserspaceExit
        | Kind::HaltPoll
        | Kind::Wakeup
        | Kind::SetIrq
        | Kind::MsiSetIrq
        | Kind::AcceptIrq
        | Kind::InjectVirq
        | Kind::Eoi
        | Kind::EmulateInsn
        | Kind::SchedSwitch
        | Kind::SchedWakeup => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::UsualRole;
    use crate::bytes::{Big, Little};
    use crate::kvm::exit::thread_marks::What;
    use crate::kvm::exit::{Decoder, ThreadEvent};
    use crate::tracepoint::EventFormat;
    use crate::units::Tid;

    /// The format of a tracepoint whose fields have these names, places and lengths.
    fn decoder(name: &str, fields: &[(&str, u32, u32)]) -> Decoder {
        let lines = fields.iter().map(|(field, offset, len)| {
            format!("\tfield:unsigned {field};\toffset:{offset};\tsize:{len};\tsigned:0;\n")
        });
        let text = format!(
            "name: {name}\nID: 1\nformat:\n{}",
            lines.collect::<String>()
        );
        Decoder::of(&EventFormat::parse("kvm", &text).unwrap()).unwrap()
    }

    /// As the kernel's formats have them, Linux 6.1.
    fn usual() -> [Decoder; 5] {
        let exit = [
            ("exit_reason", 8, 4),
            ("guest_rip", 16, 8),
            ("isa", 24, 4),
            ("info1", 32, 8),
            ("info2", 40, 8),
            ("intr_info", 48, 4),
            ("error_code", 52, 4),
            ("vcpu_id", 56, 4),
        ];
        let pio = [("rw", 8, 4), ("port", 12, 4), ("size", 16, 4)];
        let mmio = [("type", 8, 4), ("len", 12, 4), ("gpa", 16, 8)];
        let msr = [("write", 8, 4), ("ecx", 12, 4), ("data", 16, 8)];
        [
            decoder("kvm_exit", &exit),
            decoder("kvm_entry", &[("vcpu_id", 8, 4), ("rip", 16, 8)]),
            decoder("kvm_pio", &pio),
            decoder("kvm_mmio", &mmio),
            decoder("kvm_msr", &msr),
        ]
    }

    fn role_of(event: &ThreadEvent) -> UsualRole {
        if event.what() == What::Exit {
            UsualRole::Exit(event.reason())
        } else if event.what() == What::Entry {
            let vcpu = event.vcpu().unwrap();
            UsualRole::Entry { vcpu }
        } else {
            UsualRole::Access
        }
    }

    proptest! {
        /// Law: what is read in one step is what is read field by field, in either byte order.
        #[test]
        fn one_step_tells_what_fields_tell(
            mut payload in prop::collection::vec(any::<u8>(), 0..80),
            // Reasons, kinds and flags are small numbers.
            small in any::<bool>(),
            isa in 0..4_u8,
        ) {
            for at in [9, 10, 11, 14, 15, 25, 26, 27] {
                if let Some(byte) = payload.get_mut(at).filter(|_| small) {
                    *byte = 0;
                }
            }
            if let Some(byte) = payload.get_mut(24) {
                *byte = isa;
            }
            let tid = Tid::new(1);
            for decoder in usual() {
                prop_assert!(decoder.is_usual());
                let event = decoder.usual_event::<Little>(&payload);
                let role = decoder.usual_role::<Little>(&payload);
                prop_assert_eq!(role, event.map(|event| role_of(&event)));
                if let Some(event) = decoder.usual_event::<Little>(&payload) {
                    let told = decoder.payload::<Little>(&payload).unwrap();
                    prop_assert_eq!(event, ThreadEvent::of(&told, tid));
                }
                if let Some(event) = decoder.usual_event::<Big>(&payload) {
                    let told = decoder.payload::<Big>(&payload).unwrap();
                    prop_assert_eq!(event, ThreadEvent::of(&told, tid));
                }
            }
        }
    }

    /// Linux 2.6.32 had one more common field: everything lay four bytes further.
    #[test]
    fn other_layouts_are_not_usual() {
        assert!(!decoder("kvm_entry", &[("vcpu_id", 12, 4)]).is_usual());
        assert!(!decoder("kvm_pio", &[("rw", 12, 4), ("port", 16, 4)]).is_usual());
        assert!(!decoder("kvm_cpuid", &[("function", 8, 4)]).is_usual());
    }
}

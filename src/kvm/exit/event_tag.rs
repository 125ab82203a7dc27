//! What a host event is about, as a tag.

use super::access::Target;
use super::host_event::{ExitEvent, HostEvent};
use super::qualification::accesses_of;
use super::reason::{ExitReason, ReasonNumbering};
use super::reason_names::ReasonNames;
use crate::stack::Tag;

/// The tag of what an event recorded, where its values tell more than its name; `None` elsewhere.
pub fn tag_of(event: &HostEvent, names: &ReasonNames) -> Option<Tag> {
    match event {
        HostEvent::Exit(exit) => Some(tag_of_exit(exit, names)),
        HostEvent::Mmio { gpa, .. } => Some(match Target::apic_of_gpa(*gpa) {
            Some(_) => Tag::ExitApic,
            None => Tag::ExitMmio,
        }),
        HostEvent::Msr { index, .. } => Some(if Target::Msr(*index).is_x2apic() {
            Tag::ExitApic
        } else {
            Tag::ExitMsr
        }),
        HostEvent::UserspaceExit { reason, errno: 0.. } => tag_of_user_exit(*reason),
        HostEvent::UserspaceExit { .. }
        | HostEvent::Entry { .. }
        | HostEvent::Pio { .. }
        | HostEvent::FastMmio { .. }
        | HostEvent::Cpuid { .. }
        | HostEvent::Apic { .. }
        | HostEvent::Hypercall { .. }
        | HostEvent::PageFault { .. }
        | HostEvent::HaltPoll { .. }
        | HostEvent::Wakeup { .. }
        | HostEvent::SetIrq { .. }
        | HostEvent::MsiSetIrq { .. }
        | HostEvent::AcceptIrq { .. }
        | HostEvent::InjectVirq { .. }
        | HostEvent::Eoi { .. }
        | HostEvent::EmulateInsn { .. }
        | HostEvent::SchedSwitch { .. }
        | HostEvent::SchedWakeup { .. }
        | HostEvent::Other => None,
    }
}

/// The device decides over the mechanism that reaches it, as with stacks.
fn tag_of_exit(exit: &ExitEvent, names: &ReasonNames) -> Tag {
    const EXCEPTION_OR_NMI: (ReasonNumbering, u32) = (ReasonNumbering::Vmx, 0);
    const KIND: u32 = 7 << 8;
    const NMI: u32 = 2 << 8;
    let reason = ExitReason::of(exit);
    let is_nmi = exit.intr_info.is_some_and(|info| info & KIND == NMI);
    if is_nmi && (reason.numbering, reason.code) == EXCEPTION_OR_NMI {
        return Tag::ExitIrq;
    }
    let foremost = accesses_of(reason, exit).foremost();
    let target = foremost.map(|access| access.target);
    if target.is_some_and(|target| target.is_apic_of(reason)) {
        Tag::ExitApic
    } else if matches!(target, Some(Target::Mmio(_))) {
        Tag::ExitMmio
    } else {
        names.tag(reason)
    }
}

/// The tag of what the VMM is asked for; `None` where it is the VMM's own doing, as with a signal.
///
/// Source: `KVM_EXIT_*`, `include/uapi/linux/kvm.h`, Linux 6.18.
const fn tag_of_user_exit(reason: u32) -> Option<Tag> {
    Some(match reason {
        // EXCEPTION, DEBUG.
        1 | 4 => Tag::ExitException,
        // IO.
        2 => Tag::ExitPio,
        // HYPERCALL, PAPR_HCALL, XEN.
        3 | 19 | 34 => Tag::ExitHypercall,
        // HLT.
        5 => Tag::ExitHlt,
        // MMIO, ARM_NISV.
        6 | 28 => Tag::ExitMmio,
        // IRQ_WINDOW_OPEN.
        7 => Tag::ExitIrqWindow,
        // SET_TPR, TPR_ACCESS, IOAPIC_EOI.
        11 | 12 | 26 => Tag::ExitApic,
        // X86_RDMSR, X86_WRMSR.
        29 | 30 => Tag::ExitMsr,
        // RISCV_CSR.
        36 => Tag::ExitReg,
        // MEMORY_FAULT.
        39 => Tag::ExitMemory,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag_of_exit(isa: u32, reason: u32, infos: [u64; 2]) -> Option<Tag> {
        let exit = ExitEvent {
            reason,
            isa: Some(isa),
            info1: Some(infos[0]),
            info2: Some(infos[1]),
            intr_info: u32::try_from(infos[1]).ok(),
            ..ExitEvent::default()
        };
        tag_of(&HostEvent::Exit(exit), &ReasonNames::default())
    }

    /// Values as captures of both vendors have them; an NMI is the host's, an exception the guest's.
    #[test]
    fn what_was_recorded_tells_the_tag() {
        assert_eq!(tag_of_exit(1, 30, [0x608_000b, 0]), Some(Tag::ExitPio));
        assert_eq!(tag_of_exit(1, 44, [0x390, 0]), Some(Tag::ExitApic));
        assert_eq!(tag_of_exit(1, 0, [0, 0x8000_0202]), Some(Tag::ExitIrq));
        assert_eq!(
            tag_of_exit(1, 0, [0, 0x8000_0306]),
            Some(Tag::ExitException)
        );
        let apic = [0x1_0000_000d, 0xfee0_0390];
        assert_eq!(tag_of_exit(2, 0x400, apic), Some(Tag::ExitApic));
        let hpet = [0x1_0000_000d, 0xfed0_00f0];
        assert_eq!(tag_of_exit(2, 0x400, hpet), Some(Tag::ExitMmio));
        // Where the page is not mapped as a device's yet, a fault there is an access to the APIC too.
        let fault = [0x1_0000_0006, 0xfee0_0080];
        assert_eq!(tag_of_exit(2, 0x400, fault), Some(Tag::ExitApic));
        let memory = [0x1_0000_0006, 0x7000];
        assert_eq!(tag_of_exit(2, 0x400, memory), Some(Tag::ExitMemory));
        assert_eq!(tag_of_exit(2, 0x3ff, [0, 0]), Some(Tag::ExitOther));
        let of = |event| tag_of(&event, &ReasonNames::default());
        let msr = |index| HostEvent::Msr {
            is_write: true,
            index,
            value: 0,
            is_exception: false,
        };
        assert_eq!(of(msr(0x80b)), Some(Tag::ExitApic));
        assert_eq!(of(msr(0x6e0)), Some(Tag::ExitMsr));
        let user = |reason, errno| of(HostEvent::UserspaceExit { reason, errno });
        assert_eq!(user(2, 0), Some(Tag::ExitPio));
        assert_eq!(user(2, -4), None);
        assert_eq!(user(10, 0), None);
    }
}

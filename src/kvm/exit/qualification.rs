//! What `kvm_exit` alone says of what was reached.
//!
//! | exit | `info1` | `info2` |
//! |---|---|---|
//! | VMX 1 `EXTERNAL_INTERRUPT` | - | vector, until Linux 5.8; later it is in `intr_info` |
//! | VMX 30 `IO_INSTRUCTION` | port in the upper half, bit 3: IN | - |
//! | VMX 44 `APIC_ACCESS` | offset in bits 0 to 11, kind in 12 to 15 | - |
//! | VMX 45 `EOI_INDUCED` | vector | - |
//! | VMX 56 `APIC_WRITE` | offset | - |
//! | SVM 0x7b `IOIO` | port in the upper half, bit 0: IN | next instruction |
//! | SVM 0x400 `NPF` | error code; bit 3: a device's registers | guest-physical address |
//! | SVM 0x402 `AVIC_UNACCELERATED_ACCESS` | offset, bit 32: write | - |
//!
//! Of exits without a qualification `info1` holds what an earlier exit left there.
//!
//! Source: `handle_io`, `handle_apic_access`, `handle_apic_write`, `handle_apic_eoi_induced`,
//! arch/x86/kvm/vmx/vmx.c; `SVM_IOIO_*`, arch/x86/include/asm/svm.h; `npf_interception`,
//! arch/x86/kvm/svm/svm.c; `avic_unaccelerated_access_interception`, arch/x86/kvm/svm/avic.c;
//! `PFERR_*`, `arch/x86/include/asm/kvm_host.h`, Linux 6.12.

use super::access::{Access, AccessSet, Direction, Target};
use super::host_event::ExitEvent;
use super::reason::{ExitReason, ReasonNumbering};

/// What an exit reaches, as far as `kvm_exit` alone tells.
pub(super) fn accesses_of(reason: ExitReason, exit: &ExitEvent) -> AccessSet {
    let mut found = AccessSet::default();
    if let Some(access) = access_of_exit(reason, exit) {
        add_with_apic(&mut found, access);
    }
    found
}

/// Adds what an exit reaches, and the register of the local APIC that it is.
#[inline]
pub(super) fn add_with_apic(found: &mut AccessSet, access: Access) {
    found.add(access);
    if let Target::Mmio(gpa) = access.target
        && let Some(target) = Target::apic_of_gpa(gpa)
    {
        found.add(Access { target, ..access });
    }
}

/// What an exit reaches, as far as `kvm_exit` alone tells: a register of the local APIC as the memory
/// by which it is reached.
#[expect(clippy::inline_always, reason = "it is done for nearly every record")]
#[inline(always)]
pub(super) fn access_of_exit(reason: ExitReason, exit: &ExitEvent) -> Option<Access> {
    match reason.numbering {
        ReasonNumbering::Vmx => vmx(reason.code, exit),
        ReasonNumbering::Svm => svm(reason.code, exit),
        ReasonNumbering::ArmReturn | ReasonNumbering::ArmTrap | ReasonNumbering::Other => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the upper half of 32 bits")]
const fn port_of(qualification: u64) -> u16 {
    (qualification >> 16) as u16
}

const fn register_of(qualification: u64) -> u32 {
    (qualification & 0xff0) as u32
}

#[inline(always)]
fn vmx(code: u32, exit: &ExitEvent) -> Option<Access> {
    const EVENT_DELIVERY: u64 = 3;
    let info1 = exit.info1?;
    match code {
        1 => {
            let told = exit.intr_info.map(u64::from).or(exit.info2)?;
            let is_valid = told & (1 << 31) != 0;
            let vector = u32::from(told.to_le_bytes()[0]);
            is_valid.then_some(Access::undirected(Target::HostInterrupt(vector)))
        }
        30 => Some(Access::new(
            Target::Port(port_of(info1)),
            info1 & (1 << 3) == 0,
        )),
        44 => {
            let direction = match info1 >> 12 & 0xf {
                0 => Direction::Read,
                1 => Direction::Write,
                EVENT_DELIVERY => return None,
                _ => Direction::Unknown,
            };
            Some(Access {
                target: Target::Apic(register_of(info1)),
                direction,
            })
        }
        45 => {
            let vector = u32::from(info1.to_le_bytes()[0]);
            Some(Access::undirected(Target::GuestInterrupt(vector)))
        }
        56 => Some(Access::new(Target::Apic(register_of(info1)), true)),
        _ => None,
    }
}

#[inline(always)]
fn svm(code: u32, exit: &ExitEvent) -> Option<Access> {
    const WRITE: u64 = 1 << 1;
    const RESERVED: u64 = 1 << 3;
    let info1 = exit.info1?;
    match code {
        0x7b => Some(Access::new(Target::Port(port_of(info1)), info1 & 1 == 0)),
        0x400 => {
            let (gpa, is_write) = (exit.info2?, info1 & WRITE != 0);
            let target = if info1 & RESERVED == 0 {
                Target::Fault(gpa)
            } else {
                Target::Mmio(gpa)
            };
            Some(Access::new(target, is_write))
        }
        0x402 => Some(Access::new(
            Target::Apic(register_of(info1)),
            info1 & (1 << 32) != 0,
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foremost(isa: u32, reason: u32, infos: [u64; 2]) -> Option<Access> {
        let exit = ExitEvent {
            reason,
            isa: Some(isa),
            info1: Some(infos[0]),
            info2: Some(infos[1]),
            ..ExitEvent::default()
        };
        accesses_of(ExitReason::of(&exit), &exit).foremost()
    }

    /// Numbers as they stand in the recorded captures of both vendors; by the manuals' layouts.
    #[test]
    fn qualifications_name_ports_and_registers() {
        let read = |target| Some(Access::new(target, false));
        let write = |target| Some(Access::new(target, true));
        assert_eq!(foremost(1, 30, [0x0608_000b, 0]), read(Target::Port(0x608)));
        assert_eq!(foremost(1, 30, [0x0080_0000, 0]), write(Target::Port(0x80)));
        assert_eq!(
            foremost(2, 0x7b, [0x0608_0041, 7]),
            read(Target::Port(0x608))
        );
        assert_eq!(
            foremost(2, 0x7b, [0x0080_0010, 7]),
            write(Target::Port(0x80))
        );
        assert_eq!(foremost(1, 44, [0x390, 0]), read(Target::Apic(0x390)));
        assert_eq!(foremost(1, 44, [0x10b0, 0]), write(Target::Apic(0xb0)));
        assert_eq!(foremost(1, 56, [0x300, 0]), write(Target::Apic(0x300)));
        let apic = [0x1_0000_000d, 0xfee0_0390];
        assert_eq!(foremost(2, 0x400, apic), read(Target::Apic(0x390)));
        let hpet = [0x1_0000_000d, 0xfed0_00f0];
        assert_eq!(foremost(2, 0x400, hpet), read(Target::Mmio(0xfed0_00f0)));
        let fault = [0x1_0000_0006, 0x7000];
        assert_eq!(foremost(2, 0x400, fault), write(Target::Fault(0x7000)));
        // What stands in info1 of an exit without a qualification is that of another exit.
        assert_eq!(foremost(1, 12, [0x0608_000b, 0]), None);
        assert_eq!(foremost(2, 0x78, [0x0608_0041, 0]), None);
    }

    /// A failed entry keeps its mark; a bus lock is no other reason.
    #[test]
    fn flags_of_a_reason_are_told_apart() {
        let of = |reason| {
            let exit = ExitEvent {
                reason,
                isa: Some(1),
                ..ExitEvent::default()
            };
            ExitReason::of(&exit).code
        };
        assert_eq!(of(0x8000_0021), 0x8000_0021);
        assert_eq!(of(0x0400_001e), 30);
        assert_ne!(of(0x8000_001e), 30);
    }
}

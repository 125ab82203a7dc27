//! Why a guest stopped running, as a number of one of several numberings.

use super::host_event::ExitEvent;

/// Whose numbers the reasons of an exit are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum ReasonNumbering {
    /// Intel's basic exit reasons.
    Vmx,
    /// AMD's exit codes.
    Svm,
    /// arm64's exception index: why it was no trap.
    ArmReturn,
    /// arm64's exception class: what was trapped.
    ArmTrap,
    /// Of another machine, or of an x86 kernel that does not say whose (before Linux 3.4).
    #[default]
    Other,
}

impl ReasonNumbering {
    /// Whether one machine can have reasons of both.
    pub const fn is_of_one_machine(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Vmx, Self::Vmx)
                | (Self::Svm, Self::Svm)
                | (
                    Self::ArmReturn | Self::ArmTrap,
                    Self::ArmReturn | Self::ArmTrap
                )
                | (Self::Other, _)
                | (_, Self::Other)
        )
    }
}

/// Why a guest stopped running.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ExitReason {
    /// Whose number it is.
    pub numbering: ReasonNumbering,
    /// The number. Of VMX without the flags beside the basic reason, but for [`Self::FAILED_ENTRY`].
    pub code: u32,
}

impl ExitReason {
    /// The flag of a VMX reason that says that the guest could not be entered at all.
    ///
    /// Source: `VMX_EXIT_REASONS_FAILED_VMENTRY`, arch/x86/include/uapi/asm/vmx.h, Linux 6.12.
    pub const FAILED_ENTRY: u32 = 1 << 31;

    /// `ARM_EXCEPTION_TRAP`, `arch/arm64/include/asm/kvm_asm.h`, Linux 6.12.
    const ARM_TRAP: i32 = 2;

    /// The reason of an exit.
    ///
    /// Source: `isa` is `KVM_ISA_VMX` or `KVM_ISA_SVM`, arch/x86/kvm/trace.h; the width of a basic
    /// reason is that of `union vmx_exit_reason`, arch/x86/kvm/vmx/vmx.h, Linux 6.12.
    pub const fn of(exit: &ExitEvent) -> Self {
        const BASIC: u32 = 0xffff;
        let (numbering, code) = match (exit.isa, exit.ret) {
            (Some(1), _) => (
                ReasonNumbering::Vmx,
                exit.reason & (BASIC | Self::FAILED_ENTRY),
            ),
            (Some(2), _) => (ReasonNumbering::Svm, exit.reason),
            // The highest bit says that an error was pending; the index is the rest.
            (_, Some(ret)) => match (ret & i32::MAX, exit.esr_ec) {
                (Self::ARM_TRAP, Some(class)) => (ReasonNumbering::ArmTrap, class),
                (index, _) => (ReasonNumbering::ArmReturn, index.cast_unsigned()),
            },
            (_, None) => (ReasonNumbering::Other, exit.reason),
        };
        Self { numbering, code }
    }

    /// Whether the guest could not be entered at all.
    pub const fn is_failed_entry(self) -> bool {
        matches!(self.numbering, ReasonNumbering::Vmx) && self.code & Self::FAILED_ENTRY != 0
    }

    /// The number without [`Self::FAILED_ENTRY`].
    pub(super) const fn code_without_flags(self) -> u32 {
        match self.numbering {
            ReasonNumbering::Vmx => self.code & !Self::FAILED_ENTRY,
            ReasonNumbering::Svm
            | ReasonNumbering::ArmReturn
            | ReasonNumbering::ArmTrap
            | ReasonNumbering::Other => self.code,
        }
    }

    /// Whether the guest has nothing to do: what passes until it goes on is no time it is kept
    /// waiting.
    ///
    /// Source: `EXIT_REASON_HLT`, `SVM_EXIT_HLT`, `ESR_ELx_EC_WFx` in arch/*/include, Linux 6.12.
    pub const fn is_halt(self) -> bool {
        matches!(
            (self.numbering, self.code),
            (ReasonNumbering::Vmx, 12)
                | (ReasonNumbering::Svm, 0x78)
                | (ReasonNumbering::ArmTrap, 1)
        )
    }
}

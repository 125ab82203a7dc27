//! Where addresses lie that lie in no object of a process.

use super::stack_mark::StackMark;
use crate::space::DsoIx;
use crate::symbol::VsyscallEntry;
use crate::units::{Avma, CpuMode, Pid};

/// Where an address lies that lies in no object that a process maps: what one name, or one run of
/// inlined functions, is found for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Location {
    /// In the kernel or in one of its modules.
    Kernel {
        /// The address that is looked up. One stands for all addresses of a function, the first one:
        /// the kernel's symbols do not tell its parts apart. Where there is no function, each
        /// address has a location of its own.
        lookup: Avma,
    },
    /// In code that the kernel made at run time.
    KernelCode { code: DsoIx },
    /// In the page of system calls at fixed addresses, which few captures have a mapping of.
    Vsyscall(VsyscallEntry),
    /// Nowhere in what the process maps.
    Unmapped,
    /// In a guest.
    Guest {
        mode: CpuMode,
        /// The process of its VM.
        vm: Pid,
        /// The address in its kernel; `None` where all code of the mode counts as one.
        lookup: Option<Avma>,
    },
    /// The capture does not tell whose address it is.
    Unknown(CpuMode),
    /// Nowhere: stands above what is no whole call stack.
    Mark(StackMark),
}

/// A location that lies in no object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NumberedLocation {
    pub(crate) number: u32,
    pub(crate) location: Location,
}

/// An address in the kernel of a guest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct GuestAddress {
    /// The process of its VM.
    pub(crate) vm: Pid,
    pub(crate) at: Avma,
}

impl Location {
    /// All code of a mode of a guest.
    pub(super) const fn guest(mode: CpuMode, vm: Pid) -> Self {
        Self::Guest {
            mode,
            vm,
            lookup: None,
        }
    }

    /// The address in the host's kernel that is looked up; `None` of what lies elsewhere.
    pub(crate) const fn in_kernel(self) -> Option<Avma> {
        match self {
            Self::Kernel { lookup } => Some(lookup),
            Self::KernelCode { .. }
            | Self::Vsyscall(_)
            | Self::Unmapped
            | Self::Guest { .. }
            | Self::Unknown(_)
            | Self::Mark(_) => None,
        }
    }

    /// The address in a guest's kernel, where that is told.
    pub(crate) const fn guest_address(self) -> Option<GuestAddress> {
        match self {
            Self::Guest {
                vm,
                lookup: Some(at),
                ..
            } => Some(GuestAddress { vm, at }),
            Self::Guest { lookup: None, .. }
            | Self::Kernel { .. }
            | Self::KernelCode { .. }
            | Self::Vsyscall(_)
            | Self::Unmapped
            | Self::Unknown(_)
            | Self::Mark(_) => None,
        }
    }
}

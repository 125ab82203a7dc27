//! Whether what lies at a return address has called.

use hashbrown::HashSet;

use crate::locate::Location;
use crate::symbol::{is_called_by_signals, is_trampoline};
use crate::units::FileOffset;

/// What a location says about calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Calling {
    /// It may have called what is below it in a stack.
    #[default]
    Caller,
    /// It has not: no call stands before the address that is returned to.
    NoCaller,
    /// The same as the first, but what is above it was interrupted and has not called it.
    NotCalled,
}

impl Calling {
    /// What a location of an object says that lies in a function of that name: `not_called` are the
    /// places before return addresses that no call ends at.
    pub(super) fn of(
        location: Location,
        name: Option<&str>,
        not_called: &HashSet<FileOffset>,
    ) -> Self {
        let is_without_call = match location {
            Location::BeforeReturn { lookup, .. } => not_called.contains(&lookup),
            Location::Kernel { .. }
            | Location::KernelCode { .. }
            | Location::Object { .. }
            | Location::Vsyscall(_)
            | Location::Unmapped
            | Location::Guest { .. }
            | Location::Unknown(_)
            | Location::Mark(_) => false,
        };
        if is_without_call && !name.is_some_and(is_trampoline) {
            Self::NoCaller
        } else if name.is_some_and(is_called_by_signals) {
            Self::NotCalled
        } else {
            Self::Caller
        }
    }
}

//! Whether what lies at a return address has called.

use crate::symbol::{is_called_by_signals, is_trampoline};

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
    /// What a place says that lies in a function of that name: `is_without_call` tells whether it is the
    /// byte before a return address and no call ends there.
    pub(super) fn of(name: Option<&str>, is_without_call: bool) -> Self {
        if is_without_call && !name.is_some_and(is_trampoline) {
            Self::NoCaller
        } else if name.is_some_and(is_called_by_signals) {
            Self::NotCalled
        } else {
            Self::Caller
        }
    }
}

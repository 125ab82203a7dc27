//! Which accesses a view counts beside its exits.

use super::access::TargetKind;
use super::dimension::Dimension;

/// Which kinds of accesses are counted, a bit each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CountedKinds {
    once: u8,
    /// Also those that another finding tells of.
    always: u8,
}

impl CountedKinds {
    /// Those that views by these dimensions count.
    pub(super) fn of(dimensions: &[Dimension]) -> Self {
        let kinds = dimensions.iter().filter_map(|one| one.target_kind());
        let always = kinds.fold(0, |bits, kind| bits | kind.bit());
        let is_of_all = |one: &Dimension| one.is_of_target() && one.target_kind().is_none();
        let once = if dimensions.iter().any(is_of_all) {
            u8::MAX
        } else {
            always
        };
        Self { once, always }
    }

    /// Those of both.
    pub(super) const fn with(self, other: Self) -> Self {
        Self {
            once: self.once | other.once,
            always: self.always | other.always,
        }
    }

    /// Whether one is counted.
    #[inline]
    pub(super) const fn count(self, kind: TargetKind, is_told_twice: bool) -> bool {
        let bits = if is_told_twice {
            self.always
        } else {
            self.once
        };
        bits & kind.bit() != 0
    }
}

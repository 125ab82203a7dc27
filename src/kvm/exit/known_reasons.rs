//! Rows of reasons that were met lately.

use super::reason::ExitReason;

/// How many are known.
const KNOWN: usize = 64;

/// The row of each of some reasons, found in few steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownReasons {
    list: [Option<KnownReason>; KNOWN],
}

#[derive(Clone, Copy, Debug)]
struct KnownReason {
    reason: ExitReason,
    row: u32,
}

impl Default for KnownReasons {
    /// None.
    fn default() -> Self {
        Self {
            list: [None; KNOWN],
        }
    }
}

impl KnownReasons {
    /// The row that was kept of a reason, unless another one took its place.
    #[inline]
    pub(super) fn row(&self, reason: ExitReason) -> Option<u32> {
        let known = self.list.get(place_of(reason))?.as_ref()?;
        (known.reason == reason).then_some(known.row)
    }

    /// Keeps the row of a reason.
    pub(super) fn keep(&mut self, reason: ExitReason, row: u32) {
        if let Some(place) = self.list.get_mut(place_of(reason)) {
            *place = Some(KnownReason { reason, row });
        }
    }
}

/// Where a reason is kept: what shares a place only takes turns there.
#[inline]
const fn place_of(reason: ExitReason) -> usize {
    let mixed = reason.code.wrapping_mul(0x9e37_79b9);
    (mixed >> (u32::BITS - KNOWN.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kvm::exit::ReasonNumbering;

    /// By definition: what was kept last is found, and nothing is found that was not kept.
    #[test]
    fn what_was_kept_is_found() {
        let mut known = KnownReasons::default();
        for code in 0..1000 {
            let reason = |numbering| ExitReason { numbering, code };
            let (own, other) = (reason(ReasonNumbering::Svm), reason(ReasonNumbering::Vmx));
            assert_eq!(known.row(own), None);
            known.keep(own, code);
            assert_eq!((known.row(own), known.row(other)), (Some(code), None));
        }
    }
}

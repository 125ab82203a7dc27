//! Plain exits of a thread, one after the other.

use crate::units::Timestamp;

/// How soon a plain exit is over, and the next one begins, that is taken to have nothing in it that
/// another buffer tells: no thread is moved to another CPU and back within. Where one is, it shows
/// when what is in that buffer gets its turn.
pub(super) const SOON_NS: u64 = 100_000;

/// Plain exits of a thread, one after the other, told already: what is left of them is what their
/// thread did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlainRun {
    /// When the first of them began.
    pub start: Timestamp,
    /// When the guest was entered after the last.
    pub end: Timestamp,
    /// How many there are.
    pub exits: u32,
    /// How long the guest ran between them, in nanoseconds.
    pub guest_ns: u64,
    /// The vCPU's number in its VM; `None` where none was recorded.
    pub vcpu: Option<u32>,
}

impl PlainRun {
    /// The same with the next exits of the thread.
    #[inline]
    #[must_use]
    pub fn with(self, next: &Self) -> Self {
        let ran = next.start.as_nanos().saturating_sub(self.end.as_nanos());
        let guest_ns = self.guest_ns.saturating_add(next.guest_ns);
        Self {
            start: self.start,
            end: next.end,
            exits: self.exits.saturating_add(next.exits),
            guest_ns: guest_ns.saturating_add(ran),
            vcpu: next.vcpu.or(self.vcpu),
        }
    }

    /// Whether those behind it follow soon, and do not begin in its time.
    #[inline]
    pub const fn is_near(&self, next: &Self) -> bool {
        let passed = next.start.as_nanos().checked_sub(self.end.as_nanos());
        matches!(passed, Some(0..=SOON_NS))
    }

    /// When the next occurrence of the thread may come at the earliest. One at the very end of the run
    /// may lie before the entry in the order of the file.
    pub const fn nothing_before(&self) -> Timestamp {
        Timestamp::from_nanos(self.end.as_nanos().saturating_add(1))
    }
}

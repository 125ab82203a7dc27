//! What a record means for an interval.

use super::reasons::ReasonTable;

/// perf's mark for a key that a record does not tell.
const NO_KEY: u64 = u64::MAX;

/// What perf tells keys apart by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Identity {
    pub(super) code: u64,
    /// Whether it writes, as far as the record says: `rw`, `type`, `write`.
    pub(super) access: u32,
}

/// What intervals are counted under.
#[derive(Clone, Copy, Debug)]
pub(super) struct PerfKey {
    pub(super) identity: Identity,
    /// The names of it, for exit reasons. Those of the first of several keys of one identity count.
    pub(super) reasons: Option<ReasonTable>,
}

impl PerfKey {
    /// Whether perf takes it for a key at all.
    pub(super) fn known(self) -> Option<Self> {
        (self.identity.code != NO_KEY).then_some(self)
    }
}

/// What a record means for the interval of its thread.
#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    /// The interval begins; its key may be told by its end.
    Begins(Option<PerfKey>),
    /// The interval ends; its key may have been told by its beginning.
    Ends(Option<PerfKey>),
    /// The virtual CPU of that number goes on.
    Enters {
        /// As C reads the field as an `int`.
        vcpu: i32,
        /// Whether that begins the interval, as on arm64, and not ends it.
        begins: bool,
    },
    /// Nothing: it only has a place in the order of records.
    Nothing,
}

/// A record, as far as it matters.
#[derive(Clone, Copy, Debug)]
pub(super) struct PerfMoment {
    /// Nanoseconds; all bits set when the record has no time.
    pub(super) at: u64,
    pub(super) tid: i32,
    pub(super) effect: Effect,
}

//! What became of what was read of a thread.

/// What became of exits and entries.
///
/// The law: exits = paired + ended by an exit + unended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PairingCounts {
    /// `kvm_exit` read.
    pub exits: u64,
    /// Those that an entry followed: their times are known.
    pub paired: u64,
    /// Those that another exit followed, with no entry between: when they ended is not known.
    pub ended_by_exit: u64,
    /// Those that nothing followed.
    pub unended: u64,
    /// `kvm_entry` read.
    pub entries: u64,
    /// Those before which there is no exit: the first of a thread, or an exit was lost.
    pub entries_without_exit: u64,
    /// Occurrences that were older than the one before them although they came in order.
    pub out_of_order: u64,
}

impl PairingCounts {
    /// Adds those of another thread.
    pub const fn add(&mut self, other: &Self) {
        self.exits += other.exits;
        self.paired += other.paired;
        self.ended_by_exit += other.ended_by_exit;
        self.unended += other.unended;
        self.entries += other.entries;
        self.entries_without_exit += other.entries_without_exit;
        self.out_of_order += other.out_of_order;
    }

    /// Whether the law holds.
    pub const fn adds_up(&self) -> bool {
        self.exits == self.paired + self.ended_by_exit + self.unended
    }
}

/// What halts did, by `kvm_vcpu_wakeup`. Times are nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HaltCounts {
    /// Halts that ended.
    pub ended: u64,
    /// Those that slept: polling for them was in vain, or was not tried.
    pub slept: u64,
    /// Polled, and what was waited for came.
    pub won_ns: u64,
    /// Polled in vain.
    pub lost_ns: u64,
    /// Slept.
    pub blocked_ns: u64,
}

impl HaltCounts {
    /// Adds those of another thread.
    pub const fn add(&mut self, other: &Self) {
        self.ended += other.ended;
        self.slept += other.slept;
        self.won_ns = self.won_ns.saturating_add(other.won_ns);
        self.lost_ns = self.lost_ns.saturating_add(other.lost_ns);
        self.blocked_ns = self.blocked_ns.saturating_add(other.blocked_ns);
    }
}

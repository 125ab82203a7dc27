//! Exits of one kind, added up.

use std::collections::BTreeMap;

use crate::dataset::bucket_of;
use crate::kvm::exit::{ExitStats, TimeParts};

/// Exits of one kind, added up.
#[derive(Clone, Debug, Default)]
pub(super) struct ExitSum {
    pub(super) exits: u64,
    pub(super) accesses: u64,
    pub(super) timed: u64,
    pub(super) parts: TimeParts,
    /// How many by bucket.
    pub(super) buckets: BTreeMap<i64, u64>,
}

impl ExitSum {
    pub(super) fn add(&mut self, stats: &ExitStats) {
        self.exits += stats.exits;
        self.accesses += stats.accesses;
        self.timed += stats.timed;
        self.parts.add(&stats.parts);
        // The buckets of an analysis are parts of those of a dataset.
        for range in stats.histogram.ranges() {
            let count = self.buckets.entry(bucket_of(range.least)).or_default();
            *count = count.saturating_add(range.values);
        }
    }

    /// What is left of `all` without this.
    pub(super) fn rest_of(&self, all: &ExitStats) -> Self {
        let mut rest = Self::default();
        rest.add(all);
        rest.exits = rest.exits.saturating_sub(self.exits);
        rest.timed = rest.timed.saturating_sub(self.timed);
        // Accesses by themselves are in the rows of what they reach.
        rest.accesses = 0;
        let (whole, told) = (rest.parts, &self.parts);
        rest.parts = TimeParts {
            kernel: whole.kernel.saturating_sub(told.kernel),
            vmm: whole.vmm.saturating_sub(told.vmm),
            off_cpu: whole.off_cpu.saturating_sub(told.off_cpu),
            polled: whole.polled.saturating_sub(told.polled),
            blocked: whole.blocked.saturating_sub(told.blocked),
        };
        for (bucket, told) in &self.buckets {
            if let Some(count) = rest.buckets.get_mut(bucket) {
                *count = count.saturating_sub(*told);
            }
        }
        rest.buckets.retain(|_, count| *count > 0);
        rest
    }

    /// Adds those of other vCPUs.
    pub(super) fn merge(&mut self, other: &Self) {
        for (&bucket, &more) in &other.buckets {
            let count = self.buckets.entry(bucket).or_default();
            *count = count.saturating_add(more);
        }
    }

    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.exits == 0 && self.accesses == 0
    }
}

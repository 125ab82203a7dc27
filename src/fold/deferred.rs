//! Call chains whose user part the kernel writes later (Linux 6.19).
//!
//! A sample's chain then ends with a marker and a cookie; when the thread returns to user space,
//! one `CALLCHAIN_DEFERRED` record with the same cookie holds the user part for all its samples.

use hashbrown::{HashMap, HashSet};

use super::table::StackTable;
use super::unique_stack::{UniqueStack, UserPart};
use crate::bytes::{ByteOrder, position, slice_at, u64_at};

/// Samples whose user part has not come yet, by cookie.
#[derive(Debug, Default)]
pub(super) struct Promises<'a> {
    /// Each with the chain before the promise.
    waiting: HashMap<u64, Vec<UniqueStack<'a>>>,
}

impl<'a> Promises<'a> {
    pub(super) fn add(&mut self, cookie: u64, sample: UniqueStack<'a>) {
        self.waiting.entry(cookie).or_default().push(sample);
    }

    /// Folds the samples that wait for a user part.
    pub(super) fn keep(&mut self, cookie: u64, user: &'a [u8], table: &mut StackTable<'a>) {
        for sample in self.waiting.remove(&cookie).unwrap_or_default() {
            let user = UserPart::Deferred(user);
            table.add(&UniqueStack { user, ..sample });
        }
    }

    /// Adds those of the following part.
    pub(super) fn append(&mut self, later: Self) {
        let mut later: Vec<_> = later.waiting.into_iter().collect();
        later.sort_unstable_by_key(|&(cookie, _)| cookie);
        for (cookie, samples) in later {
            self.waiting.entry(cookie).or_default().extend(samples);
        }
    }

    /// The cookies of samples that still wait.
    pub(super) fn cookies(&self) -> HashSet<u64> {
        self.waiting.keys().copied().collect()
    }

    /// Folds what still waits without user part; returns how many samples that were.
    pub(super) fn break_all(self, table: &mut StackTable<'a>) -> u64 {
        let mut left: Vec<_> = self.waiting.into_iter().collect();
        left.sort_unstable_by_key(|&(cookie, _)| cookie);
        let mut broken = 0;
        for sample in left.into_iter().flat_map(|(_, samples)| samples) {
            table.add(&UniqueStack {
                user: UserPart::InChain,
                ..sample
            });
            broken += 1;
        }
        broken
    }
}

/// Decodes a `CALLCHAIN_DEFERRED` record: its cookie and its user chain.
pub(super) fn parse<O: ByteOrder>(body: &[u8]) -> Option<(u64, &[u8])> {
    let cookie = u64_at::<O>(body, 0)?;
    let len = position(u64_at::<O>(body, 8)?).checked_mul(8)?;
    Some((cookie, slice_at(body, 16, len)?))
}

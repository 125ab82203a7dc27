//! A sample that is folded.

use super::chain::has_user_part;
use super::stitched::StitchedCalls;
use super::unique_stack::UserPart;
use crate::bytes::{ByteOrder, slice_at};
use crate::perf::{Attr, SampleHead};
use crate::space::TaskEpoch;
use crate::units::{CpuMode, FilePosition, RecordOrder};

/// A sample that is folded.
pub(super) struct WantedSample<'s, 'a> {
    /// As it is in the bytes at hand.
    pub(super) head: &'s SampleHead<'s>,
    pub(super) at_hand: &'s [u8],
    pub(super) body: &'a [u8],
    pub(super) attr: &'s Attr,
    pub(super) mode: CpuMode,
    pub(super) position: FilePosition,
    /// What it stands for.
    pub(super) period: u64,
    pub(super) order: RecordOrder,
    /// What was true of its thread, when that is known.
    pub(super) task_epoch: Option<TaskEpoch>,
}

impl<'a> WantedSample<'_, 'a> {
    /// The sample's own bytes that a part of those at hand is a copy of.
    #[inline]
    pub(super) fn own(&self, part: &[u8]) -> &'a [u8] {
        let start = self.at_hand.as_ptr().addr();
        let at = part.as_ptr().addr().wrapping_sub(start);
        slice_at(self.body, at, part.len()).unwrap_or_default()
    }

    /// What the user part of its stack comes from. Open calls are none of a sample in a guest, nor where
    /// the kernel found no user stack: the CPU keeps those of what ran there before.
    pub(super) fn user_part<O: ByteOrder>(
        &self,
        told: UserPart<'a>,
        stitched: Option<&StitchedCalls<'a>>,
    ) -> UserPart<'a> {
        if !matches!(told, UserPart::OpenCalls(_)) {
            return told;
        }
        let chain = self.head.chain.unwrap_or_default();
        let has_stack = !self.attr.has_user_chain() || has_user_part::<O>(chain);
        if self.mode.is_guest() || !has_stack {
            return UserPart::InChain;
        }
        let stitched = stitched.and_then(|stitched| stitched.at(self.position));
        stitched.map_or(told, UserPart::OpenCalls)
    }
}

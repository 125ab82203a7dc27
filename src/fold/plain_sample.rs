//! Samples of which nothing is asked but which stack they have: most of nearly every capture.

use super::chain::{deferred, is_empty_of_frames};
use super::packed::OneSample;
use super::part::FoldedPart;
use super::plan::Plan;
use crate::bytes::{ByteOrder, slice_at};
use crate::perf::{Record, SampleAtHand};
use crate::units::RecordOrder;

impl<'a> FoldedPart<'a> {
    /// Folds a sample that is what its event says, when its stack and its time are all there is to
    /// it; what [`Self::read_sample`] would do in many more steps. False when it is not done yet.
    #[inline]
    pub(super) fn plain_sample<O: ByteOrder>(
        &mut self,
        plan: &Plan<'_>,
        record: &Record<'a>,
        sample: SampleAtHand<'_>,
    ) -> bool {
        if sample.event == plan.selection.event
            && let Some(stacks) = plan.stacks_alone()
            && let Some(found) = stacks.layout.sample::<O>(sample.body)
            && !is_empty_of_frames::<O>(found.chain)
            && deferred::<O>(found.chain).is_none()
            && let Some(count) = self.samples.get_mut(sample.event.as_usize())
        {
            *count += 1;
            if let Some(slicing) = &plan.slicing {
                let order = RecordOrder::of_time(found.at);
                self.count_at(order, slicing, sample.event, &[]);
            }
            self.times.add(found.at);
            self.clock.tick(found.at);
            self.tally.read += 1;
            self.tally.folded += 1;
            let own = slice_at(record.body, found.chain_at, found.chain.len());
            let one = OneSample {
                thread: found.thread,
                chain: own.unwrap_or_default(),
                period: found.period.unwrap_or(stacks.fixed_period),
                order: RecordOrder::of_time(found.at),
            };
            let mode = record.header.cpu_mode();
            self.table.add_sample(one, mode, found.chain);
            return true;
        }
        false
    }
}

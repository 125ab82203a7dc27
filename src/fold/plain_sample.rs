//! Samples of which nothing is asked but which stack they have: most of nearly every capture.

use super::chain::{deferred, is_empty_of_frames};
use super::packed::{OneSample, PackedStack};
use super::part::FoldedPart;
use super::plan::Plan;
use super::wanted_sample::own_of;
use crate::bytes::ByteOrder;
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
        if sample.event != plan.selection.event || !plan.is_plain() {
            return false;
        }
        let event = plan.events.get(sample.event);
        let head = event.and_then(|event| event.layout.head::<O>(sample.body));
        if let Some((event, head)) = event.zip(head)
            && let Some((time, chain)) = head.time.zip(head.chain)
            && !is_empty_of_frames::<O>(chain)
            && deferred::<O>(chain).is_none()
            && let Some(count) = self.samples.get_mut(sample.event.as_usize())
        {
            *count += 1;
            self.times.add(time);
            self.clock.tick(time);
            self.tally.read += 1;
            self.tally.folded += 1;
            let one = OneSample {
                chain: own_of(record.body, sample.body, chain),
                period: head.period.unwrap_or_else(|| event.attr.fixed_period()),
                order: RecordOrder::of_time(time),
            };
            let stack = PackedStack::of_sample(&head, record.header.cpu_mode(), one);
            self.table.add_packed(stack, None, chain);
            return true;
        }
        false
    }
}

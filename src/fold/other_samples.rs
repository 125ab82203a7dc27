//! Samples of other events than the wanted one: most records of a capture with tracepoints.

use super::census::TimeSpan;
use super::part::FoldedPart;
use super::plan::Plan;
use crate::bytes::ByteOrder;
use crate::perf::{PlainSamples, SampleAtHand};
use crate::units::Timestamp;

impl FoldedPart<'_> {
    /// Counts a sample of another event than the wanted one, when counting is all there is to do. False
    /// when it is not done yet.
    #[inline]
    pub(super) fn count_other<O: ByteOrder>(
        &mut self,
        plan: &Plan<'_>,
        sample: SampleAtHand<'_>,
    ) -> bool {
        if sample.event != plan.selection.event
            && let Some(time_word) = plan.others_time
            && let Some(&time) = sample.body.as_chunks().0.get(time_word)
            && let Some(count) = self.samples.get_mut(sample.event.as_usize())
        {
            *count += 1;
            let time = Timestamp::from_nanos(O::u64(time));
            self.times.add(time);
            self.clock.tick(time);
            self.tally.read += 1;
            self.tally.other_events += 1;
            self.is_among_others = true;
            return true;
        }
        false
    }

    /// Passes samples of other events than the wanted one, as long as one follows the other: what
    /// [`Self::count_other`] would do in many more steps.
    #[inline(never)]
    pub(super) fn pass_others<O: ByteOrder>(
        &mut self,
        plan: &Plan<'_>,
        plain: &mut PlainSamples<'_>,
    ) {
        let Some(time_word) = plan.others_time else {
            return;
        };
        let wanted = plan.selection.event;
        // All by itself, so that it stays in registers.
        let mut left = *plain;
        let counts = self.samples.as_mut_slice();
        let (mut passed, mut times) = (0, TimeSpan::default());
        let (mut first, mut latest) = (Timestamp::default(), Timestamp::default());
        while let Some(record) = left.upcoming::<O>()
            && record.sample.event != wanted
            && let Some(&time) = record.sample.body.as_chunks().0.get(time_word)
            && let Some(count) = counts.get_mut(record.sample.event.as_usize())
        {
            left.pass(&record);
            *count += 1;
            latest = Timestamp::from_nanos(O::u64(time));
            times.add(latest);
            if passed == 0 {
                first = latest;
            }
            passed += 1;
        }
        *plain = left;
        self.is_among_others = false;
        if passed > 0 {
            self.times.join(times);
            self.clock.tick(first);
            self.clock.tick(latest);
            self.tally.read += passed;
            self.tally.other_events += passed;
        }
    }
}

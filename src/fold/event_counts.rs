//! Samples counted for their event, whether they are wanted or not.

use super::part::FoldedPart;
use super::readings::Reading;
use super::split::Slicing;
use crate::units::{EventIx, RecordOrder};

impl FoldedPart<'_> {
    /// Counts a sample for its event, and for the others that its readings tell of.
    #[inline]
    pub(super) fn count(&mut self, sampled: EventIx, readings: &[Reading]) {
        let others = readings.iter().map(|reading| reading.event);
        let others = others.filter(|&event| event != sampled);
        for event in others.chain([sampled]) {
            if let Some(count) = self.samples.get_mut(event.as_usize()) {
                *count += 1;
            }
        }
    }

    /// The same in the slice of time that the sample lies in, where the readings tell of occurrences.
    #[inline]
    pub(super) fn count_at(
        &mut self,
        order: RecordOrder,
        slicing: &Slicing,
        sampled: EventIx,
        readings: &[Reading],
    ) {
        let slice = self.slice.slice_of(slicing, order);
        let others = readings.iter().filter(|reading| reading.event != sampled);
        let others = others.map(|reading| (reading.event, reading.period));
        for (event, occurrences) in others.chain([(sampled, 1)]) {
            let slices = self.slices.get_mut(event.as_usize());
            if let Some(count) = slices.and_then(|slices| slices.get_mut(slice as usize)) {
                *count = count.saturating_add(occurrences);
            }
        }
    }
}

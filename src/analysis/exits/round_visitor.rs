//! The visitor that pairs round by round.

use super::at_once::take_at_once;
use super::rounds::{RoundPairing, RoundPart};
use crate::bytes::ByteOrder;
use crate::perf::abi::{PERF_RECORD_FINISHED_ROUND, PERF_RECORD_SAMPLE};
use crate::perf::{Damage, PlainSamples, Record, SampleAtHand, Visitor};

impl<'a> Visitor<'a> for RoundPairing<'_> {
    type Gathered = RoundPart<'a>;

    fn begin(&self) -> RoundPart<'a> {
        RoundPart::of(self)
    }

    /// Each part keeps the rows of its first rounds, and they are paired once more.
    fn parts_a_thread(&self) -> usize {
        1
    }

    fn go_on(&self, last: &mut RoundPart<'a>) -> RoundPart<'a> {
        let mut part = self.begin();
        // Sums: the order of the parts does not matter to them.
        std::mem::swap(&mut part.tables, &mut last.tables);
        part
    }

    /// Payloads are decoded at once. What concerns several threads is looked at where it is.
    fn takes_copies(&self, part: &RoundPart<'a>) -> bool {
        let kept = part.basics.host_rows.len() as u64;
        kept * 4 <= part.basics.tally.read
    }

    #[inline]
    fn samples<O: ByteOrder>(&self, part: &mut RoundPart<'a>, plain: &mut PlainSamples<'_>) {
        if self.takes_usual && self.tells_at_once {
            take_at_once::<O>(self, part, plain);
        }
    }

    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        part: &mut RoundPart<'a>,
        at_hand: SampleAtHand<'_>,
        whole: impl FnOnce() -> Record<'a>,
    ) {
        if self.takes_usual
            && let Some(usual) = self.sources.usual::<O>(at_hand)
        {
            part.add_usual(self, at_hand.event, &usual);
            return;
        }
        if let Some(found) = part.basics.sample_at_hand::<O>(self.sources, at_hand) {
            if found.source.decoder.is_of_several() {
                part.basics.keep_host_row::<O>(self.sources, &whole());
            }
            part.add::<O>(self, &found);
        }
    }

    #[inline]
    fn record<O: ByteOrder>(&self, part: &mut RoundPart<'a>, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE {
            if let Some(found) = part.basics.sample::<O>(self.sources, &record) {
                part.add::<O>(self, &found);
            }
        } else if record.header.record_type == PERF_RECORD_FINISHED_ROUND {
            part.end_round(self);
        } else {
            part.basics.other::<O>(self.sources, &record);
        }
    }

    fn damage(&self, part: &mut RoundPart<'a>, damage: Damage) {
        part.basics.tally.damaged_bytes += damage.len;
    }
}

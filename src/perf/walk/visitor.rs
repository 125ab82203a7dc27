//! What is done with the records that a walk meets.

use super::item::{Damage, Record, SampleAtHand};
use super::plain_record::PlainSamples;
use crate::bytes::ByteOrder;

/// Takes what a walk meets.
///
/// A walk is shared between threads, part by part. The visitor itself is what all parts share;
/// what it finds in a part goes into what it gathers there. Within a part everything is met in file
/// order. Which thread walks which part differs from run to run.
pub trait Visitor<'a>: Sync {
    /// What is gathered in one part of the walk.
    type Gathered: Send;

    /// Begins the first part of a thread.
    fn begin(&self) -> Self::Gathered;

    /// Begins a later part of a thread. What was gathered in the part before, `last`, may be handed
    /// on where it does not depend on the order of the parts.
    fn go_on(&self, last: &mut Self::Gathered) -> Self::Gathered {
        // As a rule each part stands for itself.
        let _ = last;
        self.begin()
    }

    /// Into how many parts for each thread the walk is cut: threads do not get on equally fast, so
    /// more than one; a visitor for which the ends of parts are costly asks for fewer.
    fn parts_a_thread(&self) -> usize {
        8
    }

    /// Takes a record; `O` is the byte order of the capture.
    fn record<O: ByteOrder>(&self, gathered: &mut Self::Gathered, record: Record<'a>);

    /// Whether it takes samples as [`Self::sample`] brings them and keeps few of them, as far as
    /// `gathered` tells; asked now and then.
    fn takes_copies(&self, gathered: &Self::Gathered) -> bool {
        let _ = gathered;
        false
    }

    /// Whether samples have long stretches that it does not look at, so that the file is not to be
    /// mapped before it is looked at.
    fn leaves_gaps(&self) -> bool {
        false
    }

    /// Passes samples that it takes at once, in a loop of its own: as many as it likes, from the first
    /// on. All others are brought by [`Self::sample`] and [`Self::record`].
    #[inline]
    fn samples<O: ByteOrder>(&self, gathered: &mut Self::Gathered, plain: &mut PlainSamples<'_>) {
        let _ = (gathered, plain);
    }

    /// Takes a sample that is what its event says, of which there is a copy at hand, if only for this
    /// call. To look into the copy is fast; the body of the `whole` record may have to be mapped
    /// first.
    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        gathered: &mut Self::Gathered,
        at_hand: SampleAtHand<'_>,
        whole: impl FnOnce() -> Record<'a>,
    ) {
        let _ = at_hand;
        self.record::<O>(gathered, whole());
    }

    /// Takes a stretch of bytes that is no record.
    #[inline]
    fn damage(&self, gathered: &mut Self::Gathered, damage: Damage) {
        let _ = (gathered, damage);
    }
}

/// Two visitors on one walk.
#[derive(Clone, Copy, Debug)]
pub struct Both<A, B> {
    /// Takes everything first.
    pub first: A,
    /// Takes the same after it.
    pub second: B,
}

impl<'a, A: Visitor<'a>, B: Visitor<'a>> Visitor<'a> for Both<A, B> {
    type Gathered = Both<A::Gathered, B::Gathered>;

    fn begin(&self) -> Self::Gathered {
        Both {
            first: self.first.begin(),
            second: self.second.begin(),
        }
    }

    fn parts_a_thread(&self) -> usize {
        self.first
            .parts_a_thread()
            .min(self.second.parts_a_thread())
    }

    fn go_on(&self, last: &mut Self::Gathered) -> Self::Gathered {
        Both {
            first: self.first.go_on(&mut last.first),
            second: self.second.go_on(&mut last.second),
        }
    }

    #[inline]
    fn record<O: ByteOrder>(&self, gathered: &mut Self::Gathered, record: Record<'a>) {
        self.first.record::<O>(&mut gathered.first, record);
        self.second.record::<O>(&mut gathered.second, record);
    }

    fn leaves_gaps(&self) -> bool {
        self.first.leaves_gaps() && self.second.leaves_gaps()
    }

    fn takes_copies(&self, gathered: &Self::Gathered) -> bool {
        self.first.takes_copies(&gathered.first) && self.second.takes_copies(&gathered.second)
    }

    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        gathered: &mut Self::Gathered,
        at_hand: SampleAtHand<'_>,
        whole: impl FnOnce() -> Record<'a>,
    ) {
        let record = whole();
        self.first
            .sample::<O>(&mut gathered.first, at_hand, || record);
        self.second
            .sample::<O>(&mut gathered.second, at_hand, || record);
    }

    #[inline]
    fn damage(&self, gathered: &mut Self::Gathered, damage: Damage) {
        self.first.damage(&mut gathered.first, damage);
        self.second.damage(&mut gathered.second, damage);
    }
}

/// Takes nothing: the walk itself counts the records by type.
impl<'a> Visitor<'a> for () {
    type Gathered = ();

    fn begin(&self) {}

    fn takes_copies(&self, (): &Self::Gathered) -> bool {
        true
    }

    #[inline]
    fn record<O: ByteOrder>(&self, _: &mut Self::Gathered, _: Record<'a>) {}

    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        _: &mut Self::Gathered,
        _: SampleAtHand<'_>,
        _: impl FnOnce() -> Record<'a>,
    ) {
    }
}

//! Whether a record is what its kind, and its event, say: the evidence by which records are
//! believed.

use super::item::Length;
use crate::bytes::{ByteOrder, u64_at};
use crate::perf::abi::{PERF_RECORD_COMPRESSED, PERF_RECORD_SAMPLE, PERF_RECORD_USER_TYPE_START};
use crate::perf::record::{
    Events, LengthMatch, RECORD_HEADER_LEN, RecordHeader, fit_of_kernels, fit_of_perfs,
    has_known_misc,
};
use crate::units::EventIx;

/// A record as it looks by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) header: RecordHeader,
    /// Where the following record begins.
    pub(crate) next: usize,
    pub(crate) length_match: LengthMatch,
    /// The event of a sample.
    pub(crate) event: Option<EventIx>,
}

impl Seen {
    /// Looks at what may be a record at `at`; `None` when no record can be there.
    pub(crate) fn at<O: ByteOrder>(
        bytes: &[u8],
        at: usize,
        events: Option<&Events>,
    ) -> Option<Self> {
        let header = RecordHeader::parse::<O>(bytes.get(at..)?)?;
        if !header.is_possible() {
            return None;
        }
        let next = header.next_record::<O>(bytes, at)?;
        let body = bytes.get(at + RECORD_HEADER_LEN..at + usize::from(header.len))?;
        let (length_match, event) = match events {
            Some(events) if header.record_type == PERF_RECORD_SAMPLE => {
                fit_of_sample::<O>(events, body)
            }
            _ => (fit_of_others::<O>(events, header.record_type, body), None),
        };
        Some(Self {
            header,
            next,
            length_match,
            event,
        })
    }

    /// Whether neither it nor what follows it in `bytes` needs a second look.
    pub(crate) fn is_plain_at<O: ByteOrder>(&self, bytes: &[u8], events: Option<&Events>) -> bool {
        let is_followed = || match Self::at::<O>(bytes, self.next, events) {
            Some(following) => following.is_plain(),
            None => self.next == bytes.len(),
        };
        self.is_plain() && is_followed()
    }

    /// What `bytes` begin with, where they hold it and what follows, and neither needs a second look.
    pub(super) fn plain_start<O: ByteOrder>(bytes: &[u8], events: Option<&Events>) -> Option<Self> {
        let seen = Self::at::<O>(bytes, 0, events).filter(Self::is_plain)?;
        let following = Self::at::<O>(bytes, seen.next, events)?;
        following.is_plain().then_some(seen)
    }

    /// The same in bytes that begin so much earlier.
    pub(super) const fn moved(self, by: usize) -> Self {
        Self {
            next: self.next + by,
            ..self
        }
    }

    /// Whether it needs no second look, provided what follows does not.
    ///
    /// Of a capture whose events are not known, long records are looked at: there are few, and a
    /// wrong length would hide many others.
    const fn is_plain(&self) -> bool {
        const LONG: u16 = 1024;
        match self.length_match {
            LengthMatch::Exact => true,
            LengthMatch::Untold => self.header.len < LONG,
            LengthMatch::Free => self.header.record_type == PERF_RECORD_COMPRESSED,
            LengthMatch::Doubtful | LengthMatch::Odd | LengthMatch::Foreign => false,
        }
    }

    /// What the stated length is worth.
    pub(crate) const fn stated_length(&self) -> Length {
        if matches!(self.length_match, LengthMatch::Odd) {
            Length::Odd
        } else {
            Length::Right
        }
    }

    /// Whether it can be a record, of a known kind, at a place to which the one before leads.
    pub(crate) const fn is_sound(&self) -> bool {
        let is_known =
            matches!(self.length_match, LengthMatch::Exact) || has_known_misc(self.header);
        self.header.is_plausible()
            && is_known
            && !matches!(self.length_match, LengthMatch::Odd | LengthMatch::Foreign)
    }

    /// Whether a known perf or kernel wrote it, as far as can be told. Used where records are looked
    /// for in damaged bytes.
    pub(crate) const fn is_plausible(&self) -> bool {
        self.header.is_plausible()
            && has_known_misc(self.header)
            && matches!(
                self.length_match,
                LengthMatch::Exact | LengthMatch::Free | LengthMatch::Untold
            )
    }
}

/// A sample's fit, and its event.
#[inline]
fn fit_of_sample<O: ByteOrder>(events: &Events, body: &[u8]) -> (LengthMatch, Option<EventIx>) {
    let Some(ix) = events.of_sample::<O>(body) else {
        return (LengthMatch::Doubtful, None);
    };
    let Some(event) = events.get(ix) else {
        return (LengthMatch::Doubtful, None);
    };
    let length_match = if event.layout.is_filled_by::<O>(body) {
        LengthMatch::Exact
    } else if event.layout.has_unknown_fields() {
        LengthMatch::Untold
    } else {
        LengthMatch::Odd
    };
    (length_match, Some(ix))
}

fn fit_of_others<O: ByteOrder>(
    events: Option<&Events>,
    record_type: u32,
    body: &[u8],
) -> LengthMatch {
    if record_type >= PERF_RECORD_USER_TYPE_START {
        return fit_of_perfs::<O>(record_type, body);
    }
    let Some(events) = events else {
        return LengthMatch::Untold;
    };
    let layout = events.of_sideband::<O>(body).map(|event| &event.layout);
    let trailer_len = layout.map_or(0, |layout| layout.trailer().len());
    let own = body.len().checked_sub(trailer_len);
    match own.and_then(|len| body.get(..len)) {
        Some(own) => fit_of_kernels::<O>(record_type, own, layout),
        None => LengthMatch::Odd,
    }
}

/// Whether the bytes are the body of a sample of an event that carries ids: a record of another
/// kind, then, is one whose header was hit.
pub(crate) fn looks_like_sample<O: ByteOrder>(events: &Events, body: &[u8]) -> bool {
    fit_of_sample::<O>(events, body).0 == LengthMatch::Exact
}

/// Where the fields of the sample at `at` end, one or two places; none when they make no sense.
pub(crate) fn ends_of_fields<O: ByteOrder>(
    bytes: &[u8],
    at: usize,
    events: &Events,
) -> impl Iterator<Item = usize> {
    let start = at + RECORD_HEADER_LEN;
    let body = bytes.get(start..).unwrap_or_default();
    let body = body
        .get(..usize::from(u16::MAX) - RECORD_HEADER_LEN)
        .unwrap_or(body);
    let event = events.of_sample::<O>(body).and_then(|ix| events.get(ix));
    let lens = event.map_or([None, None], |event| event.layout.lens_of_fields::<O>(body));
    lens.into_iter().flatten().map(move |len| start + len)
}

/// Whether all words of a sample's call chain can be addresses or markers: addresses of user space
/// begin with a zero byte, those of the kernel and all markers with 0xff.
pub(crate) fn has_possible_chain<O: ByteOrder>(events: &Events, body: &[u8]) -> bool {
    let event = events.of_sample::<O>(body).and_then(|ix| events.get(ix));
    let chain = event.and_then(|event| event.layout.head::<O>(body)?.chain);
    let mut words = chain.unwrap_or_default().chunks_exact(8);
    words.all(|word| matches!(u64_at::<O>(word, 0).map(|word| word >> 56), Some(0 | 0xff)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::Little;

    proptest! {
        /// Law: what the first bytes tell is what all tell, and where all are at hand nothing that is
        /// plain is missed but the last record.
        #[test]
        fn the_first_bytes_tell_what_all_tell(
            records in prop::collection::vec((prop_oneof![0..20_u32, 64..90_u32], 0..6_u16), 1..6),
            at_hand in 0..200_usize,
        ) {
            let record = |&(kind, words): &(u32, u16)| {
                let len = 8 * (words + 1);
                let header = u64::from(kind) | u64::from(len) << 48;
                [header.to_le_bytes().to_vec(), vec![0; len.into()]].concat()[..len.into()].to_vec()
            };
            let bytes = records.iter().map(record).collect::<Vec<_>>().concat();
            let told = |seen: Seen| (seen.header, seen.next);
            let whole = Seen::at::<Little>(&bytes, 0, None);
            let plain = whole.filter(|seen| seen.is_plain_at::<Little>(&bytes, None));
            let first = &bytes[..at_hand.min(bytes.len())];
            if let Some(near) = Seen::plain_start::<Little>(first, None) {
                prop_assert_eq!(Some(told(near)), plain.map(told));
            }
            let near = Seen::plain_start::<Little>(&bytes, None).map(told);
            prop_assert_eq!(near, plain.filter(|seen| seen.next < bytes.len()).map(told));
        }
    }
}

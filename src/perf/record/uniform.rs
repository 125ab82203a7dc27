//! Samples of several events that all hold the same fields at the same places.

use super::events::Events;
use super::measure::Word;
use super::plain::{PlainLayout, PlainSample};
use crate::bytes::{ByteOrder, position};
use crate::units::{Cpu, EventIx, Pid, Tid, Timestamp};

/// How samples of some events are told apart and decoded, whose fields lie at the same places in all
/// of them: what a loop over nothing but these asks of them.
#[derive(Clone, Debug)]
pub struct UniformSamples {
    /// Where the event's id lies, in words.
    id: usize,
    layout: PlainLayout,
    /// The id that `events` begins with.
    first: u64,
    /// The events of the ids from `first` on; [`OTHER`] are not meant.
    events: Vec<EventIx>,
}

/// A sample and its event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UniformSample<'r> {
    /// Its event.
    pub event: EventIx,
    /// What it holds.
    pub sample: PlainSample<'r>,
}

/// An id of an event that is not meant.
const OTHER: EventIx = EventIx(u32::MAX);

/// How much longer than the number of ids the list may be.
const SPARSE: usize = 16;

impl UniformSamples {
    /// Those of the events that are meant; `None` where there are none, where they do not lie alike,
    /// or are not told apart by ids that lie close to each other.
    pub fn of(events: &Events, is_meant: impl Fn(EventIx) -> bool) -> Option<Self> {
        let id = events.common_id_position()?;
        let meant: Vec<_> = events.iter().filter(|&(ix, _)| is_meant(ix)).collect();
        let layout = meant.first()?.1.layout.plain()?;
        if meant
            .iter()
            .any(|(_, event)| event.layout.plain() != Some(layout))
        {
            return None;
        }
        let ids = meant
            .iter()
            .flat_map(|&(ix, event)| event.ids.iter().map(move |&id| (id, ix)));
        // Of two events with the same id, and of none, the id is that of the first.
        let ids: Vec<(u64, EventIx)> = ids
            .filter(|&(id, ix)| id != 0 && events.by_id(id) == Some(ix))
            .collect();
        let first = ids.iter().map(|&(id, _)| id).min()?;
        let last = ids.iter().map(|&(id, _)| id).max()?;
        let len = position(last - first).saturating_add(1);
        if len > ids.len().saturating_mul(SPARSE) {
            return None;
        }
        let mut by_id = vec![OTHER; len];
        for (id, ix) in ids {
            if let Some(place) = by_id.get_mut(position(id - first)) {
                *place = ix;
            }
        }
        Some(Self {
            id,
            layout,
            first,
            events: by_id,
        })
    }

    /// Decodes a sample of one of these events, whose fields end where its record does; `None` for all
    /// others. `body` is the record without its header.
    #[expect(clippy::inline_always, reason = "it is done for nearly every record")]
    #[inline(always)]
    pub fn sample<'r, O: ByteOrder>(&self, body: &'r [u8]) -> Option<UniformSample<'r>> {
        let PlainLayout {
            task,
            time,
            cpu,
            raw,
        } = self.layout;
        // Raw data is filled up to whole words, and is the last field.
        let words = body.as_chunks().0.get(..=raw)?;
        let id = O::u64(*words.get(self.id)?);
        let event = *self.events.get(position(id.wrapping_sub(self.first)))?;
        let &[a, b, c, d, ..]: &Word = words.get(raw)?;
        let len = O::u32([a, b, c, d]);
        let start = raw * size_of::<Word>() + size_of::<u32>();
        let end = start + position(len.into());
        let is_filled = len <= u32::from(u16::MAX) && (end + 7) & !7 == body.len();
        if event == OTHER || !is_filled {
            return None;
        }
        let &[a, b, c, d, e, f, g, h] = words.get(task)?;
        let &[i, j, k, l, ..] = words.get(cpu)?;
        let sample = PlainSample {
            pid: Pid::new(O::u32([a, b, c, d]).cast_signed()),
            tid: Tid::new(O::u32([e, f, g, h]).cast_signed()),
            at: Timestamp::from_nanos(O::u64(*words.get(time)?)),
            cpu: Cpu(O::u32([i, j, k, l])),
            payload: body.get(start..end)?,
        };
        Some(UniformSample { event, sample })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::{Big, Little};
    use crate::perf::record::{Attr, Event, MIN_ATTR_SIZE};

    /// Identifier, ip, tid, time, cpu, period, raw; and the same with a call chain.
    const BITS: u64 = 0x1_0000 | 0x1 | 0x2 | 0x4 | 0x80 | 0x100 | 0x400;

    fn event(sample_type: u64, ids: Vec<u64>) -> Event {
        let mut attr = vec![0; MIN_ATTR_SIZE];
        attr[24..32].copy_from_slice(&sample_type.to_le_bytes());
        Event::new(Attr::parse::<Little>(&attr).unwrap(), ids)
    }

    proptest! {
        /// Law: what is found is what the events and their layouts tell, and nothing of theirs is
        /// missed.
        #[test]
        fn what_is_found_is_what_layouts_tell(
            ids in prop::collection::vec(prop::collection::vec(0..12_u64, 0..4), 2..5),
            chain in prop::collection::vec(any::<bool>(), 5),
            id in 0..14_u64,
            raw_len in 0..40_u32,
            body_len in 44..100_usize,
            noise in any::<u64>(),
        ) {
            let bits = |ix: usize| BITS | if chain[ix] { 0x20 } else { 0 };
            let list = ids.iter().enumerate();
            let list = list.map(|(ix, ids)| event(bits(ix), ids.clone())).collect();
            let events = Events::new(list);
            let is_meant = |ix: EventIx| !chain[ix.as_usize()];
            let byte = |at: usize| (noise >> (at % 57)).to_le_bytes()[0];
            let mut body: Vec<u8> = (0..body_len).map(byte).collect();
            body[..8].copy_from_slice(&id.to_le_bytes());
            if let Some(place) = body.get_mut(48..52) {
                place.copy_from_slice(&raw_len.to_le_bytes());
            }
            let Some(uniform) = UniformSamples::of(&events, is_meant) else {
                return Ok(());
            };
            let ix = events.of_filled_sample::<Little>(&body);
            let expected = ix.filter(|&ix| is_meant(ix) && id != 0).map(|event| {
                let layout = events.get(event).unwrap().layout.plain().unwrap();
                UniformSample { event, sample: layout.sample::<Little>(&body).unwrap() }
            });
            prop_assert_eq!(uniform.sample::<Little>(&body), expected);
            let mut swapped = body.clone();
            swapped[..8].reverse();
            if let Some(place) = swapped.get_mut(48..52) {
                place.reverse();
            }
            let found = uniform.sample::<Big>(&swapped);
            prop_assert_eq!(found.map(|found| found.event), expected.map(|found| found.event));
        }
    }

    /// One that carries no id, or different ones, is not told from others.
    #[test]
    fn without_ids_there_are_none() {
        let all = |_| true;
        let single = Events::new(vec![event(BITS, vec![1])]);
        assert!(UniformSamples::of(&single, all).is_none());
        let odd = Events::new(vec![event(BITS, vec![1]), event(BITS | 0x20, vec![2])]);
        assert!(UniformSamples::of(&odd, all).is_none());
        assert!(UniformSamples::of(&odd, |ix| ix == EventIx(0)).is_some());
        let far = Events::new(vec![event(BITS, vec![1]), event(BITS, vec![u64::MAX])]);
        assert!(UniformSamples::of(&far, all).is_none());
    }
}

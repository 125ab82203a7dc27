//! The events of a capture, and which of them a record belongs to.

use super::attr::Attr;
use super::ids::Ids;
use super::layout::SampleLayout;
use super::measure::{SampleMeasure, Word};
use crate::bytes::{ByteOrder, u64_at};
use crate::units::EventIx;

/// An event of the capture.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name as perf shows it: `cpu-clock`, `kvm:kvm_exit`.
    pub name: String,
    /// What it counts and samples.
    pub attr: Attr,
    /// Where the fields of its samples lie.
    pub layout: SampleLayout,
    /// The ids under which the kernel wrote its records, one per CPU or thread.
    pub ids: Vec<u64>,
}

impl Event {
    /// Makes an event; the name is made from the attributes until the file tells a better one.
    pub fn new(attr: Attr, ids: Vec<u64>) -> Self {
        let name = attr.generic_name().map_or_else(
            || format!("type {} config {:#x}", attr.pmu_type, attr.config),
            ToOwned::to_owned,
        );
        let layout = SampleLayout::of(&attr);
        Self {
            name,
            attr,
            layout,
            ids,
        }
    }
}

/// Where the id of a sample's event is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum IdPlace {
    /// All samples belong to the first event: there is only one, or samples carry no id.
    First,
    /// All samples carry it in this word of their body.
    At(usize),
    /// Events disagree: a recorder before Linux 3.12 with different sample types.
    Mixed,
}

/// The events of a capture.
#[derive(Clone, Debug)]
pub struct Events {
    list: Vec<Event>,
    /// How the samples of each are measured.
    measures: Vec<SampleMeasure>,
    by_id: Ids,
    place: IdPlace,
}

impl Events {
    /// Indexes `list`.
    pub fn new(list: Vec<Event>) -> Self {
        let events = list.iter().zip((0..).map(EventIx));
        let ids = events.flat_map(|(event, ix)| event.ids.iter().map(move |&id| (id, ix)));
        let by_id = Ids::new(&ids.collect::<Vec<_>>());
        let mut places = list.iter().map(|event| event.layout.id_position());
        let first = places.next().flatten();
        let place = if list.len() < 2 {
            IdPlace::First
        } else if !places.all(|place| place == first) {
            IdPlace::Mixed
        } else {
            first.map_or(IdPlace::First, |at| IdPlace::At(at / size_of::<Word>()))
        };
        let measures = list.iter().map(|event| event.layout.measure()).collect();
        Self {
            list,
            measures,
            by_id,
            place,
        }
    }

    /// The event of an index that this table handed out.
    pub fn get(&self, ix: EventIx) -> Option<&Event> {
        self.list.get(ix.as_usize())
    }

    /// The events with their indexes, in file order.
    pub fn iter(&self) -> impl Iterator<Item = (EventIx, &Event)> {
        (0..).map(EventIx).zip(&self.list)
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The event that the kernel wrote under `id`. perf's own records have id 0, which is taken
    /// as the first event's, as `evlist__event2evsel()` does.
    #[inline]
    pub fn by_id(&self, id: u64) -> Option<EventIx> {
        if id == 0 && !self.list.is_empty() {
            return Some(EventIx(0));
        }
        self.by_id.get(id)
    }

    /// The event of a sample; `None` when its id is unknown.
    #[inline]
    pub fn of_sample<O: ByteOrder>(&self, body: &[u8]) -> Option<EventIx> {
        match self.place {
            IdPlace::First => (!self.list.is_empty()).then_some(EventIx(0)),
            IdPlace::At(at) => self.by_id(O::u64(*body.as_chunks().0.get(at)?)),
            IdPlace::Mixed => self.iter().map(|(ix, _)| ix).find(|&ix| {
                let place = self.get(ix).and_then(|event| event.layout.id_position());
                let id = place.and_then(|at| u64_at::<O>(body, at));
                id.is_some_and(|id| self.by_id.get(id) == Some(ix))
            }),
        }
    }

    /// Where all samples carry their event's id, in words from the end of the record's header; `None`
    /// where they do not, or there is but one event.
    pub(super) const fn common_id_position(&self) -> Option<usize> {
        match self.place {
            IdPlace::At(at) => Some(at),
            IdPlace::First | IdPlace::Mixed => None,
        }
    }

    /// The event of a sample of whole words whose fields end where its record does; `None` for all
    /// others.
    #[expect(clippy::inline_always, reason = "it is done for every record")]
    #[inline(always)]
    pub(crate) fn of_filled_sample<O: ByteOrder>(&self, body: &[u8]) -> Option<EventIx> {
        let (words, []): (&[Word], &[u8]) = body.as_chunks() else {
            return None;
        };
        let ix = match self.place {
            IdPlace::At(at) => match self.by_id.near(O::u64(*words.get(at)?)) {
                Some(ix) => ix,
                None => self.of_sample::<O>(body)?,
            },
            IdPlace::First | IdPlace::Mixed => self.of_sample::<O>(body)?,
        };
        let measure = *self.measures.get(ix.as_usize())?;
        let is_filled = if measure == SampleMeasure::Others {
            self.get(ix)?.layout.is_filled_by::<O>(body)
        } else {
            measure.is_filled_by::<O>(words)
        };
        is_filled.then_some(ix)
    }

    /// The event whose trailer a record that is no sample carries.
    pub fn of_sideband<O: ByteOrder>(&self, body: &[u8]) -> Option<&Event> {
        let first = self.list.first()?;
        let id = first
            .layout
            .trailer()
            .id_from_end()
            .and_then(|from_end| u64_at::<O>(body, body.len().checked_sub(from_end)?));
        id.and_then(|id| self.get(self.by_id(id)?)).or(Some(first))
    }
}

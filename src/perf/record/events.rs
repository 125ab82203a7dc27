//! The events of a capture, and which of them a record belongs to.

use super::attr::{Attr, MIN_ATTR_SIZE};
use super::ids::Ids;
use super::layout::SampleLayout;
use super::measure::Measure;
use crate::bytes::{ByteOrder, Cursor, position, u32_at, u64_at};
use crate::perf::file::{Anomaly, Features, Header, Section};
use crate::units::EventIx;
use linux_perf_data::Feature;

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
    /// All samples carry it at this position of their body.
    At(usize),
    /// Events disagree: a recorder before Linux 3.12 with different sample types.
    Mixed,
}

/// The events of a capture.
#[derive(Clone, Debug)]
pub struct Events {
    list: Vec<Event>,
    /// How the samples of each are measured.
    measures: Vec<Measure>,
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
            first.map_or(IdPlace::First, IdPlace::At)
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
            IdPlace::At(at) => self.by_id(u64_at::<O>(body, at)?),
            IdPlace::Mixed => self.iter().map(|(ix, _)| ix).find(|&ix| {
                let place = self.get(ix).and_then(|event| event.layout.id_position());
                let id = place.and_then(|at| u64_at::<O>(body, at));
                id.is_some_and(|id| self.by_id.get(id) == Some(ix))
            }),
        }
    }

    /// The event of a sample whose fields end where its record does; `None` for all others.
    #[expect(clippy::inline_always, reason = "it is done for every record")]
    #[inline(always)]
    pub(crate) fn of_filled_sample<O: ByteOrder>(&self, body: &[u8]) -> Option<EventIx> {
        let ix = self.of_sample::<O>(body)?;
        let measure = self.measures.get(ix.as_usize())?;
        let is_filled = match measure {
            Measure::Others => self.get(ix)?.layout.is_filled_by::<O>(body),
            Measure::Fixed(_) | Measure::Chain(_) | Measure::Raw(_) | Measure::ChainAndRaw(_) => {
                measure.is_filled_by::<O>(body)
            }
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

    /// Reads the attribute section. Entries that do not lie in the file are left out, and so are
    /// ids that would take all of them over the length of the file; what was odd goes to
    /// `anomalies`.
    pub(crate) fn read<O: ByteOrder>(
        file: &[u8],
        header: &Header,
        anomalies: &mut Vec<Anomaly>,
    ) -> Vec<Event> {
        let start = position(header.attrs.offset);
        let stated_end = start.saturating_add(position(header.attrs.len));
        let section = file.get(start..stated_end.min(file.len()));
        let section = section.unwrap_or_default();
        let stated = position(header.attr_entry_len);
        let smallest = MIN_ATTR_SIZE + Section::ENCODED_LEN;
        let entry_len = if (smallest..=section.len()).contains(&stated) {
            stated
        } else {
            // A damaged header: the first structure says how long it is itself.
            anomalies.push(Anomaly::OddAttrLen {
                stated: header.attr_entry_len,
            });
            let own = u32_at::<O>(section, 4).map_or(0, |len| position(len.into()));
            own.max(MIN_ATTR_SIZE) + Section::ENCODED_LEN
        };
        let attr_len = entry_len - Section::ENCODED_LEN;
        let entries = section.chunks_exact(entry_len);
        let mut is_short = stated_end > file.len() || !entries.remainder().is_empty();
        let mut room = file.len();
        let list = entries
            .filter_map(|entry| {
                let (attr, ids) = entry.split_at_checked(attr_len)?;
                let ids = Section::read(&mut Cursor::<O>::new(ids))?
                    .of(file)
                    .filter(|ids| ids.len() <= room);
                is_short |= ids.is_none();
                // A perf before attributes had a length wrote 0, and the shortest ones.
                let own = u32_at::<O>(attr, 4)?;
                let is_possible = own_len::<O>(attr).is_some_and(|own| own <= attr_len);
                if !is_possible && (own != 0 || attr_len > MIN_ATTR_SIZE) {
                    anomalies.push(Anomaly::OddAttrLen { stated: own.into() });
                }
                let ids = ids.unwrap_or_default();
                room -= ids.len();
                let ids = ids
                    .chunks_exact(8)
                    .filter_map(|id| u64_at::<O>(id, 0))
                    .collect();
                Some(Event::new(parse_attr::<O>(attr)?, ids))
            })
            .collect();
        if is_short {
            anomalies.push(Anomaly::LostAttrs);
        }
        list
    }

    /// Names events, and adds ids they lack, from the `EVENT_DESC` feature.
    pub fn describe<O: ByteOrder>(list: &mut [Event], features: &Features) {
        for (ix, described) in Self::described::<O>(features).into_iter().enumerate() {
            let same_ids = list
                .iter()
                .position(|event| !described.ids.is_empty() && event.ids == described.ids);
            if let Some(event) = list.get_mut(same_ids.unwrap_or(ix)) {
                event.name = described.name;
                if event.ids.is_empty() {
                    event.ids = described.ids;
                }
            }
        }
    }

    /// The events as the `EVENT_DESC` feature has them, up to the first that makes no sense.
    pub(crate) fn described<O: ByteOrder>(features: &Features) -> Vec<Event> {
        let mut list = Vec::new();
        let section = features.section(Feature::EVENT_DESC).unwrap_or_default();
        let mut at = Cursor::<O>::new(section);
        let (Some(count), Some(attr_len)) = (at.u32(), at.u32()) else {
            return list;
        };
        let attr_len = position(u64::from(attr_len));
        for _ in 0..count {
            let Some(event) = Self::take_described(&mut at, attr_len) else {
                break;
            };
            list.push(event);
        }
        list
    }

    fn take_described<O: ByteOrder>(at: &mut Cursor<'_, O>, attr_len: usize) -> Option<Event> {
        let attr = at.take(attr_len)?;
        let ids_len = position(u64::from(at.u32()?)).checked_mul(8)?;
        let name = String::from_utf8_lossy(at.header_string()?).into_owned();
        let ids = at.take(ids_len)?.chunks_exact(8);
        let ids = ids.filter_map(|id| u64_at::<O>(id, 0)).collect();
        let event = Event::new(parse_attr::<O>(attr)?, ids);
        Some(Event { name, ..event })
    }
}

/// Decodes an attribute structure that may state a shorter length than the room it has.
pub(crate) fn parse_attr<O: ByteOrder>(bytes: &[u8]) -> Option<Attr> {
    let used = own_len::<O>(bytes).unwrap_or(bytes.len());
    Attr::parse::<O>(bytes.get(..used).unwrap_or(bytes))
}

/// The length that an attribute structure states itself; `None` when it cannot be.
fn own_len<O: ByteOrder>(bytes: &[u8]) -> Option<usize> {
    let stated = position(u64::from(u32_at::<O>(bytes, 4)?));
    (stated >= MIN_ATTR_SIZE).then_some(stated)
}

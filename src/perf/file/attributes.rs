//! The events of a capture, as the attribute section and the `EVENT_DESC` feature tell them.

use linux_perf_data::Feature;

use super::anomaly::Anomaly;
use super::features::Features;
use super::header::{FileSection, Header};
use crate::bytes::{ByteOrder, Cursor, position, u32_at, u64_at};
use crate::perf::record::{Attr, Event, MIN_ATTR_SIZE};

/// Reads the attribute section. Entries that do not lie in the file are left out, and so are
/// ids that would take all of them over the length of the file; what was odd goes to
/// `anomalies`.
pub(crate) fn read_attributes<O: ByteOrder>(
    file: &[u8],
    header: &Header,
    anomalies: &mut Vec<Anomaly>,
) -> Vec<Event> {
    let start = position(header.attrs.offset);
    let stated_end = start.saturating_add(position(header.attrs.len));
    let section = file.get(start..stated_end.min(file.len()));
    let section = section.unwrap_or_default();
    let stated = position(header.attr_entry_len);
    let smallest = MIN_ATTR_SIZE + FileSection::ENCODED_LEN;
    let entry_len = if (smallest..=section.len()).contains(&stated) {
        stated
    } else {
        // A damaged header: the first structure says how long it is itself.
        anomalies.push(Anomaly::OddAttrLen {
            stated: header.attr_entry_len,
        });
        let own = u32_at::<O>(section, 4).map_or(0, |len| position(len.into()));
        own.max(MIN_ATTR_SIZE) + FileSection::ENCODED_LEN
    };
    let attr_len = entry_len - FileSection::ENCODED_LEN;
    let entries = section.chunks_exact(entry_len);
    let mut is_short = stated_end > file.len() || !entries.remainder().is_empty();
    let mut room = file.len();
    let list = entries
        .filter_map(|entry| {
            let (attr, ids) = entry.split_at_checked(attr_len)?;
            let ids = FileSection::read(&mut Cursor::<O>::new(ids))?
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
pub(crate) fn name_events<O: ByteOrder>(list: &mut [Event], features: &Features) {
    for (ix, described) in described_events::<O>(features).into_iter().enumerate() {
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
pub(crate) fn described_events<O: ByteOrder>(features: &Features) -> Vec<Event> {
    let mut list = Vec::new();
    let section = features.section(Feature::EVENT_DESC).unwrap_or_default();
    let mut at = Cursor::<O>::new(section);
    let (Some(count), Some(attr_len)) = (at.u32(), at.u32()) else {
        return list;
    };
    let attr_len = position(u64::from(attr_len));
    for _ in 0..count {
        let Some(event) = take_described(&mut at, attr_len) else {
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

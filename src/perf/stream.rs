//! What a stream of records says about itself: pipe-mode data, and compressed records.

use hashbrown::HashMap;
use linux_perf_data::Feature;

use super::abi::{
    PERF_RECORD_COMPRESSED, PERF_RECORD_COMPRESSED2, PERF_RECORD_EVENT_UPDATE,
    PERF_RECORD_HEADER_ATTR, PERF_RECORD_HEADER_BUILD_ID, PERF_RECORD_HEADER_FEATURE,
    PERF_RECORD_HEADER_TRACING_DATA,
};
use super::bytes::{ByteOrder, Cursor, c_string, position, slice_at, u32_at, u64_at};
use super::events::{Event, parse_attr};
use super::features::{Features, RecordedBuildId, parse_build_id};
use super::scan::{Met, Record, Region, scan};

/// `PERF_EVENT_UPDATE__NAME` of tools/lib/perf/include/perf/event.h.
const UPDATE_NAME: u64 = 2;

/// What perf's own records in a stream say.
#[derive(Debug, Default)]
pub(super) struct Description<'a> {
    pub(super) events: Vec<Event>,
    pub(super) features: Features,
    pub(super) build_ids: Vec<RecordedBuildId>,
    /// Names by event id.
    pub(super) names: HashMap<u64, String>,
    /// Pieces of the zstd stream, in order.
    pub(super) compressed: Vec<&'a [u8]>,
    /// Whether an event's attributes could not be read.
    pub(super) lacks_attrs: bool,
}

/// Walks all records for those that describe the stream.
pub(super) fn describe<'a, O: ByteOrder>(region: Region<'a>) -> Description<'a> {
    let visit = |found: &mut Description<'a>, met: Met<'a>| {
        // What makes no sense is left out; the walk that folds counts it all the same.
        if let Met::Record(record) = met {
            let is_sound = found.take::<O>(record).is_some();
            found.lacks_attrs |= !is_sound && record.header.record_type == PERF_RECORD_HEADER_ATTR;
        }
    };
    let walked = scan::<O, _, _, _>(&[region], 1, |_| Description::default(), visit);
    let mut found = Description::default();
    for part in walked.visitors {
        found = part;
    }
    for event in &mut found.events {
        if let Some(name) = event.ids.iter().find_map(|id| found.names.get(id)) {
            event.name.clone_from(name);
        }
    }
    found
}

impl<'a> Description<'a> {
    fn take<O: ByteOrder>(&mut self, record: Record<'a>) -> Option<()> {
        let body = record.body;
        match record.header.record_type {
            PERF_RECORD_HEADER_ATTR => {
                let attr_len = position(u64::from(u32_at::<O>(body, 4)?));
                let (attr, ids) = body.split_at_checked(attr_len)?;
                let ids = ids
                    .chunks_exact(8)
                    .filter_map(|id| u64_at::<O>(id, 0))
                    .collect();
                self.events.push(Event::new(parse_attr::<O>(attr)?, ids));
            }
            PERF_RECORD_HEADER_FEATURE => {
                let feature = Feature(u32::try_from(u64_at::<O>(body, 0)?).ok()?);
                self.features.insert(feature, body.get(8..)?);
            }
            PERF_RECORD_HEADER_TRACING_DATA => {
                let len = position(u64::from(u32_at::<O>(body, 0)?));
                // The record's own length does not count the formats, which follow it.
                let own_len = usize::from(record.header.len).checked_sub(8)?;
                self.features
                    .insert(Feature::TRACING_DATA, slice_at(body, own_len, len)?);
            }
            PERF_RECORD_HEADER_BUILD_ID => {
                self.build_ids
                    .push(parse_build_id::<O>(record.header.misc, body)?);
            }
            PERF_RECORD_EVENT_UPDATE => {
                let mut at = Cursor::<O>::new(body);
                if at.u64()? == UPDATE_NAME {
                    let id = at.u64()?;
                    let name = String::from_utf8_lossy(c_string(at.rest())).into_owned();
                    self.names.insert(id, name);
                }
            }
            PERF_RECORD_COMPRESSED => self.compressed.push(body),
            PERF_RECORD_COMPRESSED2 => {
                let len = position(u64_at::<O>(body, 0)?);
                self.compressed.push(slice_at(body, 8, len)?);
            }
            _ => {}
        }
        Some(())
    }
}

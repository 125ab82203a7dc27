//! What a stream of records says about itself: pipe-mode data, and compressed records.

use hashbrown::HashMap;
use linux_perf_data::Feature;

use super::attributes::parse_attr;
use super::features::{Features, RecordedBuildId, parse_build_id};
use crate::bytes::{ByteOrder, Cursor, c_string, position, slice_at, u32_at, u64_at};
use crate::perf::abi::{
    PERF_RECORD_COMPRESSED, PERF_RECORD_COMPRESSED2, PERF_RECORD_EVENT_UPDATE,
    PERF_RECORD_HEADER_ATTR, PERF_RECORD_HEADER_BUILD_ID, PERF_RECORD_HEADER_FEATURE,
    PERF_RECORD_HEADER_TRACING_DATA, PERF_RECORD_SAMPLE,
};
use crate::perf::record::{Event, LengthMatch};
use crate::perf::walk::{
    Damage, Length, PackedPiece, Record, Region, Seen, Visitor, ZSTD_MAGIC, resync, scan,
};

/// Damage up to this length, in bytes, held no piece of a zstd stream, but a
/// `FINISHED_ROUND` record.
const SHORTEST_PIECE: u64 = 8;

/// `PERF_EVENT_UPDATE__NAME` of tools/lib/perf/include/perf/event.h.
const UPDATE_NAME: u64 = 2;

/// What perf's own records in a stream say.
#[derive(Debug, Default)]
pub(crate) struct StreamDescription<'a> {
    pub(crate) events: Vec<Event>,
    pub(crate) features: Features,
    pub(crate) build_ids: Vec<RecordedBuildId>,
    /// Names by event id.
    pub(crate) names: HashMap<u64, String>,
    /// Pieces of the zstd stream, in order.
    pub(crate) compressed: Vec<PackedPiece<'a>>,
    /// The kind of the records that hold them: a perf writes one kind only.
    compressed_type: Option<u32>,
    /// Whether a piece may be missing behind the last one.
    has_gap: bool,
    /// Whether bytes that are no record, or records of the wrong length, were met.
    pub(crate) has_damage: bool,
    /// Whether an event's attributes could not be read.
    pub(crate) lacks_attrs: bool,
}

/// Walks all records for those that describe the stream.
pub(crate) fn describe<'a, O: ByteOrder>(region: Region<'a>) -> StreamDescription<'a> {
    // One thread walks a region in one part.
    let walked = scan::<O, _>(&[region], 1, &Describing);
    let mut found = walked.gathered.into_iter().next().unwrap_or_default();
    for event in &mut found.events {
        if let Some(name) = event.ids.iter().find_map(|id| found.names.get(id)) {
            event.name.clone_from(name);
        }
    }
    found
}

/// The visitor that reads what perf's own records say.
struct Describing;

impl<'a> Visitor<'a> for Describing {
    type Gathered = StreamDescription<'a>;

    fn begin(&self) -> StreamDescription<'a> {
        StreamDescription::default()
    }

    /// What makes no sense is left out; the walk that folds counts it all the same.
    fn record<O: ByteOrder>(&self, found: &mut StreamDescription<'a>, record: Record<'a>) {
        let is_sound = found.take::<O>(record).is_some();
        let is_attr = record.header.record_type == PERF_RECORD_HEADER_ATTR;
        found.lacks_attrs |= !is_sound && is_attr;
        found.has_damage |= !is_sound || record.length != Length::Right;
        if !is_sound || may_be_piece(&record) {
            found.take_doubtful_piece(record.body);
        }
    }

    fn damage(&self, found: &mut StreamDescription<'a>, damage: Damage) {
        found.has_damage = true;
        found.has_gap |= damage.len > SHORTEST_PIECE;
    }
}

/// Whether a record that is no piece of a zstd stream, as it looks, can have been one.
fn may_be_piece(record: &Record<'_>) -> bool {
    // What these begin with tells them from all others.
    let is_known = matches!(
        record.header.record_type,
        PERF_RECORD_HEADER_FEATURE | PERF_RECORD_EVENT_UPDATE
    );
    match record.length_match {
        LengthMatch::Exact | LengthMatch::Untold => false,
        LengthMatch::Free => !is_known && !record.is_compressed(),
        LengthMatch::Doubtful | LengthMatch::Odd | LengthMatch::Foreign => true,
    }
}

/// Whether compressed records lie before the first sample, as they do wherever there are some: what
/// the header says of it may be damaged.
pub(crate) fn has_pieces<O: ByteOrder>(region: Region<'_>) -> bool {
    let Region { bytes, events, .. } = region;
    let mut at = 0;
    while at < bytes.len() {
        let seen = Seen::at::<O>(bytes, at, events).filter(Seen::is_plausible);
        at = match seen.map(|seen| (seen.header.record_type, seen.next)) {
            Some((PERF_RECORD_COMPRESSED | PERF_RECORD_COMPRESSED2, _)) => return true,
            Some((PERF_RECORD_SAMPLE, _)) => return false,
            Some((_, next)) => next,
            None => resync::<O>(bytes, at + 1, events),
        };
    }
    false
}

impl<'a> StreamDescription<'a> {
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
            PERF_RECORD_COMPRESSED => return self.take_piece(record, body),
            PERF_RECORD_COMPRESSED2 => {
                let len = position(u64_at::<O>(body, 0)?);
                return self.take_piece(record, slice_at(body, 8, len)?);
            }
            _ => {}
        }
        Some(())
    }

    /// Takes note of a record that was a piece before its header was hit. The first of all pieces shows
    /// itself; the others cannot be unpacked, and are counted.
    fn take_doubtful_piece(&mut self, body: &'a [u8]) {
        let is_first = self.compressed.is_empty();
        let mut starts = [Some(body), body.get(8..)].into_iter().flatten();
        let bytes = starts.find(|bytes| bytes.starts_with(&ZSTD_MAGIC));
        if bytes.is_some() || !is_first {
            self.compressed.push(PackedPiece {
                bytes: bytes.unwrap_or(body),
                is_behind_gap: !is_first,
            });
        }
        self.has_gap = true;
    }

    /// Takes a piece of the zstd stream; `None` when it is of another kind than the ones before.
    fn take_piece(&mut self, record: Record<'a>, bytes: &'a [u8]) -> Option<()> {
        let own_type = record.header.record_type;
        let expected = *self.compressed_type.get_or_insert(own_type);
        if own_type != expected {
            return None;
        }
        self.compressed.push(PackedPiece {
            bytes,
            is_behind_gap: std::mem::take(&mut self.has_gap),
        });
        Some(())
    }
}

//! What the first file of a capture tells before its records are walked.

use std::ops::Range;
use std::path::Path;

use linux_perf_data::{Feature, FeatureSet};

use super::anomaly::Anomaly;
use super::attributes::{described_events, read_attributes};
use super::features::{Features, RecordedBuildId};
use super::header::{HEADER_LEN, Header, PIPE_HEADER_LEN};
use super::stream_description::describe;
use super::tracing_data::tracepoints;
use crate::bytes::{ByteOrder, position};
use crate::error::{BadFile, Error, FoundInstead, Result};
use crate::perf::record::{Event, Events, RecordHeader};
use crate::perf::walk::{Region, Seen, find_run, first_believed};
use crate::units::FilePosition;

/// Whole records, as a range of one of a capture's storages.
#[derive(Clone, Debug)]
pub(crate) struct StoredRange {
    /// The storage, by its place among those of the capture.
    pub(crate) storage: usize,
    pub(crate) range: Range<usize>,
}

impl StoredRange {
    /// A range of the first file.
    const fn of_first(range: Range<usize>) -> Self {
        Self { storage: 0, range }
    }
}

/// The parts of a capture that its first file tells.
pub(crate) struct FirstFile {
    pub(crate) regions: Vec<StoredRange>,
    pub(crate) events: Vec<Event>,
    pub(crate) features: Features,
    pub(crate) build_ids: Vec<RecordedBuildId>,
    pub(crate) anomalies: Vec<Anomaly>,
}

/// Reads the header and sections of a file.
pub(crate) fn read_file<O: ByteOrder>(path: &Path, bytes: &[u8]) -> Result<FirstFile> {
    let header = Header::parse::<O>(bytes).ok_or_else(|| Error::file(path, BadFile::CutHeader))?;
    if is_of_simpleperf(&header.features) {
        let found = FoundInstead::Simpleperf;
        return Err(Error::file(path, BadFile::NotPerfData(found)));
    }
    let mut anomalies = Vec::new();
    let mut records = range_of_records(&header, bytes.len(), &mut anomalies);
    let mut events = read_attributes::<O>(bytes, &header, &mut anomalies);
    let known = Events::new(events.clone());
    if let Some(first) = first_before::<O>(bytes, &header, &records, &known) {
        anomalies.push(Anomaly::LostPlace);
        records.range.start = first;
    }
    let mut features = Features::default();
    if records.end_is_stated {
        let table = header.feature_table().unwrap_or(u64::MAX);
        let (found, lost) = Features::read::<O>(bytes, table, header.features);
        let has_none = header.features.iter().next().is_none();
        let may_go_on = !lost.is_empty() || has_none;
        if may_go_on && goes_on::<O>(bytes, &records.range, &known) {
            anomalies.push(Anomaly::LostEnd);
            records.range.end = bytes.len();
        } else {
            if !lost.is_empty() {
                anomalies.push(Anomaly::LostFeatures(lost));
            }
            features = found;
        }
    }
    mend_events::<O>(&mut events, &features, &mut anomalies);
    let build_ids = features.build_ids::<O>();
    Ok(FirstFile {
        regions: vec![StoredRange::of_first(records.range)],
        events,
        features,
        build_ids,
        anomalies,
    })
}

/// Where the records of a file lie.
struct RecordsRange {
    range: Range<usize>,
    /// Whether the header says where they end, and the file is long enough for it.
    end_is_stated: bool,
}

/// No file of records is larger: 256 TiB.
const LARGEST: u64 = 1 << 48;

/// Finds the records by the header, and without it where it makes no sense.
fn range_of_records(
    header: &Header,
    file_len: usize,
    anomalies: &mut Vec<Anomaly>,
) -> RecordsRange {
    let mut start = position(header.data.offset);
    if start > file_len || header.data.offset < HEADER_LEN {
        anomalies.push(Anomaly::LostPlace);
        // perf writes them behind the attributes.
        let attrs = header.attrs.offset.saturating_add(header.attrs.len);
        let behind = attrs.max(HEADER_LEN).checked_next_multiple_of(8);
        start = position(behind.unwrap_or(u64::MAX)).min(file_len);
        return RecordsRange {
            range: start..file_len,
            end_is_stated: false,
        };
    }
    let stated = header.data.offset.saturating_add(header.data.len);
    let end_is_stated = header.data.len > 0 && stated <= file_len as u64;
    if header.data.len == 0 {
        anomalies.push(Anomaly::Unfinished);
    } else if stated >= LARGEST {
        anomalies.push(Anomaly::LostPlace);
    } else if !end_is_stated {
        anomalies.push(Anomaly::CutOff {
            missing: stated - file_len as u64,
        });
    }
    let end = if end_is_stated {
        position(stated)
    } else {
        file_len
    };
    RecordsRange {
        range: start..end,
        end_is_stated,
    }
}

/// Where records begin before the place that the header states: perf writes them behind the
/// attributes, and nothing in between.
fn first_before<O: ByteOrder>(
    bytes: &[u8],
    header: &Header,
    records: &RecordsRange,
    events: &Events,
) -> Option<usize> {
    let behind = header.attrs.offset.checked_add(header.attrs.len)?;
    let start = position(behind.max(HEADER_LEN));
    let range = start..records.range.start;
    let before = bytes.get(..records.range.end)?;
    first_believed::<O>(
        before,
        range,
        Some(events).filter(|events| !events.is_empty()),
    )
}

/// Takes the events as the features describe them where those that the file begins with are
/// damaged: the recorder writes attributes, ids and all twice.
fn mend_events<O: ByteOrder>(
    events: &mut Vec<Event>,
    features: &Features,
    anomalies: &mut Vec<Anomaly>,
) {
    let is_of_attrs =
        |finding: &Anomaly| matches!(finding, Anomaly::OddAttrLen { .. } | Anomaly::LostAttrs);
    let is_zero = |event: &Event| event.ids.iter().all(|&id| id == 0);
    let described = described_events::<O>(features);
    let mut pairs = events.iter().zip(&described);
    // The recorder describes all of them.
    let is_damaged = events.len() < described.len()
        || anomalies.iter().any(is_of_attrs)
        || pairs.any(|(event, copy)| !event.ids.is_empty() && is_zero(event) && !is_zero(copy));
    if !is_damaged || described.is_empty() || described.len() < events.len() {
        return;
    }
    *events = described;
    anomalies.retain(|finding| !is_of_attrs(finding));
    anomalies.push(Anomaly::DescribedAttrs);
}

/// Whether records go on behind the place where the header says that they end. Nothing else in a
/// file looks like a sample of one of its events, or like so many records in a row.
fn goes_on<O: ByteOrder>(bytes: &[u8], stated: &Range<usize>, events: &Events) -> bool {
    const RUN: usize = 16;
    let rest = bytes.get(stated.end..).unwrap_or_default();
    if !events.is_empty() {
        // The first of them may begin before that place.
        let longest = usize::from(u16::MAX);
        let mut from = stated.end.saturating_sub(longest).max(stated.start);
        while let Some(at) = first_believed::<O>(bytes, from..bytes.len(), Some(events)) {
            let seen = Seen::at::<O>(bytes, at, Some(events));
            from = seen.map_or(at, |seen| seen.next).max(at + 1);
            if from > stated.end {
                return true;
            }
        }
        return false;
    }
    let mut at = find_run::<O>(rest, 0, RUN);
    for _ in 0..RUN {
        at = at.and_then(|at| {
            let header = RecordHeader::parse::<O>(rest.get(at..)?)?;
            header.next_record::<O>(rest, at)
        });
    }
    at.is_some()
}

/// Whether the features are those of simpleperf, which uses the numbers from 128 up and does not
/// write the host's name. perf always does: there a high number is damage.
fn is_of_simpleperf(features: &FeatureSet) -> bool {
    let mut own = features.iter().filter(|&it| it >= Feature::SIMPLEPERF_FILE);
    own.next().is_some() && !features.has_feature(Feature::HOSTNAME)
}

/// Reads what the records of pipe-mode data say about themselves.
pub(crate) fn read_pipe<O: ByteOrder>(bytes: &[u8]) -> FirstFile {
    let start = position(PIPE_HEADER_LEN).min(bytes.len());
    let records = bytes.get(start..).unwrap_or_default();
    let region = Region {
        bytes: records,
        position: FilePosition::default(),
        mapping: None,
        events: None,
    };
    let first = describe::<O>(region);
    let known;
    let found = if first.has_damage && !first.events.is_empty() {
        // With the events known, less is lost beside the damage.
        known = Events::new(first.events);
        let events = Some(&known);
        describe::<O>(Region { events, ..region })
    } else {
        first
    };
    let mut build_ids = found.features.build_ids::<O>();
    build_ids.extend(found.build_ids);
    let regions = vec![StoredRange::of_first(start..bytes.len())];
    let anomalies = found.lacks_attrs.then_some(Anomaly::LostAttrs);
    let mut anomalies = anomalies.into_iter().collect();
    let mut events = found.events;
    mend_events::<O>(&mut events, &found.features, &mut anomalies);
    FirstFile {
        regions,
        events,
        features: found.features,
        build_ids,
        anomalies,
    }
}

/// Names tracepoints that the file names nowhere but in their formats.
pub(crate) fn name_tracepoints(list: &mut [Event], features: &Features) {
    let is_nameless =
        |event: &Event| event.attr.is_tracepoint() && event.name.starts_with("type 2 ");
    if !list.iter().any(is_nameless) {
        return;
    }
    let known = tracepoints(features.section(Feature::TRACING_DATA).unwrap_or_default());
    for event in list.iter_mut().filter(|event| is_nameless(event)) {
        if let Some(found) = known.iter().find(|found| found.id == event.attr.config) {
            event.name.clone_from(&found.name);
        }
    }
}

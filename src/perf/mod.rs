//! Stage *records*: from bytes to records.
//!
//! Input: a perf.data file, mapped, unpacked or spooled. Output: a [`Capture`] with its events and
//! features, and [`Capture::scan`], one walk over all of its records for a [`Visitor`]. A record is
//! handed on as it lies in the file; [`SampleLayout`] says where the fields of a sample are, and
//! [`Sideband`] decodes the records that tell what samples mean.
//!
//! | folder | what it does |
//! |---|---|
//! | `abi` | the numbers of the perf ABI |
//! | `record` | one record, and the event that it belongs to; knows no file |
//! | `walk` | all records, on several threads, over damage and compression; knows `record` |
//! | `file` | the file around them: header, events, features; knows both |
//! | [`writer`] | the way back, for tests, benches and `bench --generate`: no capture is read with it |

pub mod abi;
mod file;
mod record;
mod walk;
pub mod writer;

pub use file::{
    Anomaly, Capture, CaptureKind, CpuCounts, Features, NumaNodes, RecordedBuildId, TracepointText,
    feature_name, tracepoints,
};
pub use record::{
    Attr, ChainedLayout, ChainedSample, Event, Events, MappedInode, MappingRecord, PlainLayout,
    PlainSample, RECORD_HEADER_LEN, RecordHeader, Registers, SampleHead, SampleLayout, SampleTail,
    Sideband, UniformSample, UniformSamples, event_name_without_settings, group_values,
    is_sideband, plain_event_name,
};
pub use walk::{
    Both, Damage, Length, PlainRecord, PlainSamples, Record, RecordCounts, SampleAtHand, Upcoming,
    Visitor,
};

pub use linux_perf_data::Feature;

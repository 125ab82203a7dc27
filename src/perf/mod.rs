//! Stage 1: bytes to records.
//!
//! Input: a perf.data file. Output: a [`Capture`] with its events, features and the byte regions
//! that hold its records, and [`Capture::scan`], one walk over all records that a [`Visitor`] takes. [`writer`] is the way back.

pub mod abi;
mod file;
mod record;
mod walk;
pub mod writer;

pub use file::{Anomaly, Capture, CaptureKind, CpuCounts, Features, RecordedBuildId, tracepoints};
pub use record::{
    Attr, Event, Events, MappingRecord, RECORD_HEADER_LEN, RecordHeader, Registers, SampleHead,
    SampleLayout, SampleTail, Sideband, event_name_without_settings, group_values, is_sideband,
    plain_event_name,
};
pub use walk::{Both, Damage, Length, Record, RecordCounts, Visitor};

pub use linux_perf_data::Feature;

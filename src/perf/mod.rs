//! Stage 1: bytes to records.
//!
//! Input: a perf.data file. Output: a [`Capture`] with its events, features and the byte regions
//! that hold its records, and [`scan()`], one walk over all records. [`writer`] is the way back.

pub mod abi;
mod attr;
mod capture;
mod counts;
mod directory;
mod events;
mod features;
mod finding;
mod fit;
mod group;
mod header;
mod ids;
mod kinds;
mod layout;
mod measure;
mod recognise;
mod record;
mod resume;
mod scan;
mod sections;
mod segments;
mod sideband;
mod step;
mod stream;
mod tail;
mod tracing;
mod unpack;
pub mod writer;

pub use attr::Attr;
pub use capture::{Capture, CaptureKind};
pub use counts::RecordCounts;
pub use events::{Event, Events};
pub use features::{CpuCounts, Features, RecordedBuildId};
pub use finding::Finding;
pub use group::group_values;
pub use layout::{SampleHead, SampleLayout};
pub use record::{RECORD_HEADER_LEN, RecordHeader};
pub use scan::{Damage, Length, Met, Record, scan};
pub use sideband::{MappingRecord, Sideband, is_sideband};
pub use tail::{Registers, SampleTail};
pub use tracing::tracepoints;

pub use linux_perf_data::Feature;

//! Stage 1: bytes to records.
//!
//! Input: a perf.data file. Output: a [`Capture`] with its events, features and the byte regions
//! that hold its records, and [`scan()`], one walk over all records. [`writer`] is the way back.

pub mod abi;
mod attr;
pub mod bytes;
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
mod limit;
mod mapping;
mod measure;
mod packing;
mod recognise;
mod record;
mod resume;
mod scan;
mod sections;
mod segments;
mod sideband;
mod step;
mod storage;
mod stream;
mod tail;
mod tracing;
mod unpack;

pub mod writer;

pub use attr::{Attr, MIN_ATTR_SIZE};
pub use capture::{Capture, CaptureKind};
pub use counts::RecordCounts;
pub use events::{Event, Events};
pub use features::{CpuCounts, Features, RecordedBuildId};
pub use finding::Finding;
pub use group::{GroupValue, group_values};
pub use header::{Header, Magic, Section};
pub use layout::{SampleHead, SampleLayout, Trailer};
pub use limit::{MORE_UNPACKED, UnpackLimit};
pub use linux_perf_data::Feature;
pub use mapping::MappedFile;
pub use packing::Packing;
pub use record::{RECORD_HEADER_LEN, RecordHeader};
pub use scan::{Damage, Length, Met, Record, Region, Scan, scan};
pub use sideband::{MappingRecord, Sideband, is_sideband};
pub use storage::{Spool, Storage, Wrapping};
pub use tail::{Branches, Registers, SampleTail, UserStack};
pub use tracing::{Tracepoint, tracepoints};

//! The file: its header, attributes, features and the regions that hold its records.

mod anomaly;
mod attributes;
mod capture;
mod directory;
mod features;
mod header;
mod recognise;
mod sections;
mod stream_description;
mod tracing_data;

pub use anomaly::Anomaly;
pub use capture::{Capture, CaptureKind};
pub use features::{CpuCounts, Features, RecordedBuildId};
pub(crate) use header::{FileSection, HEADER_LEN, PIPE_HEADER_LEN};
pub use tracing_data::tracepoints;

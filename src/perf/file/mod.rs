//! The file: its header, events, features and the regions that hold its records.
//!
//! Input: a path, or bytes that were opened already. Output: a [`Capture`], which says what is in
//! the file, what is odd about it, and walks its records.
//!
//! | file | what it does |
//! |---|---|
//! | `capture` | opens files, pipes and directories; **begin here** |
//! | `records` | where the records lie, and the walk over them |
//! | `recognise` | says what a file is that is no perf.data |
//! | `header` | magic numbers, and where the sections lie |
//! | `sections` | what the first file of a capture tells before its records are walked |
//! | `attributes` | events, from the attribute section and `EVENT_DESC` |
//! | `features` | what the recorder wrote about itself and its machine |
//! | `numa_nodes` | which CPUs lie on which node |
//! | `tracing_data` | the texts of tracepoints' formats, and the names in them |
//! | `stream_description` | events and features of pipe-mode data, and compressed pieces |
//! | `directory` | the files of `perf record --threads` |
//! | `anomaly` | what was odd about a capture |

mod anomaly;
mod attributes;
mod capture;
mod directory;
mod features;
mod header;
mod numa_nodes;
mod recognise;
mod records;
mod sections;
mod stream_description;
mod tracing_data;

pub use anomaly::Anomaly;
pub use capture::{Capture, CaptureKind};
pub use features::{CpuCounts, Features, RecordedBuildId, feature_name};
pub(crate) use header::{FileSection, HEADER_LEN, PIPE_HEADER_LEN};
pub use numa_nodes::NumaNodes;
pub use tracing_data::{TracepointText, tracepoints};

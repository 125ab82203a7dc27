//! QEMU's own traces, as far as they tell of requests to disks.
//!
//! Input: what the log backend wrote (`-trace 'virtio_blk_*'`), in its three styles, or the binary file
//! of the simple backend. Output: [`TraceStep`]s in the file's order, and what was passed over.
//!
//! | file | what it does |
//! |---|---|
//! | `trace_file` | **a file, packed or not, to its steps** |
//! | `step` | what happened to a request |
//! | `log_line` | a line of the log backend |
//! | `simple` | the file of the simple backend |
//!
//! Source: scripts/tracetool/backend/log.py, trace/simple.c, hw/block/trace-events and
//! hw/scsi/trace-events, QEMU 7.2.

mod log_line;
mod simple;
mod step;
mod trace_file;

pub use step::{DiskId, RequestDirection, RequestId, RequestStep, TraceCounts, TraceStep};
pub use trace_file::TraceFile;

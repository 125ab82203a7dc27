//! From a capture with kvm tracepoints to its exits.
//!
//! Input: a capture and an [`ExitRequest`]. Output: a [`RecordedExits`]: the survey of all exits,
//! and what is needed to name them and to judge how far it can be believed.
//!
//! | file | what it does |
//! |---|---|
//! | `request` | what is wanted |
//! | `sources` | which events of the capture are tracepoints that matter, and how they are decoded |
//! | `rows` | the walk: what each thread's tracepoints recorded, undecoded |
//! | `pair` | the rows of each thread in order of time, decoded, paired and added up |
//! | `recorded_exits` | **the list of stages**, and what comes of them |

mod pair;
mod recorded_exits;
mod request;
mod rows;
mod sources;

pub use crate::kvm::exit::{Dimension, TimeBasis};
pub use recorded_exits::{RecordedExits, TracepointCount, recorded_exits};
pub use request::ExitRequest;

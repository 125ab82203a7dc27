//! VM exits: what host tracepoints say of them, and what each took.
//!
//! Input: occurrences of kvm and scheduler tracepoints, decoded ([`HostEvent`]), whatever recorded
//! them.
//!
//! | file | what is in it |
//! |---|---|
//! | `host_event` | what a tracepoint says |
//! | `like_perf` | what `perf kvm stat report` says of a capture |

mod host_event;
pub mod like_perf;

pub use host_event::{ExitEvent, HostEvent, HypercallInterface, MmioKind};

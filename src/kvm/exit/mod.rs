//! VM exits: what host tracepoints say of them, and what each took.
//!
//! Input: occurrences of kvm and scheduler tracepoints, decoded ([`HostEvent`]), whatever recorded
//! them.
//!
//! | file | what is in it |
//! |---|---|
//! | `host_event` | what a tracepoint says |

mod host_event;

pub use host_event::{ExitEvent, HostEvent, HypercallInterface, MmioKind};

//! How long threads ran, and on what: what `threads` shows.
//!
//! Input: a capture, a trace.dat or a text of events, and a [`ThreadRequest`]. Output: [`ThreadTimes`].
//! Where switches were recorded, times are exact; otherwise they are what samples stand for.
//!
//! | file | what it does |
//! |---|---|
//! | `request` | what is wanted |
//! | `thread_times` | **the entry**: which way times are told, and the result |
//! | `sampled` | times by samples, each with its tag |
//! | `scheduled` | times by switches |
//! | `thread_use` | what is known of one thread |
//! | `interval` | how far off a share of samples may be |

mod interval;
mod request;
mod sampled;
mod scheduled;
mod thread_times;
mod thread_use;

pub use super::roles::ThreadRole;
pub use interval::{Interval, interval};
pub use request::ThreadRequest;
pub use thread_times::{
    HostUse, RunningBasis, ThreadTimes, thread_times, threads_of_text, threads_of_trace_dat,
};
pub use thread_use::{OnCpuParts, ThreadUse, ToldParts, Waits};

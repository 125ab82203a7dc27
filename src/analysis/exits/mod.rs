//! From a capture with kvm tracepoints to its exits.
//!
//! Input: a capture, a trace.dat or a text of events, and an [`ExitRequest`]. Output: a [`RecordedExits`]: the survey of all exits,
//! and what is needed to name them and to judge how far it can be believed.
//!
//! | file | what it does |
//! |---|---|
//! | `request` | what is wanted |
//! | `sources` | which events of the capture are tracepoints that matter, and how they are decoded |
//! | `basics` | from a sample to a row, undecoded; what else is counted |
//! | `rounds` | the walk that pairs while it goes on, round by round |
//! | `thread_part` | what a part of that walk found of a thread |
//! | `round_visitor` | where samples and rounds come from |
//! | `at_once` | plain exits, told where their samples lie |
//! | `waiting` | occurrences of a thread until their turn comes |
//! | `join` | the parts of that walk put together |
//! | `rows` | the walk that keeps all rows, for captures in no such order |
//! | `pair` | those rows in order of time, decoded and paired |
//! | `first_seen` | who was seen first on each CPU, and so had it before |
//! | `host_times` | what concerns several threads: the scheduler, interrupts on their way |
//! | `preview` | what must be known of a trace.dat, or of a text, before its occurrences are taken |
//! | `slow_stacks` | where the slowest exits spent their time |
//! | `kernel_stacks` | where exits spent their time in the kernel |
//! | `traced` | the same of a trace.dat, or of a text |
//! | `recorded_exits` | **the list of stages**, and what comes of them |

mod at_once;
mod basics;
mod first_seen;
mod host_times;
mod join;
mod kernel_stacks;
mod pair;
mod preview;
mod recorded_exits;
mod request;
mod round_visitor;
mod rounds;
mod rows;
mod slow_stacks;
mod sources;
mod thread_part;
mod traced;
mod waiting;

pub use crate::kvm::exit::{Dimension, TimeBasis, like_perf};
pub(super) use basics::{Basics, NO_PROCESS};
pub use kernel_stacks::name_kernel_stacks;
pub(super) use preview::{
    Preview, ToldValues, foreign_clock_of_text, foreign_clock_of_trace_dat, no_processes,
    told_event, told_formats,
};
pub(super) use recorded_exits::span_of;
pub use recorded_exits::{ExitOrigin, RecordedExits, TracepointCount, recorded_exits};
pub use request::ExitRequest;
pub use slow_stacks::{SlowStack, slow_stacks};
pub(super) use sources::Sources;
pub use traced::{exits_of_text, exits_of_trace_dat};

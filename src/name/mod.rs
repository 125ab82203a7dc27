//! Stage "name": from locations to frames.

mod classes;
mod grouping;
mod merge;
mod name_worker;
mod named_runs;
mod namer;
mod naming;
mod piece;
mod request;
mod shown_frame;
mod stacks;
mod unnamed;
mod user_objects;

pub use grouping::Grouping;
pub(crate) use grouping::{SplitName, TaskNames};
pub(crate) use namer::{Namer, NamerInput};
pub(crate) use naming::name_stacks;
pub(crate) use request::{NameRequest, StackFilter, StackRecording};
pub use stacks::{NamedStacks, Stack};
pub use unnamed::Unnamed;
pub(crate) use unnamed::by_cause;
pub use user_objects::ObjectReport;

//! Stage "locate": from the addresses of raw stacks to where they lie.
//!
//! Input: settled stacks and the timeline. Output: for each stack its pieces, locations and runs of
//! callers, each different one once; nothing has a name yet.

mod address_cache;
mod addresses;
mod caller_runs;
mod frame_entry;
mod locator;
mod piece;
mod task;

pub(crate) use addresses::Location;
pub use locator::FrameScope;
pub(crate) use locator::{LocateRequest, Locator, StackPath};
pub(crate) use piece::{Located, LocatedPiece};
pub(crate) use task::{Task, TaskKey};

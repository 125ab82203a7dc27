//! Stage 3: samples to unique raw stacks with their weights.
//!
//! Input: a capture's record regions. Output: [`Folded`]: each different stack of each thread
//! once (once for each part of the walk, while there are few), with how many samples it stands
//! for, and the sideband met on the way.
//!
//! One walk does both. A stack's entry remembers the first and the last time it was seen; only
//! entries in whose time the thread's name or its process's mappings changed are ambiguous, and
//! only their threads are folded again, with the timeline at hand ([`RawStacks::settle`]).

mod census;
mod chain;
mod count;
mod deferred;
mod plan;
mod raw_stacks;
mod readings;
mod request;
mod select;
mod settle;
mod split;
mod stacks;
mod table;
mod weight;
mod worker;

pub use census::{Census, Gap};
pub use chain::{ChainFrame, ChainFrames};
pub use count::{count_of_threads, sample_times};
pub use raw_stacks::RawStacks;
pub use request::FoldRequest;
pub use select::{Selection, TimeRange};
pub use settle::{Block, EpochStack, Settled};
pub use split::{Slicing, Split};
pub use table::{UniqueStack, UserPart};
pub use weight::WeightKind;
pub(crate) use weight::occurrences;
pub use worker::{Folded, fold};

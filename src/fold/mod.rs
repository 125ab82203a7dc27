//! Stage 3: samples to unique raw stacks with their weights.
//!
//! Input: a capture's record regions. Output: [`Folded`]: each different stack of each thread
//! once (once for each part of the walk, while there are few), with how many samples it stands
//! for, and the sideband met on the way.
//!
//! One walk does both. A stack's entry remembers the first and the last time it was seen; only
//! entries in whose time the thread's name or its process's mappings changed are ambiguous, and
//! only their threads are folded again, with the timeline at hand ([`RawStacks::settle`]).

mod behind_chain;
mod census;
mod chain;
mod count;
mod deferred;
mod gaps;
mod packed;
mod plan;
mod raw_stacks;
mod readings;
mod request;
mod select;
mod settle;
mod settled;
mod split;
mod table;
mod unique_stack;
mod visitor;
mod walk;
mod weight;

pub use census::Census;
pub use chain::{ChainFrame, ChainFrames};
pub use count::{count_of_threads, sample_times};
pub use gaps::Gap;
pub use raw_stacks::RawStacks;
pub use request::{FoldRequest, Kept};
pub use select::{Selection, TimeRange};
pub use settled::{Block, EpochStack, Settled};
pub use split::{Slicing, Split};
pub use unique_stack::{StackCopy, UniqueStack, UserPart};
pub use walk::{Folded, fold};
pub use weight::WeightKind;
pub(crate) use weight::occurrences;

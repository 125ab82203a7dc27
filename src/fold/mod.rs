//! Samples become unique raw stacks with their weights.
//!
//! Input: the records of a capture and a [`FoldRequest`]. Output: [`Folded`]: raw stacks, sideband
//! records for the timeline, and a [`Census`] of all records. With the timeline the raw stacks
//! become `Settled`: each with what was true of its thread.
//!
//! Each different stack of each thread is there once (once for each part of the walk, while there are
//! few), with how many samples it stands for and where the first and the last of them stand. Only
//! stacks in whose time the thread's name or its process's mappings changed are ambiguous, and only
//! their threads are folded again, with the timeline at hand.
//!
//! | file | what it does |
//! |---|---|
//! | `request`, `select`, `split` | what is asked for: which samples, what stacks are kept apart by |
//! | `readings` | what events counted that have no samples of their own: a walk before the walk |
//! | `plan` | the request as the visitor needs it, made once for all parts |
//! | `walk` | **the stage**: walks, puts the parts together, folds what was promised |
//! | `part` | **the hot loop**: what is done with each record |
//! | `other_samples` | the same for samples that are only counted |
//! | `plain_sample`, `plain_stacks` | the same for a sample of which only the stack is wanted |
//! | `raw_sideband` | sideband records as a part of the walk finds them |
//! | `wanted_sample` | a sample that is folded |
//! | `chain`, `deferred`, `behind_chain` | where a sample's frames are: in its chain, in a later record, behind the chain |
//! | `event_counts` | samples counted for their event |
//! | `payload_class` | samples of a tracepoint kept apart by what they recorded |
//! | `gaps` | the time that the walk has come to, and stretches that are no record |
//! | `samples` | samples one by one, where they are asked for |
//! | `slice_rows` | what stacks weigh by slice of time, where that is asked for |
//! | `unique_stack`, `packed`, `table` | a stack; many in little memory; which are the same |
//! | `census`, `raw_stacks` | what comes out of the walk |
//! | `settle`, `settled` | what was true of each stack's thread |
//! | `unwinder`, `unwound` | copied stacks become call chains, in a walk of their own |
//! | `stitched` | open calls that a sample's last branches do not reach, joined from earlier samples in a walk of its own |
//! | `count` | walks that only count: times of samples, samples of some threads by slices |

mod behind_chain;
mod census;
mod chain;
mod count;
mod deferred;
mod event_counts;
mod gaps;
mod other_samples;
mod packed;
mod part;
mod payload_class;
mod plain_sample;
mod plain_stacks;
mod plan;
mod raw_sideband;
mod raw_stacks;
mod readings;
mod request;
mod samples;
mod select;
mod settle;
mod settled;
mod slice_rows;
mod split;
mod stitched;
mod table;
#[cfg(test)]
mod table_tests;
mod unique_stack;
mod unwinder;
mod unwound;
mod walk;
mod wanted_sample;
mod weight;

pub use census::{Census, SampleTimes};
pub use gaps::Gap;
pub use payload_class::{PayloadClasses, PayloadClassifier};
pub use request::{FoldRequest, Kept};
pub use select::{Selection, TimeRange};
pub use split::{Slicing, Split};
pub use walk::{Folded, fold};
pub use weight::WeightKind;

pub(crate) use chain::{ChainFrame, ChainFrames};
pub(crate) use count::{count_of_threads, sample_times};
pub(crate) use readings::Readings;
pub(crate) use samples::KeptSample;
pub(crate) use settled::{Block, EpochStack, Settled};
pub(crate) use slice_rows::SliceRow;
pub(crate) use unique_stack::{UniqueStack, UserPart};
pub(crate) use unwound::Unwinding;
pub(crate) use weight::occurrences;

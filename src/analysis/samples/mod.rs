//! Samples one by one, each with its time, its thread and its named stack: for what the stacks alone
//! do not tell, as when something ran, or on which of the threads of one name.
//!
//! A [`Request`](super::Request) with `keeps_samples` gets them beside the stacks of its
//! [`Profile`](super::Profile), of the same samples: those that pass all filters. What they weigh adds
//! up to the profile's total.
//!
//! | file | what it does |
//! |---|---|
//! | `placed` | samples with their threads, before stacks have names |
//! | `sample_rows` | **the result** |
//! | `sampled_thread` | threads with their names, roles and VMs |

mod placed;
mod sample_rows;
mod sampled_thread;

pub(super) use placed::PlacedSamples;
pub(super) use sample_rows::SampleNames;
pub use sample_rows::{SampleRow, Samples};
pub use sampled_thread::SampledThread;

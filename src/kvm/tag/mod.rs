//! Tags of stacks; the procedure is that of [`crate::kvm`].
//!
//! Input: a [`StackView`]. Output: a tag and the frame that decided it.
//!
//! | file | what it does |
//! |---|---|
//! | `tagger` | **the procedure**: of what was found, what decides |
//! | `scan` | one walk over a stack's frames, root first |
//! | `event` | what the sampled event tells before any stack is looked at (`events.tsv`) |
//! | `payload` | what samples of a tracepoint recorded |
//! | `table` | the built-in rows (`frames.tsv`, `threads.tsv`) |
//! | `rules` | rows that a user adds |
//! | `matcher` | how a name finds its row |
//! | `thread_names` | which threads run vCPUs, by name alone |

mod event;
#[cfg(test)]
mod event_tests;
#[cfg(test)]
mod inlined_tests;
mod matcher;
mod payload;
mod rules;
mod scan;
mod table;
mod tagger;
#[cfg(test)]
mod tests;
mod thread_names;
#[cfg(test)]
mod vmm_tests;

pub use payload::payload_classes;
pub(crate) use payload::tag_of_class;
pub use tagger::{StackView, Tagged, Tagger};
pub use thread_names::VcpuThreadNames;

//! Stage 2: sideband to a timeline of processes, threads and mappings.
//!
//! Input: sideband records. Output: a [`Timeline`] that tells, for a process or thread at a time,
//! its name and what lies at an address of its memory.

mod address_space;
mod changes;
mod task_epoch;
mod timeline;

pub use address_space::{AddressSpace, DsoIx, Mapping};
pub use changes::Changes;
pub use task_epoch::{Histories, TaskEpoch};
pub use timeline::{KernelMapping, SidebandItem, Timeline};

//! What a process or thread was, and what its memory held, at a time.
//!
//! Input: sideband records, in any order, and the table of build ids. Output: a [`Timeline`], which
//! tells for a thread at a point of the record order its names and what lies at an address.
//!
//! | file | what it does |
//! |---|---|
//! | `timeline` | **the stage**: replays the records; looks up threads, mappings, kernel objects |
//! | `task_epoch` | what was true of a thread at a time, as positions in its histories |
//! | `address_space` | the mappings of one process at one time |
//! | `kernel_code` | code that the kernel made at run time, over time |
//! | `dso` | mapped objects: which file each is, where and when it was mapped |
//! | `proved_builds` | builds that the machine's files prove |
//! | `kernel_mapping` | where the kernel and its modules lie |
//! | `mount_namespaces` | which processes see other files under the same paths |
//! | `changes` | where two address spaces differ |
//! | `life` | the lives of processes: pids are used again |
//! | `memory` | mapped memory that no file is behind |

mod address_space;
mod changes;
mod dso;
mod kernel_code;
mod kernel_mapping;
mod life;
mod memory;
mod mount_namespaces;
mod proved_builds;
mod task_epoch;
mod timeline;

pub use task_epoch::{TaskEpoch, ThreadLife};
pub use timeline::{SidebandItem, Timeline};

pub(crate) use address_space::{AddressSpace, Mapping};
pub(crate) use changes::Changes;
pub(crate) use dso::{BuildSource, Dso, DsoIx};
pub(crate) use kernel_mapping::KernelMapping;
pub(crate) use life::{Life, LifeIx, Lives};
pub(crate) use memory::{MOVED_AWAY, is_dump, is_memory};
pub(crate) use proved_builds::ProvedBuilds;
pub(crate) use task_epoch::{Histories, KernelEpoch};

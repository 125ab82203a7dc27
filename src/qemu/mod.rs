//! What QEMU, and VMMs like it, tell about their virtual machines.
//!
//! Input: texts that came out of QEMU: hostile like any other file. Output: a [`MemoryMap`], which
//! says what region of a VM answers at a port or a guest-physical address.
//!
//! | file | what it does |
//! |---|---|
//! | `command_line` | which VMM it is, and what it calls its VM: [`CommandLine`] |
//! | `masked` | command lines without passwords and tokens |
//! | `monitors` | where a QEMU listens for QMP |
//! | `memory_map` | what answers at an address: [`MemoryMap`] |
//! | `mtree/` | **`info mtree`**, in all its styles, to a map |
//! | `trace/` | QEMU's own traces of requests to disks |
//! | `qmp` | what is said to QEMU's monitor and what it answers |
//! | `qmp_stats` | KVM's counters, as the monitor tells them |

mod command_line;
mod masked;
mod memory_map;
mod monitors;
mod mtree;
pub mod qmp;
pub mod qmp_stats;
pub mod trace;

pub use command_line::{CommandLine, Vmm};
pub use memory_map::{Bus, Found, MapGaps, MemoryMap, RegionAt};
pub use mtree::NoMap;

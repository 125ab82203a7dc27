//! KVM's own counters of running VMs: from readings to what changed between them.
//!
//! Input: [`HostReading`]s, whoever made them: the kernel's debugfs, QEMU's monitor, counters of
//! tracepoints. Output: [`CounterChanges`]: what each counter of each VM went up by, and what it is.
//!
//! | file | what is in it |
//! |---|---|
//! | `reading` | what counters are at one time |
//! | `change` | what they went up by |
//! | `watch` | readings, one after the other; **begin here** |

mod change;
mod reading;
mod watch;

pub use change::{CounterChange, CounterChanges, HistogramChange, VmChange};
pub use reading::{CounterKind, CounterUnit, HostReading, KvmCounter, LiveVm, VmReading};
pub use watch::CounterWatch;

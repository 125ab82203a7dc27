//! When a process of this machine began.

use std::fs;
use std::path::Path;

use crate::units::Timestamp;

/// Ticks of a second in `/proc/PID/stat`, on all architectures that run KVM.
///
/// Source: `USER_HZ`, include/asm-generic/param.h, Linux 6.18.
pub const USER_HZ: u64 = 100;

/// How long the machine had been up when the process began whose folder in `/proc` this is, down to a
/// tick of [`USER_HZ`]; `None` when it lives no longer.
///
/// Source: the start is the 22nd field, `do_task_stat()`, fs/proc/array.c, Linux 6.18.
pub fn process_start(folder: &Path) -> Option<Timestamp> {
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    // Behind the name, which may hold spaces.
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks: u64 = fields.split(' ').nth(19)?.parse().ok()?;
    let nanos = ticks.checked_mul(1_000_000_000 / USER_HZ)?;
    Some(Timestamp::from_nanos(nanos))
}

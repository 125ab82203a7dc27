//! What was true of a thread at a time.

use super::address_space::AddressSpace;
use super::timeline::NameIx;
use crate::units::Timestamp;

/// What was true of a thread at a time: positions in its and its process's histories.
///
/// Two samples of a thread with equal moments see the same names and mappings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Moment {
    pub(super) epoch: u32,
    pub(super) thread_name: u32,
    pub(super) process_name: u32,
}

impl Moment {
    /// The moment as far as mappings go, whatever the names.
    #[must_use]
    pub fn of_space(self) -> Self {
        Self {
            thread_name: 0,
            process_name: 0,
            ..self
        }
    }
}

/// What a process mapped from a time on.
#[derive(Debug, Default)]
pub(super) struct Epoch {
    pub(super) from: Timestamp,
    pub(super) space: AddressSpace,
    /// Whether it began when the process replaced its program, and so with an empty space.
    pub(super) began_by_exec: bool,
}

/// The histories that a thread's samples are placed in.
#[derive(Clone, Copy, Debug)]
pub struct Histories<'t> {
    pub(super) epochs: &'t [Epoch],
    pub(super) thread_names: &'t [(Timestamp, NameIx)],
    pub(super) process_names: &'t [(Timestamp, NameIx)],
}

impl Histories<'_> {
    /// What was true at a time.
    pub fn moment(&self, time: Timestamp) -> Moment {
        Moment {
            epoch: in_force(self.epochs, |epoch| epoch.from <= time),
            thread_name: in_force(self.thread_names, |&(from, _)| from <= time),
            process_name: in_force(self.process_names, |&(from, _)| from <= time),
        }
    }
}

/// Position of the last entry that holds, or of the first entry when none does: what is known
/// first is taken to have been so before.
fn in_force<T>(history: &[T], holds: impl Fn(&T) -> bool) -> u32 {
    let behind = history.partition_point(holds);
    u32::try_from(behind.saturating_sub(1)).unwrap_or(u32::MAX)
}

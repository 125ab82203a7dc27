//! What was true of a thread at a time.

use super::address_space::AddressSpace;
use crate::units::{RecordOrder, index};

index! {
    /// Index of a thread name in its `Timeline`.
    pub(crate) NameIx
}

/// The time in which the kernel's addresses held the same code, as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct KernelEpoch(pub(super) u32);

/// What was true of a thread at a time: positions in its and its process's histories.
///
/// Two samples of a thread with equal epochs see the same names and mappings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TaskEpoch {
    pub(super) epoch: u32,
    pub(super) kernel: KernelEpoch,
    pub(super) thread_name: u32,
    pub(super) process_name: u32,
}

impl TaskEpoch {
    /// The epoch as far as a process's mappings go, whatever the names and the kernel.
    #[must_use]
    pub(crate) fn of_space(self) -> Self {
        Self {
            kernel: KernelEpoch::default(),
            thread_name: 0,
            process_name: 0,
            ..self
        }
    }

    /// The epoch as far as the kernel's code goes.
    pub(crate) const fn of_kernel(self) -> KernelEpoch {
        self.kernel
    }
}

/// What a process mapped from a time on.
#[derive(Debug, Default)]
pub(super) struct Epoch {
    pub(super) from: RecordOrder,
    pub(super) space: AddressSpace,
    /// Whether it began when the process replaced its program, and so with an empty space.
    pub(super) began_by_exec: bool,
}

/// The name of a thread from a time on.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameSince {
    pub(super) from: RecordOrder,
    pub(super) name: NameIx,
    /// How many threads of its id had begun by then, as far as records tell.
    pub(super) births: u32,
}

impl NameSince {
    /// The thread took the name.
    pub(super) const fn taken(from: RecordOrder, name: NameIx) -> Self {
        Self {
            from,
            name,
            births: 0,
        }
    }

    /// The thread began, with the name of the one that made it.
    pub(super) const fn born(from: RecordOrder, name: NameIx) -> Self {
        Self {
            from,
            name,
            births: 1,
        }
    }

    /// The same behind another one of the same id.
    pub(super) const fn behind(self, before: Option<&Self>) -> Self {
        let births = match before {
            Some(before) => before.births.saturating_add(self.births),
            None => self.births,
        };
        Self { births, ..self }
    }
}

/// Which of the threads of one id it was, and under which name: the kernel uses ids again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ThreadLife {
    /// How many threads of the id had begun, as far as records tell.
    pub births: u32,
    /// How many names threads of the id had had before.
    pub name: u32,
}

/// The histories that a thread's samples are placed in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Histories<'t> {
    pub(super) epochs: &'t [Epoch],
    pub(super) kernel: &'t [Epoch],
    pub(super) thread_names: &'t [NameSince],
    pub(super) process_names: &'t [NameSince],
}

impl Histories<'_> {
    /// What was true at a time.
    pub(crate) fn task_epoch(&self, at: RecordOrder) -> TaskEpoch {
        self.task_epoch_until(at).0
    }

    /// Which of the threads of its id the thread was at a time. One whose parent has no name is taken
    /// for the one before.
    pub(crate) fn life(&self, at: TaskEpoch) -> ThreadLife {
        let position = usize::try_from(at.thread_name).unwrap_or(usize::MAX);
        let names = self.thread_names;
        let then = names.get(position).or(names.last());
        ThreadLife {
            births: then.map_or(0, |since| since.births),
            name: at.thread_name,
        }
    }

    /// What was true at a time, and from when on something else was; `None` when that stayed so.
    pub(crate) fn task_epoch_until(&self, at: RecordOrder) -> (TaskEpoch, Option<RecordOrder>) {
        let name = |name: &NameSince| name.from;
        let (epoch, next_epoch) = in_force(self.epochs, |epoch| epoch.from, at);
        let (kernel, next_kernel) = in_force(self.kernel, |epoch| epoch.from, at);
        let (thread_name, next_thread) = in_force(self.thread_names, name, at);
        let (process_name, next_process) = in_force(self.process_names, name, at);
        let task_epoch = TaskEpoch {
            epoch,
            kernel: KernelEpoch(kernel),
            thread_name,
            process_name,
        };
        let changes = [next_epoch, next_kernel, next_thread, next_process];
        (task_epoch, changes.into_iter().flatten().min())
    }
}

/// Position of the last entry that began by then, or of the first entry when none did: what is
/// known first is taken to have been so before. Then when the entry behind it begins.
fn in_force<T>(
    history: &[T],
    from: impl Fn(&T) -> RecordOrder,
    at: RecordOrder,
) -> (u32, Option<RecordOrder>) {
    let behind = history.partition_point(|entry| from(entry) <= at);
    let position = u32::try_from(behind.saturating_sub(1)).unwrap_or(u32::MAX);
    (position, history.get(behind.max(1)).map(from))
}

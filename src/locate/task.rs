//! The threads whose stacks are located.

use crate::space::TaskEpoch;
use crate::units::{Pid, Tid};

/// The thread of a stack, with what was true of it, and the value that stacks are split by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct TaskKey {
    pub(crate) pid: Pid,
    pub(crate) tid: Tid,
    pub(crate) task_epoch: TaskEpoch,
    /// 0 where stacks are not split by something that has a frame.
    pub(crate) split: u64,
}

/// A thread whose stacks were located.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocatedTask {
    pub(crate) key: TaskKey,
    /// Whether it has samples of a guest.
    pub(crate) has_guest: bool,
}

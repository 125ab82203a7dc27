//! The frames above the call chain.

use std::borrow::Cow;

use crate::fold::Split;
use crate::locate::TaskKey;
use crate::space::{TaskEpoch, Timeline};
use crate::units::{Pid, Tid};

/// The frames above the call chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Grouping {
    /// The thread's name.
    Comm,
    /// The process's name, then the thread's where it differs.
    #[default]
    Process,
    /// The same frames; stacks of threads of one name are not one stack.
    ProcessByThread,
    /// The process with its pid, then the thread with its tid.
    Thread,
    /// The same, then the host CPU.
    ThreadAndCpu,
    /// The host CPU, then the process's and the thread's name.
    Cpu,
    /// The cgroup's path, then the process's and the thread's name.
    Cgroup,
    /// None.
    None,
}

impl Grouping {
    /// Whether threads of one name are kept apart.
    pub(super) const fn is_by_thread(self) -> bool {
        matches!(
            self,
            Self::ProcessByThread | Self::Thread | Self::ThreadAndCpu
        )
    }

    /// Whether a frame tells the process.
    pub(super) const fn tells_process(self) -> bool {
        !matches!(self, Self::Comm | Self::None)
    }

    /// What folding must keep apart for it.
    pub(crate) fn split(self) -> Split {
        match self {
            Self::Cpu | Self::ThreadAndCpu => Split::Cpu,
            Self::Cgroup => Split::Cgroup,
            Self::Comm | Self::Process | Self::ProcessByThread | Self::Thread | Self::None => {
                Split::Nothing
            }
        }
    }
}

/// Names of a process and of one of its threads.
#[derive(Clone, Debug)]
pub(crate) struct TaskNames<'t> {
    pub(crate) process: Cow<'t, str>,
    pub(crate) thread: Cow<'t, str>,
}

impl<'t> TaskNames<'t> {
    /// Names the thread of located stacks.
    pub(super) fn of_task(timeline: &'t Timeline, task: &TaskKey) -> Self {
        Self::of(timeline, task.pid, task.tid, task.task_epoch)
    }

    /// Names a thread as perf shows it, also where the capture tells no name.
    pub(crate) fn of(timeline: &'t Timeline, pid: Pid, tid: Tid, task_epoch: TaskEpoch) -> Self {
        const IDLE: Cow<'_, str> = Cow::Borrowed("swapper");
        let or_number = |name, id| match (name, id) {
            (Some(name), _) => Cow::Borrowed(name),
            (None, 0) => IDLE,
            (None, id) => Cow::Owned(format!(":{id}")),
        };
        if pid == Pid::IDLE && tid.as_i32() == 0 {
            return Self {
                process: IDLE,
                thread: IDLE,
            };
        }
        Self {
            process: or_number(timeline.process_name(pid, task_epoch), pid.as_i32()),
            thread: or_number(timeline.thread_name(tid, task_epoch), tid.as_i32()),
        }
    }
}

/// What a stack was split by, in words; empty when by nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct SplitName(pub(crate) String);

impl SplitName {
    /// Names the value that folding split a stack by.
    pub(crate) fn of(split: Split, value: u64, timeline: &Timeline) -> Self {
        Self(match (split, value) {
            (Split::Nothing, _) => String::new(),
            (Split::Cpu, u64::MAX) => "cpu unknown".to_owned(),
            (Split::Cpu, cpu) => format!("cpu {cpu}"),
            (Split::Cgroup, u64::MAX) => "cgroup unknown".to_owned(),
            (Split::Cgroup, id) => timeline
                .cgroup(id)
                .map_or_else(|| format!("cgroup {id}"), ToOwned::to_owned),
        })
    }
}

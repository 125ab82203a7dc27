//! The frames above the call chain.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};

use crate::fold::Split;
use crate::kvm::VcpuThreadNames;
use crate::locate::{LocatedTask, TaskKey};
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
            (Split::Nothing | Split::Slice(_), _) => String::new(),
            (Split::Cpu, u64::MAX) => "cpu unknown".to_owned(),
            (Split::Cpu, cpu) => format!("cpu {cpu}"),
            (Split::Cgroup, u64::MAX) => "cgroup unknown".to_owned(),
            (Split::Cgroup, id) => timeline
                .cgroup(id)
                .map_or_else(|| format!("cgroup {id}"), ToOwned::to_owned),
        })
    }
}

/// The grouping frames of a stack, root first.
pub(super) fn roots(
    grouping: Grouping,
    task: &TaskKey,
    names: &TaskNames<'_>,
    split: &SplitName,
    vms: &VmNames,
) -> Vec<String> {
    let (pid, tid) = (task.pid, task.tid);
    let (process, thread) = (&*names.process, &*names.thread);
    match grouping {
        Grouping::None => vec![],
        Grouping::Comm => vec![thread.to_owned()],
        Grouping::Cpu | Grouping::Cgroup => {
            let mut roots = vec![split.0.clone(), process.to_owned(), thread.to_owned()];
            roots.dedup();
            roots
        }
        Grouping::Thread => vec![format!("{process}-{pid}"), format!("{thread}-{tid}")],
        Grouping::ThreadAndCpu => vec![
            format!("{process}-{pid}"),
            format!("{thread}-{tid}"),
            split.0.clone(),
        ],
        Grouping::Process | Grouping::ProcessByThread => {
            let shown = if vms.is_ambiguous(process, pid) {
                format!("{process}-{pid}")
            } else {
                process.to_owned()
            };
            if process == thread {
                vec![shown]
            } else {
                vec![shown, thread.to_owned()]
            }
        }
    }
}

/// Names that several VMs share: each of these gets a frame of its own, while other processes of
/// one name share theirs.
#[derive(Debug, Default)]
pub(super) struct VmNames {
    ambiguous: HashSet<(String, Pid)>,
}

impl VmNames {
    /// A VM is a process with guest-mode samples or a thread named as QEMU names its vCPUs. Of each
    /// task it must be known whether it has such samples.
    pub(super) fn find<'t>(
        tasks: impl Iterator<Item = &'t LocatedTask>,
        timeline: &Timeline,
    ) -> Self {
        let vcpu_threads = VcpuThreadNames::new();
        let mut vms: HashMap<String, HashSet<Pid>> = HashMap::new();
        for &LocatedTask { key, has_guest } in tasks {
            let thread = timeline.thread_name(key.tid, key.task_epoch);
            let thread = thread.unwrap_or_default();
            if has_guest || vcpu_threads.contain(thread) {
                let names = TaskNames::of_task(timeline, &key);
                let pids: &mut HashSet<Pid> = vms.entry(names.process.into_owned()).or_default();
                pids.insert(key.pid);
            }
        }
        let several = vms.into_iter().filter(|(_, pids)| pids.len() > 1);
        let ambiguous =
            several.flat_map(|(name, pids)| pids.into_iter().map(move |pid| (name.clone(), pid)));
        Self {
            ambiguous: ambiguous.collect(),
        }
    }

    fn is_ambiguous(&self, process: &str, pid: Pid) -> bool {
        !self.ambiguous.is_empty() && self.ambiguous.contains(&(process.to_owned(), pid))
    }
}

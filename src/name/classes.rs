//! What stacks have in common besides their frames: threads of one name are one class.

use hashbrown::{HashMap, HashSet};

use super::grouping::{Grouping, SplitName, TaskNames};
use super::name_worker::{LocatedBlock, NameWorker};
use super::namer::Namer;
use super::piece::Named;
use super::request::NameRequest;
use super::vm_names::VmNames;
use crate::fold::Split;
use crate::kvm::Tagger;
use crate::locate::{LocatedPiece, LocatedTask, TaskKey};
use crate::parallel::{Shares, in_shares};
use crate::space::ThreadLife;
use crate::stack::FrameIx;
use crate::units::{Cpu, Pid, ThreadId, Tid};

/// What is shown of a thread, and what the tagger wants to know of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Class {
    /// The grouping frames, root first.
    pub(super) roots: Box<[FrameIx]>,
    /// The name of the process.
    pub(super) process: Box<str>,
    /// The name of the thread.
    pub(super) thread: Box<str>,
    /// The cgroup's path; empty when stacks are not split by cgroup.
    pub(super) cgroup: Box<str>,
    /// Whether it is the idle task of a CPU.
    pub(super) is_idle_task: bool,
    /// Whether a stack of the thread shows that it runs a vCPU.
    pub(super) is_vcpu_thread: bool,
    /// The thread itself; `None` where the grouping does not keep threads of one name apart.
    pub(super) spell: Option<ThreadSpell>,
}

/// A thread while it had one name and, where stacks are kept apart by it, one host CPU.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ThreadSpell {
    /// The thread.
    pub thread: ThreadId,
    /// Which of the threads of that id, and under which name.
    pub life: ThreadLife,
    /// The host CPU; `None` where stacks are not kept apart by it, or samples do not tell.
    pub cpu: Option<Cpu>,
}

/// The classes, and for each worker those of its tasks.
pub(super) struct Classes {
    pub(super) list: Vec<Class>,
    pub(super) of_tasks: Vec<Vec<u32>>,
}

impl Classes {
    /// Finds the classes of all tasks. Without a tagger no thread counts as one of a vCPU.
    pub(super) fn of(
        workers: &[NameWorker<'_>],
        namer: &mut Namer<'_>,
        request: &NameRequest,
        vms: &VmNames,
        tagger: Option<&mut Tagger>,
    ) -> Self {
        let vcpus = tagger
            .map(|tagger| {
                tagger.look_up_all(&namer.frames);
                vcpu_threads(workers, namer, tagger)
            })
            .unwrap_or_default();
        let mut list: Vec<Class> = Vec::new();
        let mut known = HashMap::new();
        let mut class_of = |&LocatedTask { key, .. }: &LocatedTask| {
            let is_vcpu_thread = vcpus.contains(&(key.pid, key.tid));
            let class = class(&key, namer, request, vms, is_vcpu_thread);
            *known.entry(class).or_insert_with_key(|class| {
                list.push(class.clone());
                // There are no more classes than stacks, and fewer than 2^32 of them.
                u32::try_from(list.len() - 1).unwrap_or(u32::MAX)
            })
        };
        let of_tasks = workers
            .iter()
            .map(|worker| worker.tasks().iter().map(&mut class_of).collect());
        Self {
            of_tasks: of_tasks.collect(),
            list,
        }
    }
}

fn class(
    task: &TaskKey,
    namer: &mut Namer<'_>,
    request: &NameRequest,
    vms: &VmNames,
    is_vcpu_thread: bool,
) -> Class {
    let timeline = namer.timeline();
    let names = TaskNames::of_task(timeline, task);
    let split = SplitName::of(request.split, task.split, timeline);
    let shown = roots(request.grouping, task, &names, &split, vms);
    let is_by_cgroup = request.split == Split::Cgroup;
    let is_by_cpu = request.split == Split::Cpu;
    let cpu = u32::try_from(task.split).ok().map(Cpu);
    let thread = ThreadId {
        pid: task.pid,
        tid: task.tid,
    };
    let life = timeline.histories(thread).life(task.task_epoch);
    Class {
        roots: shown.iter().map(|root| namer.root(root)).collect(),
        process: names.process.into(),
        thread: names.thread.into(),
        cgroup: if is_by_cgroup { split.0 } else { String::new() }.into(),
        is_idle_task: task.pid == Pid::IDLE,
        is_vcpu_thread,
        spell: request.grouping.is_by_thread().then_some(ThreadSpell {
            thread,
            life,
            cpu: is_by_cpu.then_some(cpu).flatten(),
        }),
    }
}

/// The grouping frames of a stack, root first.
fn roots(
    grouping: Grouping,
    task: &TaskKey,
    names: &TaskNames<'_>,
    split: &SplitName,
    vms: &VmNames,
) -> Vec<String> {
    let (pid, tid) = (task.pid, task.tid);
    let (process, thread) = (&*names.process, &*names.thread);
    let shown = || vms.process(process, pid);
    let with_pid = || vms.process_with_pid(process, pid);
    match grouping {
        Grouping::None => vec![],
        Grouping::Comm => vec![thread.to_owned()],
        Grouping::Cpu | Grouping::Cgroup => {
            let mut roots = vec![split.0.clone(), shown()];
            if process != thread {
                roots.push(thread.to_owned());
            }
            roots
        }
        Grouping::Thread => vec![with_pid(), format!("{thread}-{tid}")],
        Grouping::ThreadAndCpu => {
            vec![with_pid(), format!("{thread}-{tid}"), split.0.clone()]
        }
        Grouping::Process | Grouping::ProcessByThread if process == thread => vec![shown()],
        Grouping::Process | Grouping::ProcessByThread => vec![shown(), thread.to_owned()],
    }
}

/// Threads that run a vCPU: what one stack of a thread shows holds for all.
fn vcpu_threads(
    workers: &[NameWorker<'_>],
    namer: &Namer<'_>,
    tagger: &mut Tagger,
) -> HashSet<(Pid, Tid)> {
    let frames = u32::try_from(namer.frames.len()).unwrap_or(u32::MAX);
    let marks: Vec<bool> = (0..frames)
        .map(|ix| tagger.marks_vcpu(FrameIx(ix)))
        .collect();
    let mut vcpus = HashSet::new();
    let timeline = namer.timeline();
    for &LocatedTask { key, has_guest } in workers.iter().flat_map(NameWorker::tasks) {
        let names = TaskNames::of_task(timeline, &key);
        // Samples of a guest are taken on the thread that runs it.
        if has_guest || tagger.is_vcpu_name(&names.thread) {
            vcpus.insert((key.pid, key.tid));
        }
    }
    if marks.contains(&true) {
        let marked = |workers: &[NameWorker<'_>]| marked_threads(workers, &marks);
        let shares = Shares {
            threads: workers.len(),
            least: 1,
        };
        vcpus.extend(in_shares(workers, shares, marked).into_iter().flatten());
    }
    vcpus
}

/// Threads that have a stack with one of the marked frames.
fn marked_threads(workers: &[NameWorker<'_>], marks: &[bool]) -> Vec<(Pid, Tid)> {
    let is_marked = |frame: &FrameIx| marks[frame.as_usize()];
    let mut threads = Vec::new();
    for worker in workers {
        let runs = worker.runs().iter().map(|run| run.iter().any(is_marked));
        let runs: Vec<bool> = runs.collect();
        let mut tasks = vec![false; worker.tasks().len()];
        let is_vcpu = |piece: &LocatedPiece| match worker.name(*piece).get() {
            Named::Frame(frame) => is_marked(&frame),
            Named::Run(run) => runs[run],
        };
        for (path, pieces) in worker.blocks.iter().flat_map(LocatedBlock::iter) {
            tasks[path.task as usize] |= pieces.iter().any(is_vcpu);
        }
        let marked = worker
            .tasks()
            .iter()
            .zip(tasks)
            .filter(|&(_, is_vcpu)| is_vcpu);
        threads.extend(marked.map(|(&LocatedTask { key, .. }, _)| (key.pid, key.tid)));
    }
    threads
}

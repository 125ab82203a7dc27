//! A profile as a recording.

use std::collections::BTreeMap;

use super::exits::{KindsOfExits, NamedExits, ThreadExit};
use super::told::facts;
use crate::analysis::samples::{SampledThread, Samples};
use crate::analysis::threads::ThreadRole;
use crate::analysis::{Profile, Request};
use crate::kvm::exit::Task;
use crate::output::{SampledExit, ThreadOfRecording, ViewedRecording, ViewedSample};
use crate::perf::Capture;
use crate::stack::{CallTree, NodeIx};
use crate::units::{Pid, ThreadId, Tid};

/// What a recording is made of.
#[derive(Clone, Copy, Debug)]
pub struct RecordingSource<'r> {
    /// The capture.
    pub capture: &'r Capture,
    /// Its profile, with samples.
    pub profile: &'r Profile,
    /// What was asked for.
    pub request: &'r Request,
    /// The exits; `None` where the capture has none.
    pub exits: Option<NamedExits<'r>>,
    /// What VMs are called, as far as it is known.
    pub vm_names: &'r BTreeMap<Pid, String>,
    /// The name of the capture, and of its host.
    pub title: &'r str,
}

/// A profile with its samples as viewers take them. `tree` and `leaves` are those of the profile.
pub fn recording<'r>(
    source: RecordingSource<'r>,
    tree: &'r CallTree,
    leaves: &[NodeIx],
) -> ViewedRecording<'r> {
    let profile = source.profile;
    let nothing = Samples::default();
    let samples = profile.samples.as_ref().unwrap_or(&nothing);
    let KindsOfExits { kinds, exits } = source.exits.map(KindsOfExits::of).unwrap_or_default();
    let numbered = NumberedThreads::of(samples, &exits, source);
    let mut exits: Vec<SampledExit> = exits
        .into_iter()
        .filter_map(|found| {
            let thread = numbered.of_task(found.task)?;
            Some(SampledExit {
                thread,
                ..found.exit
            })
        })
        .collect();
    exits.sort_by_key(|exit| (exit.thread, exit.start));
    let mut under_way = ExitsUnderWay::of(&exits, numbered.threads.len());
    let viewed = samples.iter().filter_map(|row| {
        let thread = numbered.of_sampled(row.thread)?;
        let at = samples.time(row);
        Some(ViewedSample {
            at,
            node: leaves.get(row.stack as usize).copied()?,
            thread,
            cpu: row.cpu(),
            weight: row.weight,
            period: row.period,
            exit: at.and_then(|at| under_way.kind_at(&exits, thread, at.as_nanos())),
        })
    });
    let samples = viewed.collect();
    ViewedRecording {
        facts: facts(source.capture, profile, source.request, source.title),
        frames: &profile.frames,
        tree,
        threads: numbered.threads,
        samples,
        exit_kinds: kinds,
        exits,
    }
}

/// The threads of a recording, in the order of their processes and ids.
struct NumberedThreads {
    threads: Vec<ThreadOfRecording>,
    /// The number of each thread with samples.
    of_sampled: Vec<Option<u32>>,
    /// Those of threads with exits.
    of_task: BTreeMap<Tid, u32>,
}

impl NumberedThreads {
    fn of(samples: &Samples, exits: &[ThreadExit], source: RecordingSource<'_>) -> Self {
        let mut is_used = vec![false; samples.threads().len()];
        for row in samples.iter() {
            if let Some(is_used) = is_used.get_mut(row.thread as usize) {
                *is_used = true;
            }
        }
        let mut numbered = Self {
            threads: Vec::new(),
            of_sampled: Vec::new(),
            of_task: BTreeMap::new(),
        };
        for (thread, is_used) in samples.threads().iter().zip(is_used) {
            let number = u32::try_from(numbered.threads.len()).ok();
            let number = number.filter(|_| is_used);
            numbered.of_sampled.push(number);
            if let Some(number) = number {
                numbered.threads.push(of_sampled(thread, source));
                // Of threads that had one id, the last one: exits tell no more than the id.
                numbered.of_task.insert(thread.thread.tid, number);
            }
        }
        for exit in exits {
            let Ok(number) = u32::try_from(numbered.threads.len()) else {
                continue;
            };
            let known = numbered.of_task.entry(exit.task.tid);
            known.or_insert_with(|| {
                numbered.threads.push(of_task(exit.task, source));
                number
            });
        }
        for (&tid, &number) in &numbered.of_task {
            let vcpu = vcpu_of(tid, source);
            if let Some(thread) = numbered.threads.get_mut(number as usize) {
                thread.vcpu = thread.vcpu.or(vcpu);
            }
        }
        numbered
    }

    fn of_sampled(&self, thread: u32) -> Option<u32> {
        self.of_sampled.get(thread as usize).copied().flatten()
    }

    fn of_task(&self, task: Task) -> Option<u32> {
        self.of_task.get(&task.tid).copied()
    }
}

/// A thread that has samples.
fn of_sampled(thread: &SampledThread, source: RecordingSource<'_>) -> ThreadOfRecording {
    let vm = thread.vm.map(|pid| vm_name(pid, source));
    ThreadOfRecording {
        thread: thread.thread,
        name: thread.name.clone(),
        process: thread.process.clone(),
        vm,
        vcpu: match thread.role {
            ThreadRole::Vcpu(number) => number,
            ThreadRole::Emulator | ThreadRole::IoThread | ThreadRole::Vhost | ThreadRole::Host => {
                None
            }
        },
        role: match thread.role {
            ThreadRole::Vcpu(_) => "vcpu",
            ThreadRole::Emulator => "emulator",
            ThreadRole::IoThread => "iothread",
            ThreadRole::Vhost => "vhost",
            ThreadRole::Host => "host",
        },
    }
}

/// A thread of which there are exits alone.
fn of_task(task: Task, source: RecordingSource<'_>) -> ThreadOfRecording {
    let names = source.exits.map(|exits| &exits.recorded.names);
    let name = |id: i32| {
        let known = names.and_then(|names| names.get(&Tid::new(id)));
        known.cloned().unwrap_or_else(|| format!(":{id}"))
    };
    let pid = task.pid.unwrap_or(Pid::new(task.tid.as_i32()));
    ThreadOfRecording {
        thread: ThreadId { pid, tid: task.tid },
        name: name(task.tid.as_i32()),
        process: name(pid.as_i32()),
        vm: task.pid.map(|pid| vm_name(pid, source)),
        vcpu: None,
        role: "vcpu",
    }
}

/// The number of the vCPU that exits tell of a thread.
fn vcpu_of(tid: Tid, source: RecordingSource<'_>) -> Option<u32> {
    let vcpus = source.exits?.recorded.survey.vcpus();
    vcpus.iter().find(|vcpu| vcpu.task.tid == tid)?.vcpu
}

/// What a VM is called: its own name, or else that of its process with the pid.
fn vm_name(pid: Pid, source: RecordingSource<'_>) -> String {
    if let Some(name) = source.vm_names.get(&pid) {
        return name.clone();
    }
    let samples = source.profile.samples.as_ref();
    let mut threads = samples.map(Samples::threads).unwrap_or_default().iter();
    let main = threads.find(|thread| thread.thread.pid == pid);
    match main {
        Some(main) => format!("{} {pid}", main.process),
        None => format!("VM {pid}"),
    }
}

/// The exit that each thread is in, for times that go on.
struct ExitsUnderWay {
    /// Of each thread the first exit that has not ended, and where its exits end.
    next: Vec<[usize; 2]>,
}

impl ExitsUnderWay {
    fn of(exits: &[SampledExit], threads: usize) -> Self {
        let mut next = vec![[0, 0]; threads];
        for (at, exit) in exits.iter().enumerate() {
            if let Some([first, end]) = next.get_mut(exit.thread as usize) {
                if *end == 0 {
                    *first = at;
                }
                *end = at + 1;
            }
        }
        Self { next }
    }

    /// The kind of the exit that a thread is in at a time, which is not before that of the last call
    /// for the thread. Both ends belong to it: at one `kvm_exit` is sampled, at the other
    /// `kvm_entry`.
    fn kind_at(&mut self, exits: &[SampledExit], thread: u32, at: u64) -> Option<u32> {
        let [next, end] = self.next.get_mut(thread as usize)?;
        let own = exits.get(..*end)?;
        while let Some(exit) = own.get(*next)
            && exit.start.as_nanos().saturating_add(exit.nanos) < at
        {
            *next += 1;
        }
        let exit = own.get(*next)?;
        (exit.start.as_nanos() <= at).then_some(exit.kind)
    }
}

//! A recording: samples with their threads, exits of VMs.

use crate::stack::{CallTree, FrameTable, NodeIx, Tag};
use crate::units::{Cpu, ThreadId, Timestamp};

/// What numbers of a recording count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SampleUnit {
    /// Nanoseconds of a clock.
    Nanoseconds,
    /// Occurrences of what has this name: an event, samples.
    Count(String),
}

/// What is said of a recording as a whole.
#[derive(Clone, Debug)]
pub struct RecordingFacts {
    /// The name of the capture, and of its host.
    pub title: String,
    /// The name of the sampled event.
    pub event: String,
    /// What periods count.
    pub period_unit: SampleUnit,
    /// What weights count: samples, or what periods do.
    pub weight_unit: SampleUnit,
    /// Whether each sample is one; where exits are drawn only weights mean something.
    pub counts_samples: bool,
    /// What else is known, a line each: host, kernel, command line, totals.
    pub comments: Vec<String>,
}

/// A thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThreadOfRecording {
    /// Its process and its id.
    pub thread: ThreadId,
    /// Its name.
    pub name: String,
    /// The name of its process.
    pub process: String,
    /// What the VM is called that it belongs to or works for; `None` of the host's other threads.
    pub vm: Option<String>,
    /// The number of the vCPU that it runs; `None` when it runs none, or that is not told.
    pub vcpu: Option<u32>,
    /// What it does, in one word.
    pub role: &'static str,
}

/// A sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ViewedSample {
    /// When; `None` where samples carry no times: of all or of none.
    pub at: Option<Timestamp>,
    /// Where its stack ends in the call tree.
    pub node: NodeIx,
    /// The position of its thread; `u32::MAX` where threads are frames of the stack.
    pub thread: u32,
    /// The host CPU; `None` where samples do not tell it.
    pub cpu: Option<Cpu>,
    /// What it weighs.
    pub weight: u64,
    /// What it stands for, in occurrences of its event.
    pub period: u64,
    /// The position of the kind of exit that its thread was in; `None` outside of exits, and where
    /// those were not recorded.
    pub exit: Option<u32>,
}

/// What exits have in common that differ in nothing but time and place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KindOfExit {
    /// Why the guest stopped.
    pub reason: String,
    /// What it reached, and which way: `port 0x608 read`; `None` for nothing, and where that was not
    /// recorded.
    pub reached: Option<String>,
    /// The device behind that, with a question mark where it is assumed.
    pub device: Option<String>,
    /// What the exit is about.
    pub tag: Tag,
}

/// An exit of a VM, from `kvm_exit` to the entry that follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SampledExit {
    /// The position of its thread.
    pub thread: u32,
    /// The position of its kind.
    pub kind: u32,
    /// When the guest stopped.
    pub start: Timestamp,
    /// How long until it went on, in nanoseconds.
    pub nanos: u64,
    /// The part of it in the host's kernel, in nanoseconds.
    pub kernel_nanos: u64,
    /// The part of it in the VMM, in nanoseconds.
    pub vmm_nanos: u64,
    /// The guest's instruction pointer; `None` where it was not recorded.
    pub rip: Option<u64>,
}

/// Samples with their threads, exits of VMs.
#[derive(Clone, Debug)]
pub struct ViewedRecording<'r> {
    /// What is said of it as a whole.
    pub facts: RecordingFacts,
    /// Frames.
    pub frames: &'r FrameTable,
    /// The call tree of all samples: its weights are theirs.
    pub tree: &'r CallTree,
    /// Threads, in the order of process and thread; all have samples or exits.
    pub threads: Vec<ThreadOfRecording>,
    /// Samples in the order of time.
    pub samples: Vec<ViewedSample>,
    /// Kinds of exits.
    pub exit_kinds: Vec<KindOfExit>,
    /// Exits by thread, those of each in the order of time; empty where none were recorded.
    pub exits: Vec<SampledExit>,
}

impl ThreadOfRecording {
    /// The name, with the thread's id.
    pub(in crate::output) fn label(&self) -> String {
        format!("{} {}", self.name, self.thread.tid)
    }

    /// The name of the process, with its id.
    pub(in crate::output) fn process_label(&self) -> String {
        format!("{} {}", self.process, self.thread.pid)
    }
}

impl ViewedRecording<'_> {
    /// The first and the last time; `None` without times.
    pub fn times(&self) -> Option<(Timestamp, Timestamp)> {
        let of_samples = self.samples.iter().filter_map(|sample| sample.at);
        let ends = |exit: &SampledExit| {
            let end = exit.start.as_nanos().saturating_add(exit.nanos);
            [exit.start, Timestamp::from_nanos(end)]
        };
        let all = of_samples.chain(self.exits.iter().flat_map(ends));
        all.fold(None, |known: Option<(Timestamp, Timestamp)>, at| {
            let (first, last) = known.unwrap_or((at, at));
            Some((first.min(at), last.max(at)))
        })
    }

    /// The kind of a position.
    pub(in crate::output) fn kind(&self, kind: u32) -> Option<&KindOfExit> {
        self.exit_kinds.get(kind as usize)
    }
}

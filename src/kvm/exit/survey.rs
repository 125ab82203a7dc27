//! All exits of a source: paired, and added up by what was asked for.

use std::cmp::Reverse;

use hashbrown::HashMap;

use super::counts::{HaltCounts, PairingCounts};
use super::dimension::Dimension;
use super::finished::{Ending, Finding, FinishedExit};
use super::host_event::HostEvent;
use super::pairing::ThreadPairing;
use super::recorded::Recorded;
use super::stats::{ExitStats, TimeBasis};
use super::task::Task;
use super::view::View;
use crate::fold::TimeRange;
use crate::units::{Cpu, Tid, Timestamp};

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SurveyRequest {
    /// What the rows of each view are told apart by.
    pub views: Vec<Vec<Dimension>>,
    /// Which time of an exit is meant.
    pub basis: TimeBasis,
    /// How many of the slowest exits are kept.
    pub slowest: usize,
    /// Which exits.
    pub filter: SurveyFilter,
}

/// Which exits are wanted, by their `kvm_exit`. Empty lists want all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SurveyFilter {
    /// Host CPUs.
    pub cpus: Vec<Cpu>,
    /// Times.
    pub times: Vec<TimeRange>,
}

impl SurveyFilter {
    fn takes(&self, moment: Moment) -> bool {
        let is_in = |range: &TimeRange| (range.first..=range.last).contains(&moment.at);
        (self.cpus.is_empty() || moment.cpu.is_some_and(|cpu| self.cpus.contains(&cpu)))
            && (self.times.is_empty() || self.times.iter().any(is_in))
    }
}

/// When and where something happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// On which CPU; `None` when the source does not say.
    pub cpu: Option<Cpu>,
    /// In which thread.
    pub task: Task,
}

/// One of the slowest exits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlowExit {
    /// Its thread.
    pub task: Task,
    /// The exit.
    pub exit: FinishedExit,
}

/// What is known of a vCPU.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VcpuSummary {
    /// Its thread.
    pub task: Task,
    /// Its number in its VM; `None` where none was recorded.
    pub vcpu: Option<u32>,
    /// What became of its exits and entries.
    pub counts: PairingCounts,
    /// What its halts did.
    pub halts: HaltCounts,
    /// Time in the guest, in nanoseconds.
    pub guest_ns: u64,
}

/// All exits of a source: paired, and added up by what was asked for.
///
/// Occurrences come in by [`Self::take`], those of one thread in order of time; parts of which each
/// took the occurrences of other threads are put together by [`Self::merge`].
#[derive(Clone, Debug)]
pub struct ExitSurvey {
    request: SurveyRequest,
    recorded: Recorded,
    open: HashMap<Tid, OpenThread>,
    vcpus: Vec<VcpuSummary>,
    views: Vec<View>,
    slowest: Vec<SlowExit>,
}

#[derive(Clone, Debug)]
struct OpenThread {
    task: Task,
    pairing: ThreadPairing,
}

impl ExitSurvey {
    /// A survey of nothing yet. `recorded` says what the source records: what is missing then is not
    /// zero but unknown.
    pub fn new(request: &SurveyRequest, recorded: Recorded) -> Self {
        let views = request.views.iter();
        Self {
            request: request.clone(),
            recorded,
            open: HashMap::new(),
            vcpus: Vec::new(),
            views: views.map(|by| View::new(by, request.basis)).collect(),
            slowest: Vec::new(),
        }
    }

    /// Takes the next occurrence.
    pub fn take(&mut self, moment: Moment, event: &HostEvent) {
        if let HostEvent::SchedSwitch {
            prev_tid,
            prev_state,
            next_tid,
            ..
        } = event
        {
            if let Some(thread) = self.open.get_mut(prev_tid) {
                thread
                    .pairing
                    .switch_out(moment.at, is_runnable(*prev_state));
            }
            if let Some(thread) = self.open.get_mut(next_tid) {
                thread.pairing.switch_in(moment.at);
            }
            return;
        }
        let task = moment.task;
        let is_other = |thread: &OpenThread| thread.task.pid != task.pid;
        if self.open.get(&task.tid).is_some_and(is_other) {
            // The kernel gave the id to a thread of another process.
            let ended = self.open.remove(&task.tid);
            ended.into_iter().for_each(|thread| self.end_thread(thread));
        }
        let recorded = self.recorded;
        let thread = self.open.entry(task.tid).or_insert_with(|| OpenThread {
            task,
            pairing: ThreadPairing::new(recorded),
        });
        let (views, slowest, request) = (&mut self.views, &mut self.slowest, &self.request);
        let is_wanted = request.filter.takes(moment);
        thread
            .pairing
            .take(moment.at, event, is_wanted, &mut |finding| {
                keep(views, slowest, request, task, finding);
            });
    }

    fn end_thread(&mut self, mut thread: OpenThread) {
        let (views, slowest, request) = (&mut self.views, &mut self.slowest, &self.request);
        let task = thread.task;
        thread.pairing.end(&mut |finding| {
            keep(views, slowest, request, task, finding);
        });
        let ThreadPairing {
            vcpu,
            counts,
            halts,
            guest_ns,
            ..
        } = thread.pairing;
        if counts.exits > 0 || counts.entries > 0 {
            self.vcpus.push(VcpuSummary {
                task,
                vcpu,
                counts,
                halts,
                guest_ns,
            });
        }
    }

    /// There are no more occurrences.
    pub fn end(&mut self) {
        let mut open: Vec<OpenThread> = self.open.drain().map(|(_, thread)| thread).collect();
        open.sort_unstable_by_key(|thread| thread.task);
        open.into_iter().for_each(|thread| self.end_thread(thread));
        self.vcpus.sort_by_key(|vcpu| vcpu.task);
    }

    /// Adds what another survey of the same request found in other threads. Both have ended.
    pub fn merge(&mut self, other: Self) {
        self.vcpus.extend(other.vcpus);
        self.vcpus.sort_by_key(|vcpu| vcpu.task);
        for (own, others) in self.views.iter_mut().zip(&other.views) {
            own.merge(others);
        }
        self.slowest.extend(other.slowest);
        keep_slowest(&mut self.slowest, &self.request);
    }

    /// What was asked for.
    pub fn request(&self) -> &SurveyRequest {
        &self.request
    }

    /// What the source records.
    pub const fn recorded(&self) -> Recorded {
        self.recorded
    }

    /// The views, in the order of the request.
    pub fn views(&self) -> &[View] {
        &self.views
    }

    /// The vCPUs, by their threads.
    pub fn vcpus(&self) -> &[VcpuSummary] {
        &self.vcpus
    }

    /// The slowest exits, the slowest first.
    pub fn slowest(&self) -> &[SlowExit] {
        &self.slowest
    }

    /// What became of all exits and entries.
    pub fn counts(&self) -> PairingCounts {
        let mut sum = PairingCounts::default();
        self.vcpus.iter().for_each(|vcpu| sum.add(&vcpu.counts));
        sum
    }

    /// What all halts did.
    pub fn halts(&self) -> HaltCounts {
        let mut sum = HaltCounts::default();
        self.vcpus.iter().for_each(|vcpu| sum.add(&vcpu.halts));
        sum
    }

    /// All exits, added up; nothing when no view was asked for.
    pub fn total(&self) -> ExitStats {
        self.views
            .first()
            .map_or_else(ExitStats::default, View::total)
    }
}

/// Whether a thread that stops running could have gone on: no bit of a state that waits is set. The
/// bit that marks it as made to stop lies above them.
///
/// Source: `__trace_sched_switch_state()`, include/trace/events/sched.h, `TASK_REPORT`,
/// include/linux/sched.h, Linux 4.14 to 6.18.
const fn is_runnable(prev_state: u64) -> bool {
    prev_state & 0xff == 0
}

/// Adds a finding to what is kept.
fn keep(
    views: &mut [View],
    slowest: &mut Vec<SlowExit>,
    request: &SurveyRequest,
    task: Task,
    finding: &Finding<'_>,
) {
    views.iter_mut().for_each(|view| view.add(task, finding));
    let Finding::Exit(exit) = finding else {
        return;
    };
    if exit.ending != Ending::Entry {
        return;
    }
    let slow = SlowExit { task, exit: **exit };
    let rank = |slow: &SlowExit| rank_of(slow, request.basis);
    let is_one = slowest.len() < request.slowest
        || slowest.last().is_some_and(|last| rank(&slow) < rank(last));
    if is_one {
        slowest.push(slow);
        keep_slowest(slowest, request);
    }
}

/// By its time, the longest first; then by when it began.
fn rank_of(slow: &SlowExit, basis: TimeBasis) -> (Reverse<u64>, Timestamp, Task) {
    let taken = basis.of(&slow.exit.parts);
    (Reverse(taken), slow.exit.start, slow.task)
}

fn keep_slowest(slowest: &mut Vec<SlowExit>, request: &SurveyRequest) {
    slowest.sort_by_key(|slow| rank_of(slow, request.basis));
    slowest.truncate(request.slowest);
}

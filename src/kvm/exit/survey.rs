//! All exits of a source: paired, and added up by what was asked for.

use hashbrown::HashMap;

use super::counts::{HaltCounts, PairingCounts};
use super::dimension::Dimension;
use super::host_event::HostEvent;
use super::pairing::ThreadPairing;
use super::recorded::Recorded;
use super::request::{Moment, SurveyRequest};
use super::stats::ExitStats;
use super::tables::{ExitTables, SlowExit};
use super::task::Task;
use super::view::View;
use crate::units::Tid;

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
/// Occurrences come in by [`Self::take`], those of one thread in order of time. What was paired
/// elsewhere comes in by [`Self::add_tables`] and [`Self::add_thread`]; surveys of other threads by
/// [`Self::merge`].
#[derive(Clone, Debug)]
pub struct ExitSurvey {
    request: SurveyRequest,
    recorded: Recorded,
    open: HashMap<Tid, OpenThread>,
    vcpus: Vec<VcpuSummary>,
    tables: ExitTables,
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
        Self {
            request: request.clone(),
            recorded,
            open: HashMap::new(),
            vcpus: Vec::new(),
            tables: ExitTables::new(request),
        }
    }

    /// Takes the next occurrence.
    pub fn take(&mut self, moment: Moment, event: &HostEvent) {
        let is_wanted = self.request.filter.takes(moment);
        if let HostEvent::SchedSwitch {
            prev_tid, next_tid, ..
        } = event
        {
            for tid in [prev_tid, next_tid] {
                if let Some(thread) = self.open.get_mut(tid) {
                    thread
                        .pairing
                        .take(moment.at, event, is_wanted, &mut |_| {});
                }
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
            pairing: ThreadPairing::new(task.tid, recorded),
        });
        let tables = &mut self.tables;
        thread
            .pairing
            .take(moment.at, event, is_wanted, &mut |finding| {
                tables.add(task, finding);
            });
    }

    /// Numbers the stack that stands for the time in the kernel of the exit that a thread is in.
    pub fn set_kernel_stack(&mut self, tid: Tid, stack: u32) {
        if let Some(thread) = self.open.get_mut(&tid) {
            thread.pairing.set_kernel_stack(stack);
        }
    }

    fn end_thread(&mut self, mut thread: OpenThread) {
        let (task, tables) = (thread.task, &mut self.tables);
        thread.pairing.end(&mut |finding| tables.add(task, finding));
        self.add_thread(task, &thread.pairing);
    }

    /// There are no more occurrences.
    pub fn end(&mut self) {
        let mut open: Vec<OpenThread> = self.open.drain().map(|(_, thread)| thread).collect();
        open.sort_unstable_by_key(|thread| thread.task);
        open.into_iter().for_each(|thread| self.end_thread(thread));
        self.vcpus.sort_by_key(|vcpu| vcpu.task);
        self.tables.keep_slowest();
    }

    /// Adds a thread that has ended and whose findings are in tables.
    pub fn add_thread(&mut self, task: Task, pairing: &ThreadPairing) {
        let ThreadPairing {
            vcpu,
            counts,
            halts,
            guest_ns,
            is_vcpu,
            ..
        } = *pairing;
        if is_vcpu {
            self.vcpus.push(VcpuSummary {
                task,
                vcpu,
                counts,
                halts,
                guest_ns,
            });
        }
    }

    /// Adds a thread that is known to run a vCPU by something else, unless it is there already.
    pub fn add_vcpu(&mut self, task: Task) {
        if self.vcpus.iter().all(|vcpu| vcpu.task.tid != task.tid) {
            self.vcpus.push(VcpuSummary {
                task,
                vcpu: None,
                counts: PairingCounts::default(),
                halts: HaltCounts::default(),
                guest_ns: 0,
            });
            self.vcpus.sort_by_key(|vcpu| vcpu.task);
        }
    }

    /// Adds what was found elsewhere.
    pub fn add_tables(&mut self, tables: &ExitTables) {
        self.tables.merge(tables);
    }

    /// Adds what another survey of the same request found in other threads. Both have ended.
    pub fn merge(&mut self, other: Self) {
        self.vcpus.extend(other.vcpus);
        self.vcpus.sort_by_key(|vcpu| vcpu.task);
        self.tables.merge(&other.tables);
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
        &self.tables.views
    }

    /// The view that tells exits apart by these dimensions; `None` where it was not asked for.
    pub fn view(&self, dimensions: &[Dimension]) -> Option<&View> {
        let mut views = self.tables.views.iter();
        views.find(|view| view.dimensions() == dimensions)
    }

    /// Adds the views by VM that views by vCPU tell as well, unless they are there. To add rows up
    /// takes less than to find a row of each for every exit.
    pub fn add_views_by_vm(&mut self) {
        let views = &self.tables.views;
        let by_vcpu = views
            .iter()
            .filter(|view| view.dimensions().contains(&Dimension::Vcpu));
        let by_vm: Vec<View> = by_vcpu.map(View::by_vm).collect();
        for view in by_vm {
            if self.view(view.dimensions()).is_none() {
                self.tables.views.push(view);
            }
        }
    }

    /// The vCPUs, by their threads.
    pub fn vcpus(&self) -> &[VcpuSummary] {
        &self.vcpus
    }

    /// The slowest exits, the slowest first.
    pub fn slowest(&self) -> &[SlowExit] {
        &self.tables.slowest
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
        self.tables
            .views
            .first()
            .map_or_else(ExitStats::default, View::total)
    }
}

//! What comes of counting.

use std::collections::{BTreeMap, BTreeSet};

use super::owner::VmOwner;
use super::series::{OccurrenceSeries, SeriesKey, Stretches};
use crate::analysis::exits::{ExitOrigin, TracepointCount};
use crate::analysis::vms::VmProcess;
use crate::loss::Tally;
use crate::tracepoint::Formats;
use crate::units::{Pid, Timestamp};

/// How often events occurred, by VM and over time.
#[derive(Debug)]
pub struct EventStat {
    /// The occurrences.
    pub series: BTreeMap<SeriesKey, OccurrenceSeries>,
    /// Names of the events, each once: `kvm:kvm_exit`.
    pub names: Vec<String>,
    /// The stretches of time; `None` where no times are told.
    pub stretches: Option<Stretches>,
    /// Times of the first and the last event of any kind; `None` where no times are told.
    pub times: Option<(Timestamp, Timestamp)>,
    /// How much of that time is asked for, in nanoseconds.
    pub span_ns: u64,
    /// Names of the main threads of processes.
    pub process_names: BTreeMap<Pid, String>,
    /// What values are called.
    pub formats: Formats,
    /// All events of the source with their samples.
    pub events: Vec<TracepointCount>,
    /// What became of the samples: those that are counted here are the folded ones.
    pub tally: Tally,
    /// Names of events of which a sample stands for more than one occurrence, by its period. A fixed
    /// period that samples tell themselves is 1: the kernel then records every occurrence of a
    /// tracepoint, whatever period was asked for (`perf_swevent_event()`, kernel/events/core.c, Linux
    /// 6.18).
    pub by_period: Vec<String>,
    /// Names of events of which not every occurrence was recorded, and nothing tells how many.
    pub unweighted: Vec<String>,
    /// Names of events that were not sampled, but counted with their group: what they counted since
    /// the leader's sample before goes to the thread that its next one finds.
    pub by_group: Vec<String>,
    /// Records of counts that `perf stat record` wrote, which are no samples and are not read.
    pub stat_records: u64,
    /// Names of events that were recorded more than once; the first of them is counted.
    pub repeated: Vec<String>,
    /// Samples that do not tell why, though they are to be told apart by that.
    pub undecoded: u64,
    /// What they were read from, with what only that can say.
    pub origin: ExitOrigin,
    /// The clock of its times where that counts no nanoseconds; then no times are told.
    pub foreign_clock: Option<String>,
}

impl EventStat {
    /// The processes that run vCPUs, as far as events of them were counted.
    pub fn vm_processes(&self) -> Vec<VmProcess> {
        let mut pids: Vec<Pid> = self
            .series
            .keys()
            .filter_map(|key| match key.owner {
                VmOwner::Vm(pid) => Some(pid),
                VmOwner::Outside | VmOwner::Untold => None,
            })
            .collect();
        pids.dedup();
        let process = |pid| VmProcess {
            pid,
            main_thread: self.process_names.get(&pid).cloned(),
            vcpus: BTreeSet::new(),
        };
        pids.into_iter().map(process).collect()
    }
}

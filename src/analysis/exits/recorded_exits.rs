//! The exits of a capture.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::basics::{Basics, Row};
use super::host_times::{HostFinding, HostTimes, schedule_of_all};
use super::join::{Joined, join};
use super::pair::{Paired, RowPairing, ThreadRows};
use super::request::ExitRequest;
use super::rounds::RoundPairing;
use super::rows::{Gathering, RowPart};
use super::sources::Sources;
use crate::analysis::choice::resolve_times;
use crate::bytes::with_order;
use crate::error::Result;
use crate::fold::TimeRange;
use crate::kvm::VcpuThreadNames;
use crate::kvm::device::DeviceMap;
use crate::kvm::exit::{Dimension, ExitSurvey, Interrupts, Schedule, SurveyRequest, Task};
use crate::loss::Tally;
use crate::perf::{Anomaly, Capture, CaptureKind};
use crate::tracedat::TraceDamage;
use crate::tracepoint::Formats;
use crate::tracepoint::text::LineCounts;
use crate::units::{Pid, ThreadId, Tid, Timestamp};

/// How often a tracepoint, or another event, was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TracepointCount {
    /// Its name.
    pub name: String,
    /// Its samples.
    pub samples: u64,
}

/// The exits of a capture, and what is needed to name them and to judge them.
#[derive(Debug)]
pub struct RecordedExits {
    /// The exits.
    pub survey: ExitSurvey,
    /// What payloads hold, and what values are called.
    pub formats: Formats,
    /// Names of threads, the latest of each.
    pub names: BTreeMap<Tid, String>,
    /// Processes of threads, as far as names tell them.
    pub processes: BTreeMap<Tid, Pid>,
    /// What VMMs call their VMs, by process: what a caller found in their command lines.
    pub vm_names: BTreeMap<Pid, String>,
    /// How vCPUs got their host CPUs; `None` when no switch was recorded.
    pub schedule: Option<Schedule>,
    /// How all threads got their host CPUs; `None` when no switch was recorded, or it is not asked
    /// for.
    pub threads: Option<Schedule>,
    /// How long interrupts took; `None` when nothing was recorded of them.
    pub interrupts: Option<Interrupts>,
    /// Time of the first and the last sample of any event; `None` without samples.
    pub times: Option<(Timestamp, Timestamp)>,
    /// How much of that time is asked for, in nanoseconds.
    pub span_ns: u64,
    /// All events of the capture with their samples.
    pub events: Vec<TracepointCount>,
    /// What became of the samples: those of tracepoints that matter here are the folded ones.
    pub tally: Tally,
    /// Samples whose payload is not what their format says.
    pub undecoded: u64,
    /// Names of tracepoints whose layout is an assumption, since the capture does not carry it.
    pub assumed: Vec<String>,
    /// Names of tracepoints of which not every occurrence was recorded.
    pub sampled: Vec<String>,
    /// Whether tracepoints were recorded with call chains.
    pub has_chains: bool,
    /// The machine that was recorded, as `uname -m` names it; `None` when the capture does not say.
    pub machine: Option<String>,
    /// Whether the capture has any of the tracepoints that matter here.
    pub has_tracepoints: bool,
    /// The call chains that stand for the time of exits in the kernel, by their numbers; empty unless
    /// exits are told apart by them.
    pub kernel_chains: Vec<Box<[u8]>>,
    /// What they were read from, with what only that can say.
    pub origin: ExitOrigin,
    /// The clock of its times where that counts no nanoseconds; then no times are told.
    pub foreign_clock: Option<String>,
}

/// What exits were read from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExitOrigin {
    /// A capture of perf's, with what was odd about the file.
    Capture(Vec<Anomaly>),
    /// A trace.dat, with what of it could not be read.
    TraceDat(Box<TraceDamage>),
    /// A text, with what its lines are.
    Text(Box<LineCounts>),
}

impl ExitOrigin {
    /// Whether something of the file could not be read.
    pub fn is_damaged(&self) -> bool {
        match self {
            Self::TraceDat(damage) => !damage.is_none(),
            Self::Capture(anomalies) => !anomalies.is_empty(),
            Self::Text(_) => false,
        }
    }
}

impl RecordedExits {
    /// All threads that run vCPUs with the processes of their VMs, also those that no exit is wanted of:
    /// these are told by their names. `None` where the source does not tell processes.
    pub fn vcpu_threads(&self) -> BTreeMap<Tid, Option<Pid>> {
        let known = VcpuThreadNames::new();
        let named = self.names.iter().filter(|(_, name)| known.contain(name));
        let named = named.map(|(&tid, _)| (tid, self.processes.get(&tid).copied()));
        let vcpus = self.survey.vcpus().iter();
        named
            .chain(vcpus.map(|vcpu| (vcpu.task.tid, vcpu.task.pid)))
            .collect()
    }

    /// What devices are called without a memory map of the VM.
    pub fn devices(&self) -> DeviceMap {
        DeviceMap::built_in(self.machine.as_deref())
    }
}

/// Pairs the exits of a capture and adds them up.
///
/// # Errors
/// When times are asked for and the capture tells none.
pub fn recorded_exits(capture: &Capture, request: &ExitRequest) -> Result<RecordedExits> {
    let filter = &request.filter;
    let times = resolve_times(capture, &filter.times, filter.threads)?;
    let formats = Formats::of_capture(capture);
    let mut sources = Sources::of(capture, &formats);
    sources.tells_first = request.all_threads && sources.recorded.switches;
    let survey_request = request.survey(times.clone());
    let walk = CaptureWalk {
        capture,
        sources: &sources,
        request,
        survey_request: &survey_request,
    };
    let WalkFinding {
        mut survey,
        mut basics,
        kernel_chains,
    } = walk.by_rounds().unwrap_or_else(|| walk.by_rows());
    let names = names_of(&basics);
    add_named_vcpus(&mut survey, &names, &basics, &walk);
    let named = basics.names.iter().map(|found| found.thread);
    let told = basics.born.iter().copied().chain(named);
    let processes = told.map(|thread| (thread.tid, thread.pid)).collect();
    basics.host_rows.sort_by_key(|row| row.row.at);
    let endian = capture.endian();
    let mut host_times = HostTimes::of(&survey, &times);
    host_times.take_rows(&sources, endian, &basics.host_rows);
    let HostFinding {
        schedule,
        interrupts,
    } = host_times.finish(basics.times.map(|(_, last)| last));
    let is_asked = request.all_threads;
    let threads = is_asked.then(|| schedule_of_all(&sources, endian, &basics, &times));
    let counts = capture.events().iter().zip(&basics.samples);
    let events = counts.map(|((_, event), &samples)| TracepointCount {
        name: event.name.clone(),
        samples,
    });
    Ok(RecordedExits {
        survey,
        names,
        processes,
        vm_names: BTreeMap::new(),
        schedule,
        threads: threads.flatten(),
        interrupts,
        span_ns: span_of(basics.times, &times),
        times: basics.times,
        events: events.collect(),
        undecoded: basics.undecoded,
        tally: basics.tally,
        has_tracepoints: !sources.is_empty(),
        assumed: sources.assumed,
        sampled: sources.sampled,
        has_chains: sources.has_chains,
        kernel_chains,
        origin: ExitOrigin::Capture(capture.anomalies()),
        foreign_clock: None,
        machine: with_order!(capture.endian(), O => capture.features().machine::<O>()),
        formats,
    })
}

/// What a walk found.
struct WalkFinding<'a> {
    survey: ExitSurvey,
    basics: Basics<'a>,
    kernel_chains: Vec<Box<[u8]>>,
}

/// A walk over a capture.
struct CaptureWalk<'w> {
    capture: &'w Capture,
    sources: &'w Sources<'w>,
    request: &'w ExitRequest,
    survey_request: &'w SurveyRequest,
}

impl<'w> CaptureWalk<'w> {
    fn is_wanted(&self, thread: ThreadId) -> bool {
        let filter = &self.request.filter;
        (filter.pids.is_empty() || filter.pids.contains(&thread.pid))
            && (filter.tids.is_empty() || filter.tids.contains(&thread.tid))
    }

    /// Whether stacks that stand for exits are wanted, and there are any. They are looked for when all
    /// rows are there.
    fn has_stacks(&self) -> bool {
        let mut dimensions = self.survey_request.views.iter().flatten();
        self.sources.has_chains && dimensions.any(|one| *one == Dimension::KernelStack)
    }

    /// Pairs while it walks; `None` where the order of the file does not allow that. The files of a
    /// directory lie beside each other, and names are known only at the end.
    fn by_rounds(&self) -> Option<WalkFinding<'w>> {
        let filter = &self.request.filter;
        if self.capture.kind() == CaptureKind::Directory
            || !filter.comms.is_empty()
            || self.has_stacks()
        {
            return None;
        }
        let is_wanted = |thread| self.is_wanted(thread);
        let plan = RoundPairing::new(self.sources, self.survey_request, &is_wanted);
        let found = self.pair_rounds(&plan);
        if found.is_some() || !plan.tells_at_once {
            return found;
        }
        self.pair_rounds(&plan.in_turn())
    }

    fn pair_rounds(&self, plan: &RoundPairing<'_>) -> Option<WalkFinding<'w>> {
        let threads = self.request.filter.threads;
        let scan = self.capture.scan(threads, plan);
        let Joined { survey, mut basics } = join(plan, scan.gathered, threads)?;
        basics.tally.unknown_records = scan.counts.unknown();
        basics.tally.unread_pieces = self.capture.unread_pieces(&scan.counts);
        Some(WalkFinding {
            survey,
            basics,
            kernel_chains: Vec::new(),
        })
    }

    /// Keeps all rows, and pairs them when all are there.
    fn by_rows(&self) -> WalkFinding<'w> {
        let (filter, sources) = (&self.request.filter, self.sources);
        let scan = self.capture.scan(filter.threads, &Gathering { sources });
        let mut parts = scan.gathered.into_iter();
        let mut all = parts.next().unwrap_or_else(|| RowPart::of(sources));
        parts.for_each(|part| all.append(part));
        all.basics.tally.unknown_records = scan.counts.unknown();
        all.basics.tally.unread_pieces = self.capture.unread_pieces(&scan.counts);
        let names = names_of(&all.basics);
        let rows = std::mem::take(&mut all.rows);
        let mut rows = self.wanted_threads(rows, &names);
        add_switches(&mut rows, &all);
        let pairing = RowPairing {
            has_stacks: self.has_stacks(),
            sources,
            request: self.survey_request,
            endian: self.capture.endian(),
            threads: filter.threads,
        };
        let Paired {
            survey,
            undecoded,
            stacks,
        } = pairing.pair(&mut rows);
        all.basics.undecoded += undecoded;
        WalkFinding {
            survey,
            basics: all.basics,
            kernel_chains: stacks.into_chains(),
        }
    }

    /// The threads that are wanted with their rows, by their ids.
    fn wanted_threads<'a>(
        &self,
        rows: HashMap<ThreadId, Vec<Row<'a>>>,
        names: &BTreeMap<Tid, String>,
    ) -> Vec<ThreadRows<'a>> {
        let comms = &self.request.filter.comms;
        let is_wanted = |thread: &ThreadId| {
            let name = names.get(&thread.tid);
            self.is_wanted(*thread)
                && (comms.is_empty() || name.is_some_and(|name| comms.contains(name)))
        };
        let rows = rows.into_iter().filter(|(thread, _)| is_wanted(thread));
        let rows = rows.map(|(thread, rows)| ThreadRows { thread, rows });
        let mut rows: Vec<ThreadRows<'_>> = rows.collect();
        rows.sort_unstable_by_key(|rows| rows.thread);
        rows
    }
}

/// The latest name of each thread.
fn names_of(basics: &Basics<'_>) -> BTreeMap<Tid, String> {
    let names = basics.names.iter();
    let names = names.map(|found| {
        let name = String::from_utf8_lossy(found.name).into_owned();
        (found.thread.tid, name)
    });
    names.collect()
}

/// Adds the threads that run vCPUs by their names: without a kvm tracepoint nothing else tells.
fn add_named_vcpus(
    survey: &mut ExitSurvey,
    names: &BTreeMap<Tid, String>,
    basics: &Basics<'_>,
    walk: &CaptureWalk<'_>,
) {
    let comms = &walk.request.filter.comms;
    let known = VcpuThreadNames::new();
    for found in &basics.names {
        let name = names.get(&found.thread.tid);
        let is_wanted = walk.is_wanted(found.thread);
        if let Some(name) = name.filter(|name| is_wanted && known.contain(name))
            && (comms.is_empty() || comms.contains(name))
        {
            survey.add_vcpu(Task {
                pid: Some(found.thread.pid),
                tid: found.thread.tid,
            });
        }
    }
}

/// Adds to threads the switches to them that others recorded.
fn add_switches<'a>(rows: &mut [ThreadRows<'a>], all: &RowPart<'a>) {
    let mut told = HashSet::new();
    for thread in rows {
        let tid = thread.thread.tid;
        if let Some(switches) = all.switches.get(&tid)
            && told.insert(tid)
        {
            thread.rows.extend(switches);
        }
    }
}

/// How much of the recorded time the ranges leave, in nanoseconds.
pub(in crate::analysis) fn span_of(
    recorded: Option<(Timestamp, Timestamp)>,
    wanted: &[TimeRange],
) -> u64 {
    let Some((first, last)) = recorded else {
        return 0;
    };
    if wanted.is_empty() {
        return last.as_nanos().saturating_sub(first.as_nanos());
    }
    let mut ranges = wanted.to_vec();
    ranges.sort_unstable_by_key(|range| range.first);
    let (mut span, mut told) = (0, first);
    for range in ranges {
        let (start, end) = (range.first.max(told), range.last.min(last));
        span += end.as_nanos().saturating_sub(start.as_nanos());
        told = told.max(end);
    }
    span
}

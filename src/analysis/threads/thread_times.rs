//! How long the threads of a source ran.

use std::collections::{BTreeMap, BTreeSet};

use super::request::{SWITCHES, ThreadRequest};
use super::sampled::Sampled;
use super::scheduled::{parts_by_thread, threads_of, vcpu_tids, vcpus_of};
use super::thread_use::{OnCpuParts, ThreadUse, ToldParts, tell_roles_of};
use crate::analysis::choice::preferred;
use crate::analysis::exits::{RecordedExits, exits_of_text, exits_of_trace_dat, recorded_exits};
use crate::analysis::profile::{Profile, profile};
use crate::analysis::roles::ThreadRole;
use crate::bytes::with_order;
use crate::error::{BadRequest, NothingLeft, Result};
use crate::kvm::exit::Schedule;
use crate::loss::Tally;
use crate::perf::abi::PERF_SAMPLE_CPU;
use crate::perf::{Anomaly, Capture, NumaNodes};
use crate::symbol::SymbolRequest;
use crate::tracedat::TraceDat;
use crate::tracepoint::text::TraceText;
use crate::units::{EventIx, Tid};

/// What times of threads are told by.
#[derive(Clone, PartialEq, Debug)]
pub enum RunningBasis {
    /// By `sched_switch`: exactly.
    Switches,
    /// By samples of a clock, which stand for its period.
    Clock {
        /// The event.
        event: String,
        /// All samples, of idle CPUs too.
        samples: u64,
        /// What they weigh together, in nanoseconds.
        weight: u64,
    },
    /// By samples of what is no time: only shares of their sum are told.
    Other {
        /// The event.
        event: String,
        /// All samples, of idle CPUs too.
        samples: u64,
        /// What they weigh together.
        weight: u64,
    },
    /// By kvm's tracepoints: of vCPUs only, and whether their threads ran is not told.
    KvmEvents,
}

/// What the threads of the host did together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HostUse {
    /// Its CPUs; `None` where the source does not tell.
    pub cpus: Option<u32>,
    /// Threads that were met.
    pub threads: u64,
    /// What they ran, in the unit of the basis.
    pub busy: u64,
    /// What was run in interrupts while CPUs were idle; `None` where samples do not tell it.
    pub interrupts: Option<u64>,
    /// Whether all CPUs were recorded, or some threads only.
    pub is_whole: bool,
}

/// How long the threads of a source ran.
#[derive(Debug)]
pub struct ThreadTimes {
    /// What times are told by.
    pub basis: RunningBasis,
    /// What the parts of running time are told by: the name of an event; `None` where by the basis
    /// itself, or not at all.
    pub parts_by: Option<String>,
    /// Which of the parts are told.
    pub told_parts: ToldParts,
    /// The threads that are wanted, in no order.
    pub threads: Vec<ThreadUse>,
    /// All threads together, wanted or not.
    pub host: HostUse,
    /// How much time was looked at, in nanoseconds; 0 where that is not known.
    pub span_ns: u64,
    /// Which CPUs lie on which node; `None` where the source does not tell.
    pub nodes: Option<NumaNodes>,
    /// Whether wakeups were recorded; without them ready time is not all told.
    pub has_wakeups: bool,
    /// Whether the event that tells the parts leaves guests out, by its attributes.
    pub excludes_guests: bool,
    /// Switches.
    pub switches: u64,
    /// Those of which it was not recorded that the thread had been switched to.
    pub unseen_switches: u64,
    /// Why switches, which were recorded, are not what times are told by.
    pub refused_switches: Option<String>,
    /// What became of the samples.
    pub tally: Tally,
    /// What was odd about the file of a capture.
    pub anomalies: Vec<Anomaly>,
}

/// How long the threads of a capture ran.
///
/// # Errors
/// When nothing in the capture tells it, or no thread passes the filters; and those of samples that
/// are asked for by event, CPU or time.
pub fn thread_times(
    capture: &Capture,
    symbols: &SymbolRequest,
    request: &ThreadRequest,
) -> Result<ThreadTimes> {
    let named = request.filter.event.as_deref();
    let is_event_named = named.is_some_and(|name| name != SWITCHES);
    let tells_time = |event: EventIx| {
        let attr = capture.events().get(event).map(|event| &event.attr);
        is_event_named || attr.is_some_and(|attr| !attr.is_tracepoint())
    };
    let has_samples = preferred(capture, None).is_some_and(tells_time);
    let mut events = capture.events().iter();
    let has_cpus = events.all(|(_, event)| {
        let attr = &event.attr;
        attr.samples(PERF_SAMPLE_CPU) || attr.is_dummy() || attr.is_tracepoint()
    });
    let is_of_tracepoint = |name: &str| {
        let mut events = capture.events().iter();
        events.any(|(_, event)| event.attr.is_tracepoint() && event.name.starts_with(name))
    };
    let looks_at_switches =
        !is_event_named && (is_of_tracepoint(SWITCHES) || !has_samples && is_of_tracepoint("kvm:"));
    let recorded = looks_at_switches
        .then(|| recorded_exits(capture, &request.of_tracepoints()))
        .transpose()?;
    let profile =
        match has_samples.then(|| profile(capture, symbols, &request.of_samples(has_cpus))) {
            Some(Err(error)) if recorded.is_none() => return Err(error),
            // What switches tell does not depend on samples.
            Some(Err(_)) | None => None,
            Some(Ok(profile)) => Some(profile).filter(|profile| tells_time(profile.event)),
        };
    let known = || {
        let events = capture.events().iter();
        events.map(|(_, event)| event.name.clone()).collect()
    };
    let mut times = of_source(recorded.as_ref(), profile.as_ref(), request)
        .ok_or_else(|| BadRequest::NoCpuTimes { known: known() })?;
    times.of_capture(capture, profile.as_ref());
    times.anomalies = capture.anomalies();
    times.choose(request)
}

/// How long the threads of a trace.dat ran.
///
/// # Errors
/// When nothing in it tells that, or no thread passes the filters.
pub fn threads_of_trace_dat(trace: &TraceDat, request: &ThreadRequest) -> Result<ThreadTimes> {
    let recorded = exits_of_trace_dat(trace, &request.of_tracepoints())?;
    of_trace(&recorded, request)
}

/// How long the threads of a text of events ran.
///
/// # Errors
/// When nothing in it tells that, or no thread passes the filters.
pub fn threads_of_text(text: &TraceText, request: &ThreadRequest) -> Result<ThreadTimes> {
    let recorded = exits_of_text(text, &request.of_tracepoints())?;
    of_trace(&recorded, request)
}

fn of_trace(recorded: &RecordedExits, request: &ThreadRequest) -> Result<ThreadTimes> {
    let known = || {
        let events = recorded.events.iter();
        events.map(|event| event.name.clone()).collect()
    };
    let mut events = recorded.events.iter();
    if let Some(name) = &request.filter.event
        && events.all(|event| event.name != *name)
    {
        let (name, known) = (name.clone(), known());
        return Err(BadRequest::NoSuchEvent { name, known }.into());
    }
    let times = of_source(Some(recorded), None, request);
    let times = times.ok_or_else(|| BadRequest::NoCpuTimes { known: known() })?;
    times.choose(request)
}

/// The times by the best of what was recorded; `None` where nothing tells them.
fn of_source(
    recorded: Option<&RecordedExits>,
    profile: Option<&Profile>,
    request: &ThreadRequest,
) -> Option<ThreadTimes> {
    let schedule = recorded.and_then(|recorded| recorded.threads.as_ref());
    // Recorded in some threads only, switches to them are missing.
    let refused = schedule.filter(|schedule| schedule.unseen.saturating_mul(2) > schedule.switches);
    let used = schedule.filter(|_| refused.is_none());
    let mut times = match (recorded, used, profile) {
        (Some(recorded), Some(schedule), _) => {
            ThreadTimes::by_switches(recorded, schedule, profile, request)
        }
        (_, _, Some(profile)) => ThreadTimes::by_samples(profile),
        (Some(recorded), None, None) => ThreadTimes::by_kvm(recorded)?,
        (None, _, None) => return None,
    };
    times.refused_switches = refused.map(|schedule| {
        format!(
            "sched_switch was recorded of some threads only (perf record without -a): of {} of {} \
             switches it is not told when the thread began to run",
            schedule.unseen, schedule.switches
        )
    });
    Some(times)
}

impl ThreadTimes {
    fn of(basis: RunningBasis, threads: Vec<ThreadUse>, tally: Tally) -> Self {
        Self {
            basis,
            parts_by: None,
            told_parts: ToldParts::ALL,
            threads,
            host: HostUse::default(),
            span_ns: 0,
            nodes: None,
            has_wakeups: false,
            excludes_guests: false,
            switches: 0,
            unseen_switches: 0,
            refused_switches: None,
            tally,
            anomalies: Vec::new(),
        }
    }

    fn by_samples(profile: &Profile) -> Self {
        let sampled = Sampled::of(profile);
        let event = profile.event_name.clone();
        let samples = profile.stacks.iter().map(|stack| stack.samples).sum();
        let weight = profile.total;
        let is_clock = profile.unit == crate::text::NANOSECONDS;
        let basis = if is_clock {
            RunningBasis::Clock {
                event,
                samples,
                weight,
            }
        } else {
            RunningBasis::Other {
                event,
                samples,
                weight,
            }
        };
        let mut threads = sampled.threads;
        tell_roles_of(&mut threads, &sampled.vcpus);
        let mut times = Self::of(basis, threads, profile.account.tally.clone());
        // Each sample stands for the time up to it, the first one too.
        let period = weight.checked_div(samples).filter(|_| is_clock);
        let span = profile.shown_nanos.unwrap_or(0);
        times.span_ns = span.saturating_add(period.unwrap_or(0));
        times.host.interrupts = Some(sampled.interrupts);
        times
    }

    fn by_switches(
        recorded: &RecordedExits,
        schedule: &Schedule,
        profile: Option<&Profile>,
        request: &ThreadRequest,
    ) -> Self {
        let mut threads = threads_of(recorded, schedule, &request.filter.cpus);
        let sampled = profile.map(Sampled::of);
        let mut vcpus = vcpu_tids(recorded);
        let by_samples = sampled.as_ref().map(Sampled::parts_by_thread);
        vcpus.extend(sampled.iter().flat_map(|sampled| &sampled.vcpus));
        tell_roles_of(&mut threads, &vcpus);
        let exact = parts_by_thread(recorded);
        let mut parts_by = None;
        if !exact.is_empty() && request.filter.cpus.is_empty() {
            parts_by = Some("kvm_entry, kvm_exit and kvm_userspace_exit".to_owned());
            threads
                .iter_mut()
                .for_each(|thread| thread.split_by(&exact));
        } else if let (Some(parts), Some(profile)) = (by_samples, profile) {
            parts_by = Some(format!("samples of {}", profile.event_name));
            threads.iter_mut().for_each(|thread| thread.scale(&parts));
        }
        let mut times = Self::of(RunningBasis::Switches, threads, recorded.tally.clone());
        if !exact.is_empty() && request.filter.cpus.is_empty() {
            times.told_parts = told_by_tracepoints(recorded);
        }
        times.parts_by = parts_by;
        times.span_ns = recorded.span_ns;
        times.has_wakeups = recorded.survey.recorded().sched_wakeups;
        times.switches = schedule.switches;
        times.unseen_switches = schedule.unseen;
        times.host.is_whole = true;
        times.host.cpus = u32::try_from(schedule.cpus()).ok();
        times
    }

    /// `None` where nothing is known of guests either.
    fn by_kvm(recorded: &RecordedExits) -> Option<Self> {
        let mut threads = vcpus_of(recorded);
        threads.retain(|thread| thread.parts.is_some());
        if threads.is_empty() {
            return None;
        }
        let vcpus: BTreeSet<Tid> = vcpu_tids(recorded);
        tell_roles_of(&mut threads, &vcpus);
        let mut times = Self::of(RunningBasis::KvmEvents, threads, recorded.tally.clone());
        times.span_ns = recorded.span_ns;
        times.told_parts = ToldParts {
            host: false,
            ..told_by_tracepoints(recorded)
        };
        Some(times)
    }

    /// Adds what a capture says of its machine and its events.
    fn of_capture(&mut self, capture: &Capture, profile: Option<&Profile>) {
        with_order!(capture.endian(), O => {
            let features = capture.features();
            self.nodes = features.numa_nodes::<O>();
            if let Some(cpus) = features.cpus::<O>() {
                self.host.cpus = Some(cpus.online);
            }
        });
        let event = profile.and_then(|profile| capture.events().get(profile.event));
        if let Some(event) = event {
            self.excludes_guests = event.attr.excludes_guest();
            self.host.is_whole |= event.attr.samples(PERF_SAMPLE_CPU);
        }
    }

    /// Leaves the threads that are wanted, and adds up all.
    fn choose(mut self, request: &ThreadRequest) -> Result<Self> {
        self.host.threads = self.threads.len() as u64;
        let ran = self.threads.iter().filter_map(|thread| thread.on_cpu);
        self.host.busy = ran.fold(0, u64::saturating_add);
        let filter = &request.filter;
        let is_wanted = |thread: &ThreadUse| {
            let task = thread.task;
            let is_of = |pid| filter.pids.contains(&pid);
            let is_of_process = task.pid.is_some_and(is_of)
                || thread.role == ThreadRole::Vhost && thread.vm.is_some_and(is_of);
            (filter.pids.is_empty() || is_of_process)
                && (filter.tids.is_empty() || filter.tids.contains(&task.tid))
                && (filter.comms.is_empty()
                    || filter.comms.iter().any(|name| thread.is_called(name)))
        };
        if request.is_of_some() {
            self.threads.retain(is_wanted);
        }
        if self.threads.is_empty() {
            let threads = self.host.threads;
            return Err(NothingLeft::OfThreads { threads }.into());
        }
        Ok(self)
    }
}

/// Which parts kvm's tracepoints tell.
fn told_by_tracepoints(recorded: &RecordedExits) -> ToldParts {
    let has = recorded.survey.recorded();
    ToldParts {
        vmm: has.userspace_exits,
        halt: has.wakeups,
        host: true,
    }
}

impl ThreadUse {
    /// Splits what it ran by parts that tracepoints tell; what they do not tell is the host's.
    fn split_by(&mut self, exact: &BTreeMap<Tid, OnCpuParts>) {
        let parts = exact.get(&self.task.tid).copied();
        self.parts = parts.map(|parts| OnCpuParts {
            host: self.on_cpu.unwrap_or(0).saturating_sub(parts.total()),
            ..parts
        });
    }

    /// Splits what it ran as its samples are split.
    fn scale(&mut self, parts: &BTreeMap<Tid, OnCpuParts>) {
        let ran = self.on_cpu.unwrap_or(0);
        let own = parts.get(&self.task.tid);
        self.parts = own.and_then(|parts| parts.of_whole(ran));
    }
}

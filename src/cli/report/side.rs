//! One capture, read once for each of the analyses.
//!
//! A capture is walked up to four times: for samples with their stacks, for exits, for times of
//! threads (which look at all threads and host CPUs), and for what `info` says.

use super::advice::ToldBySide;
use super::options::PageOptions;
use super::provenance::{Provenance, of_capture, of_text, of_trace_dat};
use crate::cli::devices::Devices;
use crate::cli::host_evidence::Beside;
use crate::cli::options::InputOptions;
use crate::cli::{debuginfod, standard_input, this_machine, vms};
use vmflame::analysis::exits::{
    ExitRequest, RecordedExits, SlowStack, TimeBasis, exits_of_text, exits_of_trace_dat,
    name_kernel_stacks, recorded_exits, slow_stacks,
};
use vmflame::analysis::threads::{
    ThreadRequest, ThreadTimes, thread_times, threads_of_text, threads_of_trace_dat,
};
use vmflame::analysis::{
    Grouping, Profile, Request, choose_event, is_flat, profile, subtitle, survey,
};
use vmflame::before_after::SideRole;
use vmflame::error::{Error, Result};
use vmflame::input::{CaseFiles, Input, Opened};
use vmflame::kvm::advice::RuleFinding;
use vmflame::kvm::exit::TimeSlices;
use vmflame::perf::Capture;
use vmflame::report::advice::{Evidence, HostFacts, advise, host_of};
use vmflame::report::info::trace_dat::TraceDatFacts;
use vmflame::report::page::{page_slices, page_views};
use vmflame::report::remarks;
use vmflame::symbol::{GuestKernels, SymbolRequest};
use vmflame::text::{NANOSECONDS, counted, quantity};

/// How many of the slowest exits are listed.
const SLOWEST: usize = 25;

/// A capture as it was read.
pub(super) struct SideRead {
    pub(super) role: Option<SideRole>,
    /// As the user named it.
    pub(super) source: String,
    pub(super) subtitle: String,
    /// Its name with that of its host.
    pub(super) title: String,
    /// Samples, or why there are none.
    pub(super) profile: std::result::Result<Profile, String>,
    pub(super) threads: std::result::Result<ThreadTimes, String>,
    pub(super) recorded: RecordedExits,
    pub(super) slices: Option<TimeSlices>,
    pub(super) devices: Devices,
    pub(super) guests: GuestKernels,
    pub(super) slow_stacks: Vec<Option<SlowStack>>,
    pub(super) kernel_stacks: Vec<Vec<String>>,
    pub(super) evidence: Evidence,
    pub(super) findings: Vec<RuleFinding>,
    pub(super) provenance: Provenance,
    pub(super) is_damaged: bool,
}

impl SideRead {
    /// Says what should be known before the page is believed; it says so too.
    pub(super) fn speak(&self) {
        let role = self
            .role
            .map_or(String::new(), |role| format!("{}: ", role.as_str()));
        for warning in self
            .provenance
            .warnings
            .iter()
            .chain(&self.devices.warnings)
        {
            match warning.strip_prefix("hint: ") {
                Some(hint) => eprintln!("hint: {role}{hint}"),
                None => eprintln!("warning: {role}{warning}"),
            }
        }
        for (what, why) in [
            ("flame graph", self.profile.as_ref().err()),
            ("threads", self.threads.as_ref().err()),
        ] {
            if let Some(why) = why {
                eprintln!("{role}{what}: {why}");
            }
        }
    }
}

/// What was analysed of an input.
struct Analysed {
    capture: Option<Capture>,
    profile: std::result::Result<Profile, String>,
    threads: std::result::Result<ThreadTimes, String>,
    recorded: RecordedExits,
    slices: Option<TimeSlices>,
    host: HostFacts,
    provenance: Provenance,
    title: String,
    subtitle: String,
    is_damaged: bool,
}

/// What a tracer's file holds.
struct TracedInput {
    recorded: RecordedExits,
    slices: Option<TimeSlices>,
    host: HostFacts,
    provenance: Provenance,
}

/// How an input is read.
struct SideReading<'r> {
    places: &'r InputOptions,
    input: &'r Input,
    symbols: SymbolRequest,
    filter: Request,
    /// How stacks are shown.
    of_samples: &'r PageOptions,
}

pub(super) fn read_side(
    options: &PageOptions,
    places: &InputOptions,
    role: Option<SideRole>,
    quiet: bool,
) -> Result<SideRead> {
    let (input, opened) = standard_input::open_any(places, quiet)?;
    let threads = this_machine::threads(places.threads);
    let mut reading = SideReading {
        places,
        input: &input,
        symbols: this_machine::symbols(places, &input),
        filter: options.filter.request(threads),
        of_samples: options,
    };
    let analysed = match opened {
        Opened::TraceDat(trace) => {
            let vms = vms::pids_alone(&options.filter.vm)?;
            reading.filter.pids.extend(vms);
            let facts = TraceDatFacts::of(&trace);
            let slices = page_slices(facts.times());
            let recorded = exits_of_trace_dat(&trace, &reading.of_exits(slices))?;
            let of_threads = threads_of_trace_dat(&trace, &reading.of_threads());
            let host = trace.uname().map(HostFacts::of_uname).unwrap_or_default();
            let traced = TracedInput {
                recorded,
                slices,
                host,
                provenance: of_trace_dat(&facts),
            };
            reading.of_trace(of_threads, traced)
        }
        Opened::TraceText(text) => {
            let vms = vms::pids_alone(&options.filter.vm)?;
            reading.filter.pids.extend(vms);
            // Nothing but a walk tells the times of a text.
            let times = exits_of_text(&text, &reading.of_times())?.times;
            let slices = page_slices(times);
            let recorded = exits_of_text(&text, &reading.of_exits(slices))?;
            let of_threads = threads_of_text(&text, &reading.of_threads());
            let traced = TracedInput {
                provenance: of_text(&recorded),
                recorded,
                slices,
                host: HostFacts::default(),
            };
            reading.of_trace(of_threads, traced)
        }
        opened @ (Opened::Capture(_) | Opened::Text(_)) => {
            let capture = opened.capture()?;
            let vms = vms::pids(&options.filter.vm, &input, &capture, threads)?;
            reading.filter.pids.extend(vms);
            let asked = options.debuginfod.asked(threads);
            debuginfod::complete_and_tell(asked, &capture, &reading.symbols, quiet)?;
            reading.of_capture(capture)?
        }
    };
    reading.finish(options, role, analysed)
}

impl SideReading<'_> {
    fn of_exits(&self, slices: Option<TimeSlices>) -> ExitRequest {
        ExitRequest {
            filter: self.filter.clone(),
            views: page_views(slices),
            basis: TimeBasis::Handled,
            slowest: SLOWEST,
            all_threads: false,
            each: false,
        }
    }

    /// Of the times alone.
    fn of_times(&self) -> ExitRequest {
        ExitRequest {
            filter: self.filter.clone(),
            ..ExitRequest::default()
        }
    }

    fn of_threads(&self) -> ThreadRequest {
        ThreadRequest {
            filter: self.filter.clone(),
        }
    }

    fn name(&self) -> String {
        crate::cli::shown_name::name_of(&self.places.input)
    }

    /// What tracers wrote: events, and no samples.
    fn of_trace(&self, threads: Result<ThreadTimes>, traced: TracedInput) -> Analysed {
        let TracedInput {
            recorded,
            slices,
            host,
            provenance,
        } = traced;
        let mut subtitle = vec![counted(recorded.survey.counts().exits, "exit")];
        if recorded.span_ns > 0 {
            subtitle.push(quantity(recorded.span_ns, NANOSECONDS));
        }
        Analysed {
            capture: None,
            profile: Err(
                "A trace holds events and no samples: perf record -a -g takes them.".to_owned(),
            ),
            threads: threads.map_err(|error| words(&error)),
            is_damaged: recorded.origin.is_damaged(),
            recorded,
            slices,
            host,
            provenance,
            title: self.name(),
            subtitle: subtitle.join(" · "),
        }
    }

    fn of_capture(&self, capture: Capture) -> Result<Analysed> {
        let workers = self.filter.threads;
        let survey = survey(&capture, &self.symbols, workers)?;
        let slices = page_slices(survey.account.times);
        let mut recorded = recorded_exits(&capture, &self.of_exits(slices))?;
        vms::name_recorded(&mut recorded, self.input, &capture, workers);
        let request = Request {
            grouping: Grouping::ProcessByThread,
            keeps_samples: true,
            vm_naming: vms::naming(self.input, workers),
            no_idle: self.of_samples.no_idle,
            ..self.of_samples.names.over(self.filter.clone())
        };
        let profile = match why_no_samples(&capture, &request, &recorded) {
            Some(why) => Err(why),
            None => match profile(&capture, &self.symbols, &request) {
                Err(error) if !recorded.has_tracepoints => return Err(error),
                profile => profile.map_err(|error| words(&error)),
            },
        };
        let times = thread_times(&capture, &self.symbols, &self.of_threads());
        let tally = &recorded.tally;
        let is_damaged = self.input.is_damaged || remarks::is_damaged(&capture, tally);
        let drawn = profile.as_ref().ok();
        let mut provenance = of_capture(&capture, &survey, drawn, self.input, &self.symbols);
        let stitched = drawn.filter(|_| request.stitches_calls);
        provenance.add(stitched.and_then(|profile| remarks::stitch_remark(&capture, profile)));
        let subtitle = match &profile {
            Ok(profile) => subtitle(&capture, profile, &request),
            Err(_) => format!(
                "{} · {}",
                counted(recorded.survey.counts().exits, "exit"),
                quantity(recorded.span_ns, NANOSECONDS)
            ),
        };
        Ok(Analysed {
            title: vmflame::analysis::title(&capture, &self.name()),
            subtitle,
            host: host_of(&capture),
            threads: times.map_err(|error| words(&error)),
            capture: Some(capture),
            profile,
            recorded,
            slices,
            provenance,
            is_damaged,
        })
    }

    /// Adds names, advice and devices.
    fn finish(
        self,
        options: &PageOptions,
        role: Option<SideRole>,
        analysed: Analysed,
    ) -> Result<SideRead> {
        let Analysed {
            capture,
            profile,
            threads,
            recorded,
            slices,
            host,
            provenance,
            title,
            subtitle,
            is_damaged,
        } = analysed;
        let source = self.places.input.display().to_string();
        let beside = Beside {
            files: CaseFiles::beside(self.input),
            input: self.input,
            capture: capture.as_ref(),
        };
        let mut devices = beside.devices(&options.devices, &recorded)?;
        let vcpus = recorded.survey.vcpus().iter().map(|vcpu| vcpu.task);
        devices.doubt(&vcpus.collect::<Vec<_>>());
        let workers = self.filter.threads;
        let (mut of_slowest, mut kernel_stacks) = (Vec::new(), Vec::new());
        if let Some(capture) = &capture {
            let slowest = recorded.survey.slowest();
            of_slowest = slow_stacks(capture, &self.symbols, slowest, workers);
            let chains = &recorded.kernel_chains;
            kernel_stacks = name_kernel_stacks(capture, &self.symbols, chains, workers)?;
        }
        let told = ToldBySide {
            source: &source,
            host: &host,
            recorded: &recorded,
            profile: profile.as_ref().ok(),
            devices: &devices.map,
        };
        let evidence = told.evidence(&beside, workers)?;
        Ok(SideRead {
            findings: advise(&evidence),
            guests: GuestKernels::read(&self.symbols)?,
            slow_stacks: of_slowest,
            role,
            source,
            subtitle,
            title,
            profile,
            threads,
            recorded,
            slices,
            devices,
            kernel_stacks,
            evidence,
            provenance,
            is_damaged,
        })
    }
}

/// Why samples of the event that would be taken are no picture: tracepoints without call chains are
/// counted, and what they tell is told as exits.
fn why_no_samples(
    capture: &Capture,
    request: &Request,
    recorded: &RecordedExits,
) -> Option<String> {
    let event = choose_event(capture, request.event.as_deref()).ok()?;
    let attr = &capture.events().get(event)?.attr;
    let is_bare = attr.is_tracepoint() && is_flat(capture, event) && recorded.has_tracepoints;
    let why = "The capture holds tracepoints and no samples of CPUs: perf record -a -g -e \
               cpu-clock takes them, together with the tracepoints or without.";
    (is_bare && request.event.is_none()).then(|| why.to_owned())
}

/// An error in one line.
pub(super) fn words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        words.push_str(&format!(": {source}"));
        cause = source.source();
    }
    if let Some(hint) = error.hint() {
        words.push_str(&format!(" ({hint})"));
    }
    words
}

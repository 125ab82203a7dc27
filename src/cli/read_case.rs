//! A case as a source of evidence: its exits, its stacks, and what lies beside it. What `advise` reads,
//! and what goes into a dataset.

use super::host_evidence::Beside;
use super::input_told::{InputTold, told};
use super::options::{DebuginfodOptions, DeviceOptions, InputOptions};
use crate::cli::{debuginfod, this_machine, vms};
use vmflame::analysis::exits::{Dimension, ExitRequest, RecordedExits};
use vmflame::analysis::{Grouping, Profile, Request, choose_event, profile};
use vmflame::error::Result;
use vmflame::input::{CaseFiles, Input, Opened};
use vmflame::kvm::device::DeviceMap;
use vmflame::perf::Capture;
use vmflame::report::advice::{Evidence, add_recorded, add_stacks, recording};
use vmflame::report::remarks;
use vmflame::report::remarks::Remark;
use vmflame::report::trace_remarks::damage_of;

/// What is wanted of a case.
pub(super) struct CaseWish<'a> {
    /// Where it and its symbols are.
    pub(super) places: InputOptions,
    /// What of it is looked at, and what a sample weighs.
    pub(super) filter: Request,
    /// What exits are told apart by: what the rules want, or what it is added up of.
    pub(super) views: Vec<Vec<Dimension>>,
    /// Whether each exit is told by itself.
    pub(super) each_exit: bool,
    /// What tells devices.
    pub(super) devices: &'a DeviceOptions,
    /// Whether what names it is downloaded.
    pub(super) debuginfod: &'a DebuginfodOptions,
    /// Whether nothing but errors is said.
    pub(super) quiet: bool,
}

/// What was read of a case, beside the evidence.
pub(super) struct ReadCase {
    /// `None`: what was opened is no perf.data.
    pub(super) capture: Option<Capture>,
    pub(super) recorded: RecordedExits,
    /// Its stacks, by thread; `None` when it has no samples of time.
    pub(super) profile: Option<Profile>,
    /// What devices are called.
    pub(super) devices: DeviceMap,
    pub(super) is_damaged: bool,
    pub(super) warnings: Vec<String>,
}

/// Reads a case, and adds what it tells to the evidence.
pub(super) fn read_case(
    evidence: &mut Evidence,
    wish: &CaseWish<'_>,
    input: &Input,
    opened: Opened,
) -> Result<ReadCase> {
    let shown = wish.places.input.display().to_string();
    let request = ExitRequest {
        filter: wish.filter.clone(),
        views: wish.views.clone(),
        each: wish.each_exit,
        ..ExitRequest::default()
    };
    let InputTold {
        capture,
        mut recorded,
        host,
    } = told(opened, &request)?;
    if let Some(capture) = &capture {
        vms::name_recorded(&mut recorded, input, capture, wish.filter.threads);
    }
    let beside = Beside {
        files: CaseFiles::beside(input),
        input,
        capture: capture.as_ref(),
    };
    let mut case = ReadCase {
        devices: recorded.devices(),
        is_damaged: input.is_damaged || recorded.origin.is_damaged(),
        capture: None,
        recorded,
        profile: None,
        warnings: Vec::new(),
    };
    case.warnings.extend(evidence.host.add(&host, &shown));
    beside.add_host_files(evidence)?;
    evidence.recordings.push(recording(&shown, &case.recorded));
    case.add_all_exits(evidence, wish, &beside)?;
    if let Some(capture) = beside.capture {
        case.is_damaged |= remarks::is_damaged(capture, &case.recorded.tally);
        case.add_all_stacks(evidence, wish, &beside)?;
    }
    let damage = damage_of(&case.recorded.origin, &case.recorded.tally);
    case.warnings.extend(damage);
    beside.add_vmms(evidence, wish.filter.threads)?;
    case.capture = capture;
    Ok(case)
}

impl ReadCase {
    /// Adds the exits to the last recording.
    fn add_all_exits(
        &mut self,
        evidence: &mut Evidence,
        wish: &CaseWish<'_>,
        beside: &Beside<'_>,
    ) -> Result<()> {
        self.recorded.survey.add_views_by_vm();
        let recorded = &self.recorded;
        if recorded.has_tracepoints {
            let mut devices = beside.devices(wish.devices, recorded)?;
            let vcpus = recorded.survey.vcpus().iter().map(|vcpu| vcpu.task);
            devices.doubt(&vcpus.collect::<Vec<_>>());
            self.warnings.append(&mut devices.warnings);
            let at = evidence.recordings.len().saturating_sub(1);
            add_recorded(evidence, at, recorded, &devices.map);
            self.devices = devices.map;
        }
        Ok(())
    }

    /// Adds where samples of time lie to the last recording, if the capture has any.
    fn add_all_stacks(
        &mut self,
        evidence: &mut Evidence,
        wish: &CaseWish<'_>,
        beside: &Beside<'_>,
    ) -> Result<()> {
        let of_time = |capture: &&Capture| has_samples_of_time(capture, &wish.filter);
        let Some(capture) = beside.capture.filter(of_time) else {
            return Ok(());
        };
        let symbols = this_machine::symbols(&wish.places, beside.input);
        let asked = wish.debuginfod.asked(wish.filter.threads);
        debuginfod::complete_and_tell(asked, capture, &symbols, wish.quiet)?;
        let request = Request {
            grouping: Grouping::Thread,
            ..wish.filter.clone()
        };
        let profile = profile(capture, &symbols, &request)?;
        let at = evidence.recordings.len().saturating_sub(1);
        add_stacks(evidence, at, &profile);
        for remark in remarks::symbol_remarks(&profile, &symbols) {
            if let Remark::Warning(text) = remark {
                self.warnings.push(text);
            }
        }
        self.is_damaged |= remarks::is_damaged(capture, &profile.account.tally);
        self.profile = Some(profile);
        Ok(())
    }
}

/// Whether the event that is taken samples time, as clocks and cycles do.
fn has_samples_of_time(capture: &Capture, filter: &Request) -> bool {
    let event = choose_event(capture, filter.event.as_deref());
    let event = event.ok().and_then(|event| capture.events().get(event));
    event.is_some_and(|event| event.attr.is_clock() || event.attr.is_hardware())
}

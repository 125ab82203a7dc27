//! What is in a capture, without drawing it.

use super::choice::{Chosen, fold_any};
use super::front_half::{FrontHalf, NamedBy, beside_kernel, recorded_build_ids, unwinding};
use crate::error::Result;
use crate::fold::{Gap, Split, WeightKind, occurrences as occurrences_of};
use crate::loss::Tally;
use crate::name::{
    FrameDetail, FrameScope, Grouping, NameRequest, NamedStacks, Namer, NamerInput, ObjectReport,
    ObjectShare, StackRecording, Unnamed, VmNaming, by_cause, name_stacks,
};
use crate::perf::{Capture, RecordCounts};
use crate::symbol::{KernelSource, SymbolRequest, Unresolved};
use crate::units::{EventIx, Pid, Timestamp};

/// What was counted in a capture and found for it, whether it is drawn or only looked through.
#[derive(Debug)]
pub struct Account {
    /// Samples of each event of the capture, by [`EventIx`].
    pub samples: Vec<u64>,
    /// Records by type.
    pub records: RecordCounts,
    /// What became of the samples.
    pub tally: Tally,
    /// Time of the first and the last sample of any event; `None` without times.
    pub times: Option<(Timestamp, Timestamp)>,
    /// Stretches of the file that are no record.
    pub gaps: Vec<Gap>,
    /// Where the kernel's symbols come from.
    pub kernel_source: KernelSource,
    /// What was found for the objects that samples hit.
    pub objects: Vec<ObjectReport>,
    /// Frames without a name, one count per sample, by object: the one with the most comes first.
    pub unnamed: Vec<Unnamed>,
}

impl Account {
    /// Frames without a name, one count per sample, by cause.
    pub fn unresolved(&self) -> Vec<(Unresolved, u64)> {
        by_cause(&self.unnamed)
    }
}

/// What is in a capture.
#[derive(Debug)]
pub struct Survey {
    /// The event whose stacks were looked at; `None` when no event records addresses.
    pub event: Option<EventIx>,
    /// What was counted and found.
    pub account: Account,
    /// All occurrences of each event that was counted with its group and not sampled, by [`EventIx`].
    pub occurrences: Vec<Option<u64>>,
    /// Number of different stacks.
    pub unique_stacks: usize,
    /// How much of the stacks lies in each object, the one of the most samples first.
    pub shares: Vec<ObjectShare>,
}

/// Looks through a capture.
///
/// # Errors
/// When a symbol file that was named cannot be used.
pub fn survey(capture: &Capture, symbols: &SymbolRequest, threads: usize) -> Result<Survey> {
    survey_of(capture, symbols, &[], threads)
}

/// Looks through the samples of some processes of a capture; of none named through all.
///
/// # Errors
/// As [`survey`].
pub fn survey_of(
    capture: &Capture,
    symbols: &SymbolRequest,
    pids: &[Pid],
    threads: usize,
) -> Result<Survey> {
    let found = look_through(capture, symbols, pids, threads);
    found.map_err(|error| symbols.shown.error(error))
}

fn look_through(
    capture: &Capture,
    symbols: &SymbolRequest,
    pids: &[Pid],
    threads: usize,
) -> Result<Survey> {
    let build_ids = recorded_build_ids(capture);
    let named = NamedBy::new(&build_ids, symbols);
    let work = || {
        let (event, Chosen { wanted, folded }) = fold_any(capture, pids, threads);
        let unique_stacks = folded.stacks.distinct();
        let front = FrontHalf::before_unwinding(capture, wanted, folded, named);
        Ok((event, unique_stacks, front))
    };
    let ((event, unique_stacks, front), kernel) =
        beside_kernel(threads, &build_ids, symbols, work)?;
    let mut census = front.census;
    let input = NamerInput {
        timeline: &front.timeline,
        kernel,
        build_ids: &build_ids,
        times: census.times,
        symbols,
        detail: detail(),
        dumps: &front.dumps,
        keep_garbage: false,
        vm_naming: VmNaming::NONE,
    };
    let mut namer = Namer::new(capture, input)?;
    let mut stacks = NamedStacks::default();
    if let Some(event) = event {
        let request = NameRequest {
            split: front.wanted.split,
            threads,
            ..plain_names(capture, event)
        };
        let unwinding = unwinding(capture, event, &front.timeline, &mut namer);
        let unwound = unwinding.as_ref();
        let unwound = unwound.map(|to| to.fold(capture, &front.wanted, &front.timeline));
        let settled = unwound.as_ref().unwrap_or(&front.settled);
        stacks = name_stacks(capture, settled, &mut namer, &request, None);
        stacks.doubtful().tell(&mut census.tally);
    }
    let shares = ObjectShare::of_stacks(&stacks, &namer.frames);
    let names = namer.into_report(&stacks.unnamed, threads);
    let occurrences = capture.events().iter();
    let occurrences = occurrences.map(|(ix, _)| occurrences_of(capture, &census, ix));
    Ok(Survey {
        event,
        occurrences: occurrences.collect(),
        unique_stacks,
        shares,
        account: Account {
            samples: census.samples,
            records: census.records,
            tally: census.tally,
            times: census.times,
            gaps: census.gaps,
            kernel_source: names.kernel_source,
            objects: names.objects,
            unnamed: names.unnamed,
        },
    })
}

/// How stacks are named that nobody looks at.
fn plain_names(capture: &Capture, event: EventIx) -> NameRequest {
    NameRequest {
        scope: FrameScope::All,
        grouping: Grouping::default(),
        split: Split::Nothing,
        weight: WeightKind::Samples,
        recording: StackRecording::of(capture, event),
        keeps_places: false,
        threads: 1,
    }
}

/// What a survey looks at of functions.
fn detail() -> FrameDetail {
    FrameDetail {
        inlined: true,
        ..FrameDetail::default()
    }
}

/// Counts the records of a capture by type: one walk over their headers and nothing else.
pub fn count_records(capture: &Capture, threads: usize) -> RecordCounts {
    capture.scan(threads, &()).counts
}

//! The pipeline as a list of stages: from a capture to named, tagged stacks.

use super::choice::{Chosen, advice, fold_chosen, is_timed, nothing_left};
use super::front_half::{FrontHalf, NamedBy, beside_kernel, recorded_build_ids, unwinding};
use super::request::Request;
use super::samples::{PlacedSamples, SampleNames, Samples};
use super::slices::SliceCounts;
use super::stack_slices::StackSlices;
use super::survey::Account;
use super::timing::{Stage, Stopwatch, Timings};
use super::vms::vm_processes;
use super::weight_unit::unit;
use crate::bytes::with_order;
use crate::error::{Problem, Result};
use crate::fold::{Census, FoldRequest, SampleTimes, Settled, SliceRow, TimeRange, WeightKind};
use crate::kvm::Tagger;
use crate::loss::Tally;
use crate::name::{NameRequest, NamedStacks, Namer, NamerInput, StackRecording, name_stacks};
use crate::parallel::{at_once, give_back};
use crate::perf::{Capture, Feature, plain_event_name};
use crate::stack::{CallTree, FrameIx, FrameKind, FrameTable, NodeIx, Tag, TaggedStack};
use crate::symbol::{KernelSource, SymbolRequest};
use crate::units::{CpuMode, EventIx, Weights};

/// A capture as named, tagged stacks.
#[derive(Debug)]
pub struct Profile {
    /// The event that was folded.
    pub event: EventIx,
    /// Its name.
    pub event_name: String,
    /// What was counted and found.
    pub account: Account,
    /// Samples of the folded event that pass the filters of process, thread, CPU and time, and the
    /// sum of their periods.
    pub periods: Weights,
    /// What a sample weighs: never [`WeightKind::ByEvent`].
    pub weight: WeightKind,
    /// Samples of each event that pass the filters of event, process, thread, CPU and time, by
    /// [`EventIx`] and slice; no slices unless they were asked for. Of events that were counted with
    /// their group, occurrences.
    pub slices: Vec<Vec<u64>>,
    /// What each stack weighs by slice; nothing unless slices were asked for.
    pub stack_slices: StackSlices,
    /// Length of a slice in seconds; `None` without slices or times.
    pub slice_seconds: Option<f64>,
    /// What the weights count: `samples`, or for periods `ns` of clocks and else the event's name.
    pub unit: String,
    /// Frames.
    pub frames: FrameTable,
    /// The stacks.
    pub stacks: NamedStacks,
    /// The samples that the stacks are of, one by one; `None` unless they were asked for.
    pub samples: Option<Samples>,
    /// Weight by tag, tags without weight left out, in display order. Empty when nothing was
    /// tagged.
    pub totals: Vec<(Tag, u64)>,
    /// Whether the name of the event told the tags, whatever the stacks show.
    pub is_tagged_by_event: bool,
    /// Weight of all stacks.
    pub total: u64,
    /// Length of the time that passes the filters, from the first to the last sample of the capture,
    /// in nanoseconds; `None` where samples carry no times.
    pub shown_nanos: Option<u64>,
    /// Number of addresses at which the kernel changed its code during the recording.
    pub text_pokes: usize,
    /// How long the stages from fold to tag took.
    pub timings: Timings,
    /// How many threads may make a tree of the stacks.
    threads: usize,
}

impl Profile {
    /// Whether any stack has a frame of the host's kernel.
    pub fn has_kernel_frames(&self) -> bool {
        let is_kernel = |frame: &FrameIx| {
            let frame = self.frames.get(*frame);
            frame.mode == CpuMode::Kernel
        };
        let mut stacks = self.stacks.iter();
        stacks.any(|stack| self.stacks.frames(stack).iter().any(is_kernel))
    }

    /// Whether code of KVM, as a module or in a kernel without symbols, may have had no name, in
    /// frames that are shown or not.
    pub fn has_unnamed_kvm(&self) -> bool {
        let all = (0..).map(FrameIx).take(self.frames.len());
        let mut frames = all.map(|ix| self.frames.get(ix));
        let is_known = matches!(
            self.account.kernel_source,
            KernelSource::SameBoot(_) | KernelSource::OtherBoot(_) | KernelSource::Unchecked(_)
        );
        frames.any(|frame| {
            let is_unnamed = frame.mode == CpuMode::Kernel && frame.kind == FrameKind::Unresolved;
            is_unnamed && (!is_known || frame.dso.starts_with("[kvm"))
        })
    }

    /// The call tree of all stacks turned round: what was running below its callers. All frames of a
    /// stack carry its tag.
    fn reversed_tree(&self) -> CallTree {
        let turned: Vec<(Vec<FrameIx>, Tag, u64)> = self
            .stacks
            .iter()
            .map(|stack| {
                let frames = self.stacks.frames(stack).iter().rev().copied();
                (frames.collect(), stack.tag, stack.weight)
            })
            .collect();
        let tagged = turned.iter().map(|(frames, tag, weight)| TaggedStack {
            frames,
            tag: *tag,
            deciding: if *tag == Tag::Host { frames.len() } else { 0 },
            weight: *weight,
        });
        CallTree::by_threads(&self.frames, tagged, self.threads).0
    }

    /// The call tree of all stacks, turned round where `is_reversed` says so.
    pub fn tree_of(&self, is_reversed: bool) -> CallTree {
        if is_reversed {
            self.reversed_tree()
        } else {
            self.tree()
        }
    }

    /// The same, and gives the stacks back, for whom the tree is all that is needed of them: none are
    /// left.
    pub fn take_tree(&mut self, is_reversed: bool) -> CallTree {
        let tree = self.tree_of(is_reversed);
        let stacks = std::mem::take(&mut self.stacks);
        let are_few = stacks.iter().len() < MIN_BESIDE;
        give_back(if are_few { 1 } else { self.threads }, stacks);
        tree
    }

    /// The call tree of all stacks.
    pub fn tree(&self) -> CallTree {
        self.tree_and_leaves().0
    }

    /// The same, and the node at which each stack ends, by the stack's position. Nodes have the same
    /// numbers in every run, stacks do not.
    pub fn tree_and_leaves(&self) -> (CallTree, Vec<NodeIx>) {
        let tagged = self.stacks.iter().map(|stack| TaggedStack {
            frames: self.stacks.frames(stack),
            tag: stack.tag,
            deciding: stack.deciding,
            weight: stack.weight,
        });
        CallTree::by_threads(&self.frames, tagged, self.threads)
    }
}

/// Runs the pipeline on a capture.
///
/// # Errors
/// When the request does not fit the capture (no such event, no addresses, nothing passes the
/// filters), or a symbol file that was named cannot be used.
pub fn profile(capture: &Capture, symbols: &SymbolRequest, request: &Request) -> Result<Profile> {
    let of_guests = symbols.names_guests().then(|| Request {
        guest_addresses: true,
        ..request.clone()
    });
    let request = of_guests.as_ref().unwrap_or(request);
    profile_of(capture, symbols, request).map_err(|error| symbols.shown.error(error))
}

fn profile_of(capture: &Capture, symbols: &SymbolRequest, request: &Request) -> Result<Profile> {
    let mut watch = Stopwatch::start();
    let mut tagger = tagger(capture, request)?;
    let build_ids = recorded_build_ids(capture);
    let named = NamedBy::new(&build_ids, symbols);
    let work = || {
        let Chosen { wanted, folded } = fold_chosen(capture, request)?;
        watch.lap(Stage::Fold);
        let front = FrontHalf::before_unwinding(capture, wanted, folded, named);
        watch.lap(Stage::Settle);
        Ok(front)
    };
    let (front, kernel) = beside_kernel(request.threads, &build_ids, symbols, work)?;
    let FrontHalf {
        wanted,
        census,
        timeline,
        settled,
        dumps,
    } = front;
    let event = wanted.selection.event;
    let input = NamerInput {
        timeline: &timeline,
        kernel,
        build_ids: &build_ids,
        times: census.times,
        symbols,
        detail: request.detail,
        dumps: &dumps,
        keep_garbage: request.keep_garbage,
        vm_naming: &request.vm_naming,
    };
    let mut namer = Namer::new(capture, input)?;
    watch.lap(Stage::Name);
    let unwinding = unwinding(capture, event, &timeline, &mut namer);
    let unwinding = unwinding.as_ref();
    let unwound = unwinding.map(|unwinding| unwinding.fold(capture, &wanted, &timeline));
    let mut settled = unwound.unwrap_or(settled);
    watch.lap(Stage::Unwind);
    tell_event(tagger.as_mut(), capture, event);
    let weight = request.weight.of_event(capture, event);
    let wish = name_request(capture, request, &wanted, weight);
    let stacks = name_stacks(capture, &settled, &mut namer, &wish, tagger.as_mut());
    watch.lap(Stage::Name);
    let keeps_samples = request.keeps_samples;
    let counted = Counted {
        samples: keeps_samples.then(|| PlacedSamples::take(&mut settled, &timeline)),
        rows: settled.take_slices(),
        periods: settled.weights(request.threads),
        wanted,
        census,
        weight,
    };
    let named = NamedCapture {
        stacks,
        namer,
        tagger,
    };
    let finish = || finish(capture, request, counted, named, watch);
    giving_back(settled, request.threads, finish)
}

/// To give back fewer stacks is not worth a thread.
const MIN_BESIDE: usize = 1 << 14;

/// Gives stacks back, which may be the largest of all, beside the rest of the work.
fn giving_back<R>(settled: Settled<'_>, threads: usize, rest: impl FnOnce() -> R) -> R {
    let are_few = settled.len() < MIN_BESIDE;
    let threads = if are_few { 1 } else { threads };
    at_once(threads, move || drop(settled), rest).1
}

/// How stacks are named and merged.
fn name_request(
    capture: &Capture,
    request: &Request,
    wanted: &FoldRequest,
    weight: WeightKind,
) -> NameRequest {
    NameRequest {
        scope: request.scope,
        grouping: request.grouping,
        split: wanted.split,
        weight,
        recording: StackRecording::of(capture, wanted.selection.event),
        keeps_places: request.keeps_samples || wanted.kept.slices.is_some(),
        threads: request.threads,
    }
}

/// What was counted before anything had a name.
struct Counted {
    samples: Option<PlacedSamples>,
    rows: Vec<SliceRow>,
    wanted: FoldRequest,
    census: Census,
    periods: Weights,
    weight: WeightKind,
}

/// Stacks that have names and not yet tags.
struct NamedCapture<'a> {
    stacks: NamedStacks,
    namer: Namer<'a>,
    tagger: Option<Tagger>,
}

/// Tags the stacks, filters them by what their names and tags tell, and adds everything up.
fn finish(
    capture: &Capture,
    request: &Request,
    counted: Counted,
    named: NamedCapture<'_>,
    mut watch: Stopwatch,
) -> Result<Profile> {
    let NamedCapture {
        mut stacks,
        namer,
        tagger,
    } = named;
    let (wanted, census) = (&counted.wanted, counted.census);
    let event = wanted.selection.event;
    let is_tagged_by_event = tagger.as_ref().is_some_and(Tagger::is_decided_by_event);
    if let Some(tagger) = tagger {
        stacks.tag(tagger, &namer.frames, request.threads);
    }
    stacks.limit(request.scope, request.max_stack, &namer.frames);
    let tally = retain_wanted(&mut stacks, request, census.tally);
    refuse_none(capture, request, &tally, event)?;
    let (totals, total) = stacks.add_up(request.no_tag);
    let timeline = namer.timeline();
    let names = namer.into_report(&stacks.unnamed, request.threads);
    watch.lap(Stage::Tag);
    let samples = counted.samples.map(|placed| {
        let by = SampleNames {
            stacks: &stacks,
            frames: &names.frames,
            vms: &vm_processes(capture, request.threads),
            weight: counted.weight,
            is_timed: is_timed(capture),
        };
        Samples::of(placed, by)
    });
    let slices = SliceCounts::of(capture, request, wanted, census.slices, Some(timeline))?;
    Ok(Profile {
        event,
        unit: unit(capture, event, counted.weight),
        event_name: name_of(capture, event).to_owned(),
        slices: slices.counts,
        stack_slices: StackSlices::of(&counted.rows, &stacks, counted.weight),
        slice_seconds: slices.seconds,
        periods: counted.periods,
        weight: counted.weight,
        text_pokes: timeline.text_pokes(),
        frames: names.frames,
        stacks,
        samples,
        totals,
        is_tagged_by_event,
        total,
        shown_nanos: shown_nanos(census.times, wanted),
        account: Account {
            samples: census.samples,
            records: census.records,
            tally,
            times: census.times,
            gaps: census.gaps,
            kernel_source: names.kernel_source,
            objects: names.objects,
            unnamed: names.unnamed,
        },
        timings: watch.timings(),
        threads: request.threads,
    })
}

/// Length of the time that passes the filters; `None` where samples carry no times.
fn shown_nanos(times: SampleTimes, wanted: &FoldRequest) -> Option<u64> {
    let (first, last) = times?;
    Some(wanted.selection.nanos_within(TimeRange { first, last }))
}

/// The name of an event.
fn name_of(capture: &Capture, event: EventIx) -> &str {
    let event = capture.events().get(event);
    event.map_or("", |event| &event.name)
}

/// Refuses to go on without a sample: says why there is none.
fn refuse_none(capture: &Capture, request: &Request, tally: &Tally, event: EventIx) -> Result<()> {
    if tally.folded > 0 {
        return Ok(());
    }
    let error = nothing_left(tally, name_of(capture, event));
    Err(if matches!(error.problem(), Problem::NoMatch(_)) {
        error.with_hint(advice(capture, event, request))
    } else {
        error
    })
}

/// Drops the stacks that are not wanted; returns what became of all samples.
fn retain_wanted(stacks: &mut NamedStacks, request: &Request, mut tally: Tally) -> Tally {
    let left_out = stacks.retain_wanted(&request.filter());
    tally.folded -= left_out;
    tally.filtered += left_out;
    stacks.doubtful().tell(&mut tally);
    tally
}

/// Tells what tags stacks of which event they are.
fn tell_event(tagger: Option<&mut Tagger>, capture: &Capture, event: EventIx) {
    if let (Some(tagger), Some(event)) = (tagger, capture.events().get(event)) {
        tagger.sampled_by(plain_event_name(&event.name), &event.attr);
    }
}

/// What tags stacks; `None` when none are to be tagged.
fn tagger(capture: &Capture, request: &Request) -> Result<Option<Tagger>> {
    if request.no_tag {
        return Ok(None);
    }
    let machine = with_order!(capture.endian(), O => {
        capture.features().string::<O>(Feature::ARCH)
    });
    let mut tagger = Tagger::for_arch(machine.as_deref());
    if let Some((text, path)) = &request.rules {
        tagger.add_rules(text, path)?;
    }
    Ok(Some(tagger))
}

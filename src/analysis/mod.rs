//! The pipeline: from a capture to named, tagged stacks.

mod carried;
mod choice;
mod preferred;
mod present;
mod request;
mod slices;
mod subtitle;
mod survey;
mod timing;

pub use choice::{TimeRequest, choose_event, event_names, is_flat, is_of_branches, parse_times};
pub use request::Request;
pub use slices::count_in_slices;
pub use subtitle::subtitle;
pub use survey::{Survey, count_records, survey};
pub use timing::{Stage, Stopwatch, Timings};

use std::thread;

use hashbrown::HashMap;

use self::preferred::fold_preferred;
use crate::bytes::with_order;
use crate::error::{Problem, Result};
use crate::fold::{Census, FoldRequest, Gap, Kept, Selection, Settled, Split, WeightKind};
use crate::kvm::Tagger;
use crate::loss::Tally;
use crate::name::{
    NameRequest, NamedStacks, Namer, NamerInput, ObjectReport, StackRecording, Unnamed, by_cause,
    name_stacks,
};
use crate::perf::Capture;
use crate::space::Timeline;
use crate::stack::{CallTree, FrameIx, FrameTable, Tag, TaggedStack};
use crate::symbol::{EarlyKernel, KernelSource, SymbolRequest, Unresolved};
use crate::text::{NANOSECONDS, SAMPLES};
use crate::units::{BuildId, CpuMode, EventIx, Timestamp};

/// A capture as named, tagged stacks.
#[derive(Debug)]
pub struct Profile {
    /// The event that was folded.
    pub event: EventIx,
    /// Its name.
    pub event_name: String,
    /// Samples of each event of the capture, by [`EventIx`].
    pub events: Vec<u64>,
    /// Samples of the folded event that pass the filters of process, thread, CPU and time, and the
    /// sum of their periods.
    pub periods: (u64, u64),
    /// What a sample weighs: never [`WeightKind::ByEvent`].
    pub weight: WeightKind,
    /// Samples of each event that pass the filters of event, process, thread, CPU and time, by
    /// [`EventIx`] and slice; no slices unless they were asked for. Of events that were counted with
    /// their group, occurrences.
    pub slices: Vec<Vec<u64>>,
    /// Length of a slice in seconds; `None` without slices or times.
    pub slice_seconds: Option<f64>,
    /// What the weights count: `samples`, or for periods `ns` of clocks and else the event's name.
    pub unit: String,
    /// Frames.
    pub frames: FrameTable,
    /// The stacks.
    pub stacks: NamedStacks,
    /// Weight by tag, tags without weight left out, in display order. Empty when nothing was
    /// tagged.
    pub totals: Vec<(Tag, u64)>,
    /// Whether the name of the event told the tags, whatever the stacks show.
    pub is_tagged_by_event: bool,
    /// Weight of all stacks.
    pub total: u64,
    /// What became of the samples.
    pub tally: Tally,
    /// Frames without a name in the stacks, one count per sample, by cause.
    pub unresolved: Vec<(Unresolved, u64)>,
    /// The same by object: the one with the most comes first.
    pub unnamed: Vec<Unnamed>,
    /// Time of the first and the last sample of any event; `None` without times.
    pub times: Option<(Timestamp, Timestamp)>,
    /// Stretches of the file that are no record.
    pub gaps: Vec<Gap>,
    /// What was found for the objects that samples hit.
    pub objects: Vec<ObjectReport>,
    /// Where the kernel's symbols come from.
    pub kernel_source: KernelSource,
    /// Number of addresses at which the kernel changed its code during the recording.
    pub text_pokes: usize,
    /// How long the stages from fold to tag took.
    pub timings: Timings,
}

/// What the walk and the records beside the samples tell.
struct Walked<'a> {
    wanted: FoldRequest,
    census: Census,
    timeline: Timeline,
    stacks: Settled<'a>,
    kernel: EarlyKernel,
}

/// Runs the pipeline on a capture.
///
/// # Errors
/// When the request does not fit the capture (no such event, no addresses, nothing passes the
/// filters), or a symbol file that was named cannot be used.
pub fn profile(capture: &Capture, symbols: &SymbolRequest, request: &Request) -> Result<Profile> {
    profile_of(capture, symbols, request).map_err(|error| symbols.shown.error(error))
}

fn profile_of(capture: &Capture, symbols: &SymbolRequest, request: &Request) -> Result<Profile> {
    let mut watch = Stopwatch::start();
    let mut tagger = tagger(capture, request)?;
    let build_ids = survey::recorded_build_ids(capture);
    let walked = walk(capture, (symbols, &build_ids), request, &mut watch)?;
    let weight = request
        .weight
        .of_event(capture, walked.wanted.selection.event);
    let request = &Request {
        weight,
        ..request.clone()
    };
    let (timeline, kernel) = (&walked.timeline, walked.kernel);
    let last = walked.census.times.map(|(_, last)| last);
    let input = NamerInput {
        timeline,
        kernel,
        build_ids: &build_ids,
        last_sample: last,
        symbols,
        raw_names: request.raw_names,
    };
    let mut namer = Namer::new(capture, input)?;
    let periods = walked.stacks.weights();
    let event = walked.wanted.selection.event;
    if let (Some(tagger), Some(event)) = (&mut tagger, capture.events().get(event)) {
        tagger.sampled_by(choice::plain_name(&event.name), &event.attr);
    }
    let name_request = NameRequest {
        scope: request.scope,
        grouping: request.grouping,
        split: walked.wanted.split,
        weight,
        recording: StackRecording::of(capture, event),
        threads: request.threads,
    };
    let stacks = name_stacks(
        capture,
        &walked.stacks,
        &mut namer,
        &name_request,
        tagger.as_mut(),
    );
    watch.lap(Stage::Name);
    let named = (stacks, namer, tagger);
    let finished = finish(capture, event, walked.census, named, request);
    let mut profile = finished.map_err(|error| {
        if matches!(error.problem(), Problem::NoMatch(_)) {
            error.with_hint(present::advice(capture, event, request))
        } else {
            error
        }
    })?;
    watch.lap(Stage::Tag);
    profile.timings = watch.timings();
    profile.periods = periods;
    if let Split::Slice(slicing) = walked.wanted.split {
        profile.slice_seconds = slices::slice_seconds(capture, slicing);
        if !request.comms.is_empty() {
            profile.slices = slices::of_comms(capture, &walked.wanted, timeline, request);
        }
        carried::drop_uncarried(capture, request, &mut profile.slices)?;
    }
    Ok(profile)
}

/// Folds and settles. The kernel's symbols are read at the same time when there is a second thread
/// for it: the kernel takes its time to print them.
fn walk<'a>(
    capture: &'a Capture,
    (symbols, build_ids): (&SymbolRequest, &HashMap<String, BuildId>),
    request: &Request,
    watch: &mut Stopwatch,
) -> Result<Walked<'a>> {
    let name = request.event.as_deref();
    let event = choose_event(capture, name)?;
    let times = choice::resolve_times(capture, &request.times, request.threads)?;
    let split = match request.split() {
        Split::Nothing if request.slices > 0 => {
            Split::Slice(slices::slicing(capture, &times, request))
        }
        other @ (Split::Nothing | Split::Cpu | Split::Cgroup | Split::Slice(_)) => other,
    };
    let selection = Selection {
        event,
        pids: request.pids.clone(),
        tids: request.tids.clone(),
        cpus: request.cpus.clone(),
        times,
    };
    let mut wanted = FoldRequest {
        selection,
        split,
        kept: Kept::default(),
        threads: request.threads,
    };
    thread::scope(|scope| {
        let read_kernel = || EarlyKernel::read(build_ids, symbols);
        let beside = (request.threads > 1).then(|| scope.spawn(read_kernel));
        let folded = fold_preferred(capture, name, &mut wanted)?;
        carried::refuse_uncarried(capture, wanted.selection.event, request)?;
        watch.lap(Stage::Fold);
        let timeline = Timeline::build(folded.sideband, build_ids);
        let stacks = folded.stacks.settle(capture, &wanted, &timeline);
        watch.lap(Stage::Settle);
        let early = beside.and_then(|beside| beside.join().ok());
        Ok(Walked {
            wanted,
            census: folded.census,
            timeline,
            stacks,
            kernel: early.unwrap_or_else(read_kernel),
        })
    })
}

/// Tags the stacks and adds everything up.
fn finish(
    capture: &Capture,
    event: EventIx,
    census: Census,
    (mut stacks, namer, tagger): (NamedStacks, Namer<'_>, Option<Tagger>),
    request: &Request,
) -> Result<Profile> {
    let is_tagged_by_event = tagger.as_ref().is_some_and(Tagger::is_decided_by_event);
    if let Some(mut tagger) = tagger {
        tagger.look_up_all(&namer.frames);
        stacks.tag(&tagger, &namer.frames, request.threads);
    }
    if let Some(most) = request.max_stack {
        stacks.limit_depth(most);
    }
    let mut tally = census.tally;
    let left_out = stacks.retain_wanted(&request.filter());
    tally.folded -= left_out;
    tally.filtered += left_out;
    tally.copied_stacks = stacks.copied();
    tally.last_branches = stacks.branched();
    tally.truncated_stacks = stacks.truncated();
    let (totals, total) = add_up(&stacks, request.no_tag);
    let name = capture
        .events()
        .get(event)
        .map(|event| event.name.clone())
        .unwrap_or_default();
    if tally.folded == 0 {
        return Err(present::nothing_left(&tally, &name));
    }
    let is_clock = capture
        .events()
        .get(event)
        .is_some_and(|event| event.attr.is_clock());
    let text_pokes = namer.timeline().text_pokes();
    let names = namer.into_report(&stacks.unnamed);
    let unit = match request.weight {
        WeightKind::Samples | WeightKind::ByEvent => SAMPLES.to_owned(),
        WeightKind::Period if is_clock => NANOSECONDS.to_owned(),
        WeightKind::Period => name.clone(),
    };
    Ok(Profile {
        event,
        event_name: name,
        events: census.samples,
        slices: census.slices,
        slice_seconds: None,
        periods: (0, 0),
        weight: request.weight,
        unit,
        unresolved: by_cause(&names.unnamed),
        unnamed: names.unnamed,
        objects: names.objects,
        kernel_source: names.kernel_source,
        text_pokes,
        frames: names.frames,
        stacks,
        totals,
        is_tagged_by_event,
        total,
        tally,
        times: census.times,
        gaps: census.gaps,
        timings: Timings::default(),
    })
}

/// What tags stacks; `None` when none are to be tagged.
fn tagger(capture: &Capture, request: &Request) -> Result<Option<Tagger>> {
    if request.no_tag {
        return Ok(None);
    }
    let machine = with_order!(capture.endian(), O => {
        capture.features().string::<O>(crate::perf::Feature::ARCH)
    });
    let mut tagger = Tagger::for_arch(machine.as_deref());
    if let Some((text, path)) = &request.rules {
        tagger.add_rules(text, path)?;
    }
    Ok(Some(tagger))
}

/// Weight by tag, and of all stacks.
fn add_up(stacks: &NamedStacks, no_tag: bool) -> (Vec<(Tag, u64)>, u64) {
    let mut by_tag: HashMap<Tag, u64> = HashMap::new();
    let mut total = 0_u64;
    for stack in stacks.iter() {
        let sum = by_tag.entry(stack.tag).or_default();
        *sum = sum.saturating_add(stack.weight);
        total = total.saturating_add(stack.weight);
    }
    let in_order = |tag| by_tag.get(&tag).map(|&weight| (tag, weight));
    let totals = Tag::ALL
        .into_iter()
        .filter_map(in_order)
        .filter(|_| !no_tag);
    (totals.collect(), total)
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

    /// The call tree of all stacks.
    pub fn tree(&self) -> CallTree {
        let tagged = self.stacks.iter().map(|stack| TaggedStack {
            frames: self.stacks.frames(stack),
            tag: stack.tag,
            deciding: stack.deciding,
            weight: stack.weight,
        });
        CallTree::build(&self.frames, tagged)
    }
}

//! What samples of all events hit.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::front_half::{
    FrontHalf, NamedBy, beside_kernel, recorded_build_ids, unwinding,
};
use crate::error::Result;
use crate::fold::{FoldRequest, WeightKind, fold};
use crate::name::{
    FrameScope, Grouping, HitModule, HitObject, Hits, NameRequest, Namer, StackRecording,
    name_stacks,
};
use crate::perf::{Capture, MappedInode};
use crate::symbol::{KernelSource, SymbolRequest};
use crate::units::{Avma, BuildId, EventIx};

/// What the samples of a capture lie in.
#[derive(Debug)]
pub(super) struct CaptureHits {
    /// Objects of user space, each once, in the order of their names.
    pub(super) objects: Vec<HitObject>,
    /// Modules that files name.
    pub(super) modules: BTreeSet<HitModule>,
    /// Addresses of the kernel.
    pub(super) kernel: BTreeSet<Avma>,
    /// Where the kernel's symbols come from.
    pub(super) kernel_source: KernelSource,
    /// Whether samples or other records could not be read or made no sense.
    pub(super) has_damage: bool,
}

/// What is asked about samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct HitWish {
    /// Whether debug information is read, which tells what it is divided into.
    pub(super) debug_parts: bool,
    /// Worker threads.
    pub(super) threads: usize,
}

/// Looks up what the samples of each event lie in.
///
/// # Errors
/// When a symbol file that was named cannot be used.
pub(super) fn capture_hits(
    capture: &Capture,
    symbols: &SymbolRequest,
    wish: HitWish,
) -> Result<CaptureHits> {
    let mut all = CaptureHits {
        objects: Vec::new(),
        modules: BTreeSet::new(),
        kernel: BTreeSet::new(),
        kernel_source: KernelSource::Missing,
        has_damage: false,
    };
    let mut objects: BTreeMap<ObjectKey, HitObject> = BTreeMap::new();
    let mut samples: Option<Vec<u64>> = None;
    for (event, _) in capture.events().iter() {
        let of_event = samples
            .as_ref()
            .and_then(|samples| samples.get(event.0 as usize));
        if of_event == Some(&0) {
            continue;
        }
        let found = event_hits(capture, event, symbols, wish)?;
        samples = Some(found.samples);
        all.has_damage |= found.has_damage;
        all.modules.extend(found.hits.modules);
        all.kernel.extend(found.hits.kernel);
        all.kernel_source = found.hits.kernel_source;
        for object in found.hits.objects {
            let key = ObjectKey {
                path: object.path.clone(),
                build_id: object.build_id.as_ref().map(BuildId::to_string),
                map_name: object.map_name.clone(),
                inode: object.inode.filter(|_| object.is_any_file),
            };
            match objects.get_mut(&key) {
                Some(known) => merge(known, &object),
                None => drop(objects.insert(key, object)),
            }
        }
    }
    all.objects = objects.into_values().collect();
    Ok(all)
}

/// What tells objects apart.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ObjectKey {
    path: String,
    build_id: Option<String>,
    /// Memory is called alike in all processes.
    map_name: Option<String>,
    /// Where the path may mean several files.
    inode: Option<MappedInode>,
}

/// The lines of two tables of the same functions' file, each once. They may stand in any order, segments
/// first.
pub(super) fn joined_tables(one: &str, other: &str) -> String {
    let lines: BTreeSet<&str> = one.lines().chain(other.lines()).collect();
    lines.into_iter().flat_map(|line| [line, "\n"]).collect()
}

/// Adds the functions that another event hits, or that other mappings of the same object do.
fn merge(known: &mut HitObject, other: &HitObject) {
    if known.file.is_err() {
        known.file.clone_from(&other.file);
    }
    known.functions = joined_tables(&known.functions, &other.functions);
    known.is_proved |= other.is_proved;
    known.debug_parts.extend(other.debug_parts.iter().cloned());
    known.debug_parts.sort();
    known.debug_parts.dedup();
}

/// What the samples of an event lie in.
struct EventHits {
    hits: Hits,
    /// Samples of each event, by [`EventIx`].
    samples: Vec<u64>,
    has_damage: bool,
}

fn event_hits(
    capture: &Capture,
    event: EventIx,
    symbols: &SymbolRequest,
    wish: HitWish,
) -> Result<EventHits> {
    let threads = wish.threads;
    let build_ids = recorded_build_ids(capture);
    let named = NamedBy::new(&build_ids, symbols);
    let work = || {
        let wanted = FoldRequest::all_of(event, threads);
        let folded = fold(capture, &wanted);
        Ok(FrontHalf::before_unwinding(capture, wanted, folded, named))
    };
    let (front, kernel) = beside_kernel(threads, &build_ids, symbols, work)?;
    let mut input = front.namer_input(kernel, named);
    // What debug information is divided into is known when it is read.
    input.detail.inlined = wish.debug_parts;
    let mut namer = Namer::new(capture, input)?;
    let request = NameRequest {
        scope: FrameScope::All,
        grouping: Grouping::default(),
        split: front.wanted.split,
        weight: WeightKind::Samples,
        recording: StackRecording::of(capture, event),
        keeps_places: false,
        threads,
    };
    let unwinding = unwinding(capture, event, &front.timeline, &mut namer);
    let unwound = unwinding
        .as_ref()
        .map(|unwinding| unwinding.fold(capture, &front.wanted, &front.timeline));
    let settled = unwound.as_ref().unwrap_or(&front.settled);
    name_stacks(capture, settled, &mut namer, &request, None);
    Ok(EventHits {
        hits: namer.hits(),
        samples: front.census.samples.clone(),
        has_damage: front.census.tally.has_damage(),
    })
}

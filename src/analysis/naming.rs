//! From unique raw stacks to named ones.
//!
//! Each thread locates and names blocks of stacks; then it is known which threads run a vCPU, and
//! so what stacks must be kept apart; then each thread merges its own.

use hashbrown::DefaultHashBuilder;

use super::choice::Recorded;
use super::classes::Classes;
use super::grouping::VmNames;
use super::lane::{Lane, in_lanes};
use super::merging::Merger;
use super::namer::Namer;
use super::request::Request;
use super::stacks::NamedStacks;
use crate::bytes::with_order;
use crate::fold::{Settled, Split};
use crate::kvm::Tagger;
use crate::locate::Map;
use crate::parallel::on_threads;
use crate::perf::Capture;

/// Names the frames of all stacks. Every stack is `host` until [`NamedStacks::tag`].
pub(super) fn name_stacks(
    capture: &Capture,
    settled: &Settled<'_>,
    namer: &mut Namer<'_>,
    (request, recorded): (&Request, Recorded),
    tagger: Option<&mut Tagger>,
) -> NamedStacks {
    let map = Map {
        timeline: namer.timeline(),
        kernel: namer.kernel(),
        scope: request.scope,
        is_split: request.split() != Split::Nothing,
    };
    let blocks = settled.blocks();
    let lanes = with_order!(capture.endian(), O => {
        in_lanes::<O>(&blocks, &map, request.threads, namer)
    });
    let tasks = lanes.iter().flat_map(Lane::tasks);
    let vms = VmNames::find(tasks, namer.timeline());
    let Classes { list, of_tasks } = Classes::of(&lanes, namer, (request, &vms), tagger);
    let merger = Merger {
        request,
        recorded,
        classes: &list,
        hasher: &DefaultHashBuilder::default(),
    };
    let pairs = lanes.into_iter().zip(of_tasks);
    let merged = on_threads(pairs, |(lane, class_of): (Lane<'_>, Vec<u32>)| {
        merger.merge_lane(&blocks, &lane, &class_of)
    });
    let mut merged = merged.into_iter();
    let mut all = merged.next().unwrap_or_default();
    merged.for_each(|lane| all.append(lane));
    all.into_stacks(list)
}

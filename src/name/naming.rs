//! From unique raw stacks to named ones.
//!
//! Each thread locates and names blocks of stacks; then it is known which threads run a vCPU, and
//! so what stacks must be kept apart; then each thread merges its own.

use hashbrown::DefaultHashBuilder;

use super::classes::Classes;
use super::grouping::VmNames;
use super::merge::Merger;
use super::name_worker::{NameWorker, on_name_workers};
use super::namer::Namer;
use super::request::NameRequest;
use super::stacks::NamedStacks;
use crate::bytes::with_order;
use crate::fold::Settled;
use crate::kvm::Tagger;
use crate::locate::LocateRequest;
use crate::parallel::on_threads;
use crate::perf::Capture;

/// Names the frames of all stacks. Every stack is `host` until [`NamedStacks::tag`].
pub(crate) fn name_stacks(
    capture: &Capture,
    settled: &Settled<'_>,
    namer: &mut Namer<'_>,
    request: &NameRequest,
    tagger: Option<&mut Tagger>,
) -> NamedStacks {
    let map = LocateRequest {
        timeline: namer.timeline(),
        kernel: namer.kernel(),
        is_kernel_exact: namer.has_kernel_code(),
        is_split: request.is_split_by_frame(),
    };
    let blocks = settled.blocks();
    let workers = with_order!(capture.endian(), O => {
        on_name_workers::<O>(&blocks, &map, request, namer)
    });
    let tasks = workers.iter().flat_map(NameWorker::tasks);
    let vms = VmNames::find(tasks, namer.timeline());
    let Classes { list, of_tasks } = Classes::of(&workers, namer, request, &vms, tagger);
    let merger = Merger {
        request,
        classes: &list,
        hasher: &DefaultHashBuilder::default(),
    };
    let pairs = workers.into_iter().zip(of_tasks);
    let merged = on_threads(
        pairs,
        |(mut worker, class_of): (NameWorker<'_>, Vec<u32>)| {
            merger.merge_worker(&blocks, &mut worker, &class_of)
        },
    );
    let mut merged = merged.into_iter();
    let mut all = merged.next().unwrap_or_default();
    merged.for_each(|worker| all.append(worker));
    all.into_stacks(list)
}

//! From unique raw stacks to named ones.
//!
//! Each thread locates blocks of stacks, and one unpacks meanwhile what takes longest to unpack; then it is
//! known which VMs there are, and each names its own; then it is known which threads run a vCPU, and so what
//! stacks must be kept apart; then each thread merges its own.

use std::sync::OnceLock;

use super::classes::Classes;
use super::joined::join;
use super::merge::Merger;
use super::name_worker::{NameWorker, locate_on_workers, name_on_workers};
use super::namer::Namer;
use super::piece_stacks::StackHasher;
use super::request::NameRequest;
use super::stacks::NamedStacks;
use super::vm_names::VmNames;
use crate::bytes::with_order;
use crate::fold::Settled;
use crate::kvm::Tagger;
use crate::locate::LocateRequest;
use crate::parallel::{at_once, give_back, on_threads};
use crate::perf::Capture;
use crate::symbol::EntriesAhead;

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
    let (search, ahead) = (namer.objects.ahead_search(), OnceLock::new());
    let find = || match search.filter(|_| request.threads > 1) {
        Some(search) => with_order!(capture.endian(), O => search.find::<O>(&blocks)),
        None => EntriesAhead::default(),
    };
    let beside = || ahead.get_or_init(find).unpack();
    let ((), (workers, vms)) = at_once(request.threads, beside, || {
        let mut workers = with_order!(capture.endian(), O => {
            locate_on_workers::<O>(&blocks, &map, request)
        });
        let tasks = workers.iter().flat_map(NameWorker::tasks);
        let own_names = || namer.vm_naming().names(capture);
        let vms = VmNames::find(tasks, namer.timeline(), own_names);
        namer.name_guests(vms.of_guests(request.grouping));
        name_on_workers(&mut workers, namer, request, ahead.get_or_init(find));
        (workers, vms)
    });
    give_back(request.threads, ahead);
    let Classes { list, of_tasks } = Classes::of(&workers, namer, request, &vms, tagger);
    let merger = Merger {
        request,
        hasher: &StackHasher::new(),
    };
    let pairs = workers.into_iter().zip(of_tasks);
    let merged = on_threads(pairs, |(worker, class_of): (NameWorker<'_>, Vec<u32>)| {
        merger.merge_worker(&blocks, worker, &class_of)
    });
    join(merged, list, request.threads)
}

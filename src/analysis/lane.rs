//! Stacks located, named and merged, some on each thread.

use std::sync::{Mutex, PoisonError};

use super::Request;
use super::choice::Recorded;
use super::grouping::VmNames;
use super::locate::{Locator, Map};
use super::namer::Namer;
use super::naming::{Merging, Task};
use crate::fold::{MomentStack, Settled};
use crate::perf::bytes::ByteOrder;
use crate::shares::on_threads;
use crate::stack::FrameIx;
use crate::symbol::Unresolved;

/// How many stacks are located before they are named.
const BLOCK: usize = 4096;

/// What all lanes share.
#[derive(Debug)]
pub(super) struct Shared<'s, 'n> {
    /// Asked only for what a block brings: most blocks bring little.
    pub(super) namer: Mutex<&'s mut Namer<'n>>,
    pub(super) request: &'s Request,
    pub(super) vms: &'s VmNames,
    pub(super) recorded: Recorded,
}

/// A thread's share of the stacks on their way from addresses to names.
#[derive(Debug)]
struct Lane<'m, 'a> {
    locator: Locator<'m, 'a>,
    /// The frame of each of the locator's locations, and why it has no name.
    frames: Vec<(FrameIx, Option<Unresolved>)>,
    /// What is known of each of the locator's tasks.
    tasks: Vec<Task>,
    merging: Merging,
}

impl<'a> Lane<'_, 'a> {
    /// Takes in the next stacks.
    fn add<O: ByteOrder>(
        &mut self,
        block: impl Iterator<Item = MomentStack<'a>>,
        shared: &Shared<'_, '_>,
    ) {
        self.locator.locate::<O>(block);
        self.name_new(shared);
        for located in self.locator.stacks() {
            // All locations and tasks of the block are named.
            let path = self.locator.path(located).iter().rev();
            let frames = path.map(|&at| self.frames[at as usize]);
            let task = &self.tasks[located.task as usize];
            let (request, recorded) = (shared.request, shared.recorded);
            self.merging
                .add(located, (task, frames), (request, recorded));
        }
    }

    /// Names the locations and tasks that the last block brought.
    fn name_new(&mut self, shared: &Shared<'_, '_>) {
        let locations = self.locator.locations().get(self.frames.len()..);
        let tasks = self.locator.tasks().get(self.tasks.len()..);
        let (locations, tasks) = (locations.unwrap_or_default(), tasks.unwrap_or_default());
        if locations.is_empty() && tasks.is_empty() {
            return;
        }
        let mut namer = shared.namer.lock().unwrap_or_else(PoisonError::into_inner);
        let named = locations.iter().map(|&location| namer.name(location));
        self.frames.extend(named);
        for &task in tasks {
            let task = self
                .merging
                .task(task, &mut namer, (shared.request, shared.vms));
            self.tasks.push(task);
        }
    }
}

/// Locates, names and merges all stacks, on up to `threads` threads. The stacks keep the order of
/// their first appearance, whatever the number of threads.
pub(super) fn in_lanes<O: ByteOrder>(
    stacks: &Settled<'_>,
    map: &Map<'_>,
    threads: usize,
    shared: &Shared<'_, '_>,
) -> Merging {
    let merging = Merging::default();
    let blocks = stacks.len().div_ceil(BLOCK);
    let share = blocks.div_ceil(threads.max(1)).max(1);
    let mut blocks = stacks.parts(BLOCK);
    let shares = std::iter::from_fn(|| {
        let taken: Vec<_> = blocks.by_ref().take(share).collect();
        (!taken.is_empty()).then_some(taken)
    });
    let merged = on_threads(shares, |blocks| {
        let mut lane = Lane {
            locator: Locator::new(map.clone()),
            frames: Vec::new(),
            tasks: Vec::new(),
            merging: merging.like(),
        };
        for block in blocks {
            lane.add::<O>(block, shared);
        }
        lane.merging
    });
    let mut merged = merged.into_iter();
    let mut all = merged.next().unwrap_or_else(|| merging.like());
    merged.for_each(|later| all.append(later));
    all
}

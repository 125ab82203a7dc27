//! The stacks of all workers put together, with their frames.

use std::ops::Range;

use super::classes::Class;
use super::merge::{StackCounts, WorkerStacks};
use super::piece_stacks::GROUP;
use super::stacks::{MIN_SHARE, NamedStacks, Stack, StackParts};
use super::unnamed::UnnamedSum;
use crate::parallel::{give_back, on_threads};
use crate::stack::{FrameIx, Tag};
use crate::units::Index;

/// Where a stack is.
#[derive(Clone, Copy, Debug)]
struct StackPlace {
    worker: u32,
    /// The position among the stacks of the worker.
    at: u32,
}

/// How many stacks of so many are a thread's.
fn share(stacks: usize, threads: usize) -> usize {
    stacks.div_ceil(threads.max(1)).max(MIN_SHARE)
}

/// Puts the stacks of all workers together, which are of these classes.
pub(super) fn join(
    mut workers: Vec<WorkerStacks>,
    classes: Vec<Class>,
    threads: usize,
) -> NamedStacks {
    let mut all = JoinedStacks::default();
    for worker in 0..workers.len() {
        let known = known(&workers, worker, threads);
        all.add(&mut workers, worker, &known);
    }
    let JoinedStacks { places, counts, .. } = all;
    let share = share(places.len(), threads);
    let lists = on_threads(places.chunks(share).zip(0..), |(own, list)| {
        // Those of other threads are put behind the first one's.
        let room = if list == 0 { places.len() } else { own.len() };
        LaidOutStacks::of(own, list, room, &workers, &classes)
    });
    let (mut stacks, mut unnamed, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    for list in lists {
        parts.push(list.frames);
        if stacks.is_empty() {
            (stacks, unnamed) = (list.stacks, list.unnamed);
        } else {
            stacks.extend(list.stacks);
            unnamed.extend(list.unnamed);
        }
    }
    let are_few = places.len() < MIN_SHARE;
    give_back(if are_few { 1 } else { threads }, (workers, places));
    NamedStacks {
        stacks,
        parts: StackParts {
            lists: parts,
            classes,
        },
        out_of_scope: 0,
        unnamed: counts.unnamed.into_counts(unnamed),
        doubtful: counts.doubtful,
        places: counts.places.into_places(),
    }
}

/// Which of a worker's stacks are those of workers before it, by position.
fn known(workers: &[WorkerStacks], worker: usize, threads: usize) -> Vec<Option<StackPlace>> {
    let (before, own) = (&workers[..worker], &workers[worker]);
    let all = own.stacks.len();
    if before.is_empty() {
        return vec![None; all];
    }
    let share = share(all, threads);
    let shares = (0..all).step_by(share);
    let shares = shares.map(|start| start..all.min(start + share));
    let known = on_threads(shares, |share: Range<usize>| {
        let mut places = vec![None; share.len()];
        for (group, start) in places.chunks_mut(GROUP).zip(share.step_by(GROUP)) {
            find_group(before, own, start, group);
        }
        places
    });
    known.concat()
}

/// The same of some of its stacks, from a position on.
fn find_group(
    before: &[WorkerStacks],
    own: &WorkerStacks,
    start: usize,
    places: &mut [Option<StackPlace>],
) {
    let mut is_found = [false; GROUP];
    for (before, worker) in before.iter().zip(0..) {
        let found = before.find(own, start, &is_found[..places.len()]);
        let found = found.iter().zip(&mut is_found).zip(&mut *places);
        for ((found, is_found), place) in found {
            if let &Some(at) = found {
                (*is_found, *place) = (true, Some(StackPlace { worker, at }));
            }
        }
    }
}

/// Stacks of workers, put together: the samples of one that several have are added to the first of
/// those.
#[derive(Debug, Default)]
struct JoinedStacks {
    /// Where each is.
    places: Vec<StackPlace>,
    counts: StackCounts,
    /// The position of each stack of each worker.
    positions: Vec<Vec<u32>>,
}

impl JoinedStacks {
    /// Adds the stacks of the next worker, of which `known` are there already.
    fn add(&mut self, workers: &mut [WorkerStacks], worker: usize, known: &[Option<StackPlace>]) {
        let (before, rest) = workers.split_at_mut(worker);
        let Some(own) = rest.first_mut() else {
            return;
        };
        let mut positions = Vec::with_capacity(known.len());
        for (known, at) in known.iter().zip(0..) {
            let position = if let &Some(place) = known {
                let position = self.positions[place.worker as usize][place.at as usize];
                let same = &mut before[place.worker as usize].stacks;
                let unnamed = same.get_mut(place.at as usize).add(own.stacks.get(at));
                if let Some(unnamed) = unnamed {
                    self.counts.unnamed.add(position, unnamed);
                }
                position
            } else {
                let (worker, at) = (u32::of(worker), u32::of(at));
                self.places.push(StackPlace { worker, at });
                u32::of(self.places.len() - 1)
            };
            positions.push(position);
        }
        self.counts
            .append(std::mem::take(&mut own.counts), &positions);
        self.positions.push(positions);
    }
}

/// Stacks with a list of their frames.
#[derive(Debug)]
struct LaidOutStacks {
    stacks: Vec<Stack>,
    /// The frames of all, one behind the other, root first.
    frames: Vec<FrameIx>,
    /// Of each its frames without a name that were met first.
    unnamed: Vec<UnnamedSum>,
}

impl LaidOutStacks {
    /// Those of these places, with room for so many.
    fn of(
        places: &[StackPlace],
        list: u32,
        room: usize,
        workers: &[WorkerStacks],
        classes: &[Class],
    ) -> Self {
        let roots = |class: u32| {
            let class = classes.get(class as usize);
            class.map_or(&[][..], |class| &class.roots)
        };
        let merged = places.iter().map(|place| {
            let worker = &workers[place.worker as usize];
            (worker.stacks.get(place.at as usize), worker)
        });
        let lens = merged.clone();
        let lens = lens.map(|(stack, _)| roots(stack.traits.class).len() + stack.frames as usize);
        let mut frames = Vec::with_capacity(lens.sum());
        let mut stacks = Vec::with_capacity(room);
        let mut unnamed = Vec::with_capacity(room);
        for (stack, worker) in merged {
            let start = frames.len();
            frames.extend_from_slice(roots(stack.traits.class));
            worker
                .stacks
                .pieces_of(stack, &worker.runs)
                .push_frames(&mut frames);
            let len = frames.len() - start;
            stacks.push(Stack {
                list,
                start,
                len,
                class: stack.traits.class,
                payload_class: stack.traits.payload_class,
                mode: stack.traits.mode,
                chain_is_empty: stack.traits.chain_is_empty,
                tag: Tag::Host,
                deciding: len,
                samples: stack.samples,
                weight: stack.weight,
            });
            unnamed.push(stack.unnamed);
        }
        Self {
            stacks,
            frames,
            unnamed,
        }
    }
}

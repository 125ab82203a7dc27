//! The stacks of all workers put together, with their frames.

use std::ops::Range;

use super::classes::Class;
use super::merge::{StackCounts, WorkerStacks};
use super::stacks::{MIN_SHARE, NamedStacks, Stack, StackParts};
use crate::parallel::{give_back, on_threads};
use crate::stack::FrameIx;

/// Where the pieces of a stack are.
#[derive(Clone, Copy, Debug)]
struct PiecePlace {
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
    let known: Vec<Vec<Option<PiecePlace>>> = (0..workers.len())
        .map(|worker| known(&workers, worker, threads))
        .collect();
    let mut all = JoinedStacks::default();
    for ((own, known), worker) in workers.iter_mut().zip(&known).zip(0..) {
        all.add(worker, own, known);
    }
    let JoinedStacks {
        mut stacks,
        places,
        counts,
        ..
    } = all;
    let share = share(stacks.len(), threads);
    let shares = stacks.chunks_mut(share).zip(places.chunks(share)).zip(0..);
    let lists = on_threads(shares, |((stacks, places), list)| {
        lay_out(stacks, places, list, &workers, &classes)
    });
    let are_few = stacks.len() < MIN_SHARE;
    give_back(if are_few { 1 } else { threads }, (workers, known, places));
    NamedStacks {
        stacks,
        parts: StackParts { lists, classes },
        out_of_scope: 0,
        unnamed: counts.unnamed.into_counts(),
        doubtful: counts.doubtful,
        places: counts.places.into_places(),
    }
}

/// Which of a worker's stacks are those of workers before it, by position.
fn known(workers: &[WorkerStacks], worker: usize, threads: usize) -> Vec<Option<PiecePlace>> {
    let (before, own) = (&workers[..worker], &workers[worker]);
    let all = own.stacks.len();
    if before.is_empty() {
        return vec![None; all];
    }
    let share = share(all, threads);
    let shares = (0..all).step_by(share);
    let shares = shares.map(|start| start..all.min(start + share));
    let place = |at: usize| {
        let found = before.iter().map(|before| before.find(own, at)).zip(0..);
        found
            .filter_map(|(found, worker)| found.map(|at| PiecePlace { worker, at }))
            .next()
    };
    let known = on_threads(shares, |share: Range<usize>| {
        share.map(place).collect::<Vec<_>>()
    });
    known.concat()
}

/// Stacks of workers, put together.
#[derive(Debug, Default)]
struct JoinedStacks {
    stacks: Vec<Stack>,
    /// Where the pieces of each are.
    places: Vec<PiecePlace>,
    counts: StackCounts,
    /// The position of each stack of each worker.
    positions: Vec<Vec<u32>>,
}

impl JoinedStacks {
    /// Adds the stacks of the next worker, of which `known` are there already.
    fn add(&mut self, worker: u32, own: &mut WorkerStacks, known: &[Option<PiecePlace>]) {
        let counts = std::mem::take(&mut own.counts);
        let own = own.stacks.take_stacks();
        if self.positions.is_empty() {
            let all = (0..).take(own.len());
            self.places
                .extend(all.clone().map(|at| PiecePlace { worker, at }));
            self.positions.push(all.collect());
            (self.stacks, self.counts) = (own, counts);
            return;
        }
        let is_new = |known: &&Option<PiecePlace>| known.is_none();
        let further = known.iter().filter(is_new).count();
        self.stacks.reserve(further);
        self.places.reserve(further);
        let mut positions = Vec::with_capacity(own.len());
        for ((stack, known), at) in own.iter().zip(known).zip(0..) {
            let position = match known {
                Some(PiecePlace { worker, at }) => {
                    let position = self.positions[*worker as usize][*at as usize];
                    self.stacks[position as usize].add(stack);
                    position
                }
                None => {
                    // There are fewer of them than 2^32, as of raw stacks.
                    let position = u32::try_from(self.stacks.len()).unwrap_or(u32::MAX);
                    self.stacks.push(*stack);
                    self.places.push(PiecePlace { worker, at });
                    position
                }
            };
            positions.push(position);
        }
        self.counts.append(counts, &positions);
        self.positions.push(positions);
    }
}

/// Makes a list of the frames of stacks, root first.
fn lay_out(
    stacks: &mut [Stack],
    places: &[PiecePlace],
    list: u32,
    workers: &[WorkerStacks],
    classes: &[Class],
) -> Vec<FrameIx> {
    let mut frames = Vec::with_capacity(stacks.iter().map(|stack| stack.len).sum());
    for (stack, place) in stacks.iter_mut().zip(places) {
        let start = frames.len();
        let class = classes.get(stack.class as usize);
        frames.extend_from_slice(class.map_or(&[], |class| &class.roots));
        let pieces = workers[place.worker as usize].pieces(place.at as usize);
        pieces.push_frames(&mut frames);
        (stack.list, stack.start, stack.len) = (list, start, frames.len() - start);
        stack.deciding = stack.len;
    }
    frames
}

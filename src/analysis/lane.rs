//! Stacks located and named, block by block, some on each thread.

use std::sync::{Mutex, PoisonError};

use super::locate::{Locator, Map, StackPath, TaskKey};
use super::named_runs::NamedRuns;
use super::namer::Namer;
use super::piece::Piece;
use crate::fold::{MomentStack, Settled};
use crate::perf::bytes::ByteOrder;
use crate::shares::by_pieces;
use crate::stack::FrameIx;
use crate::symbol::Unresolved;

/// How many stacks are located before they are named.
const BLOCK: usize = 4096;

/// Frames without a name, one count per sample, by cause.
pub(super) type Causes = [u64; Unresolved::ALL.len()];

/// A thread's share of the stacks on their way from addresses to names.
#[derive(Debug)]
pub(super) struct Lane<'m, 'a> {
    locator: Locator<'m, 'a>,
    /// The frame of each of the locator's locations, and why it has no name.
    frames: Vec<(FrameIx, Option<Unresolved>)>,
    runs: NamedRuns,
    /// The blocks that were taken in, in order.
    pub(super) blocks: Vec<usize>,
    /// Their stacks.
    pub(super) paths: Vec<StackPath>,
    pub(super) causes: Causes,
}

impl<'m, 'a> Lane<'m, 'a> {
    fn new(map: Map<'m>) -> Self {
        Self {
            locator: Locator::new(map),
            frames: Vec::new(),
            runs: NamedRuns::default(),
            blocks: Vec::new(),
            paths: Vec::new(),
            causes: Causes::default(),
        }
    }

    /// Each different thread of its stacks, and whether it has samples of a guest.
    pub(super) fn tasks(&self) -> &[(TaskKey, bool)] {
        self.locator.tasks()
    }

    /// The pieces of all paths, one behind the other, those nearest to the leaf first.
    pub(super) fn pieces(&self) -> &[Piece] {
        self.locator.pieces()
    }

    /// The runs of its pieces.
    pub(super) fn runs(&self) -> &NamedRuns {
        &self.runs
    }

    /// Takes in a block of stacks.
    fn add<O: ByteOrder>(
        &mut self,
        block: impl Iterator<Item = MomentStack<'a>>,
        namer: &Mutex<&mut Namer<'_>>,
    ) {
        let first = self.locator.pieces().len();
        let before = self.paths.len();
        let mut samples = Vec::with_capacity(BLOCK);
        for stack in block {
            samples.push(stack.stack.samples);
            self.paths.push(self.locator.add::<O>(&stack));
        }
        self.name_new(namer);
        // All locations and runs of the block are named.
        let pieces = self.locator.pieces_mut().get_mut(first..);
        let mut pieces = pieces.unwrap_or_default().iter_mut();
        let paths = self.paths.get(before..).unwrap_or_default();
        for (path, samples) in paths.iter().zip(samples) {
            for piece in pieces.by_ref().take(path.pieces as usize) {
                if let Some(at) = piece.as_single() {
                    let (FrameIx(frame), cause) = self.frames[at];
                    *piece = Piece::single(frame);
                    if let Some(cause) = cause {
                        self.causes[cause.index()] += samples;
                    }
                } else {
                    let (number, causes) = self.runs.named(piece.index());
                    *piece = Piece::run(number);
                    for (sum, count) in self.causes.iter_mut().zip(causes.into_iter().flatten()) {
                        *sum += u64::from(*count) * samples;
                    }
                }
            }
        }
    }

    /// Names the locations and runs that the last block brought.
    fn name_new(&mut self, namer: &Mutex<&mut Namer<'_>>) {
        let locations = self.locator.locations().get(self.frames.len()..);
        let locations = locations.unwrap_or_default();
        if !locations.is_empty() {
            let mut namer = namer.lock().unwrap_or_else(PoisonError::into_inner);
            let named = locations.iter().map(|&location| namer.name(location));
            self.frames.extend(named);
        }
        for run in self.locator.runs().from(self.runs.len()) {
            self.runs.add(run, &self.frames);
        }
    }
}

/// Locates and names all stacks, on up to `threads` threads. Which lane has which blocks differs
/// from run to run.
pub(super) fn in_lanes<'m, 'a, O: ByteOrder>(
    stacks: &Settled<'a>,
    map: &Map<'m>,
    threads: usize,
    namer: &mut Namer<'_>,
) -> Vec<Lane<'m, 'a>> {
    // Asked only for what a block brings: most blocks bring little.
    let namer = Mutex::new(namer);
    let make = || Lane::new(map.clone());
    let blocks = stacks.len().div_ceil(BLOCK);
    by_pieces(blocks, threads, make, |lane, block| {
        lane.blocks.push(block);
        lane.add::<O>(block_of(stacks, block), &namer);
    })
}

/// The stacks of a block.
pub(super) fn block_of<'s, 'a>(
    stacks: &'s Settled<'a>,
    block: usize,
) -> impl Iterator<Item = MomentStack<'a>> + use<'s, 'a> {
    stacks.range(block * BLOCK, BLOCK)
}

/// Position of a block's first stack among all.
pub(super) const fn start_of(block: usize) -> usize {
    block * BLOCK
}

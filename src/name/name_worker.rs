//! Stacks located and named, block by block, some on each thread.

use std::sync::{Mutex, TryLockError};

use super::named_runs::NamedRuns;
use super::namer::Namer;
use super::piece::{NamedLocation, NamedPiece};
use super::request::{FrameScope, NameRequest};
use super::unnamed::ReasonIx;
use crate::bytes::ByteOrder;
use crate::fold::Block;
use crate::locate::{LocateRequest, Located, LocatedPiece, LocatedTask, Locator, StackPath};
use crate::parallel::by_pieces;

/// The stacks of a block in pieces that are located, and that [`NameWorker::name`] can name.
#[derive(Debug)]
pub(super) struct LocatedBlock {
    /// Which block it is.
    pub(super) at: usize,
    pub(super) paths: Vec<StackPath>,
    /// The pieces of all paths, one behind the other, those nearest to the leaf first.
    pub(super) pieces: Vec<LocatedPiece>,
}

impl LocatedBlock {
    /// The stacks, each with its pieces.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&StackPath, &[LocatedPiece])> {
        let mut rest = &*self.pieces;
        self.paths.iter().map(move |path| {
            let (own, behind) = rest.split_at(path.pieces as usize);
            rest = behind;
            (path, own)
        })
    }
}

/// A thread's share of the stacks on their way from addresses to names.
#[derive(Debug)]
pub(super) struct NameWorker<'m> {
    locator: Locator<'m>,
    /// Which frames will be shown: the names of others are not missed.
    scope: FrameScope,
    /// The locator's locations with their names, as far as they have been named.
    named: Vec<NamedLocation>,
    runs: NamedRuns,
    /// What was taken in, in order.
    pub(super) blocks: Vec<LocatedBlock>,
}

impl<'m> NameWorker<'m> {
    fn new(map: LocateRequest<'m>, scope: FrameScope) -> Self {
        Self {
            locator: Locator::new(map),
            scope,
            named: Vec::new(),
            runs: NamedRuns::default(),
            blocks: Vec::new(),
        }
    }

    /// Each different thread of its stacks.
    pub(super) fn tasks(&self) -> &[LocatedTask] {
        self.locator.tasks()
    }

    /// The runs of its pieces.
    pub(super) fn runs(&self) -> &NamedRuns {
        &self.runs
    }

    /// Takes in the stacks of a block.
    fn add<O: ByteOrder>(
        &mut self,
        at: usize,
        block: &Block<'_, '_>,
        namer: &Mutex<&mut Namer<'_>>,
    ) {
        let (paths, pieces) = self.locator.block::<O>(block);
        self.blocks.push(LocatedBlock { at, paths, pieces });
        // Whoever reads an object's symbols keeps the namer for long: what is new can wait.
        let mut namer = match namer.try_lock() {
            Ok(namer) => namer,
            Err(TryLockError::Poisoned(namer)) => namer.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        self.name_locations(&mut namer);
        drop(namer);
        self.name_runs();
    }

    /// A piece with the name of its location or of its run.
    #[inline]
    pub(super) fn name(&self, piece: LocatedPiece) -> NamedPiece {
        match piece.get() {
            Located::Location(at) => self.named[at].piece,
            Located::CallerRun(run) => NamedPiece::run(self.runs.named(run).0),
        }
    }

    /// Why frames of a piece have no name, once for each.
    #[inline]
    pub(super) fn reasons(&self, piece: LocatedPiece) -> &[ReasonIx] {
        match piece.get() {
            Located::Location(at) => self.named[at].reason.as_slice(),
            Located::CallerRun(run) => self.runs.named(run).1,
        }
    }

    /// Names the locations that came since the last time.
    fn name_locations(&mut self, namer: &mut Namer<'_>) {
        let locations = self.locator.locations().get(self.named.len()..);
        let runs = &mut self.runs;
        let named = locations.unwrap_or_default().iter().map(|&location| {
            let name = namer.name(location);
            let (piece, reason) = (runs.piece_of(name.frames), name.reason);
            // Functions that are inlined into each other run in one mode.
            let frame = name.frames.first().copied();
            let is_shown = frame.is_none_or(|ix| self.scope.shows(namer.frames.get(ix).mode));
            NamedLocation {
                piece,
                reason: reason.filter(|_| is_shown),
            }
        });
        self.named.extend(named);
    }

    /// Names the runs that came since the last time; all locations must have names.
    fn name_runs(&mut self) {
        for run in self.locator.runs().from(self.runs.len()) {
            self.runs.add(run, &self.named);
        }
    }
}

/// Locates and names all stacks, on as many threads as the request allows. Which worker has which
/// blocks differs from run to run.
pub(super) fn on_name_workers<'m, O: ByteOrder>(
    blocks: &[Block<'_, '_>],
    map: &LocateRequest<'m>,
    request: &NameRequest,
    namer: &mut Namer<'_>,
) -> Vec<NameWorker<'m>> {
    let shared = Mutex::new(&mut *namer);
    let make = || NameWorker::new(map.clone(), request.scope);
    let mut workers = by_pieces(blocks.len(), request.threads, make, |worker, at| {
        if let Some(block) = blocks.get(at) {
            worker.add::<O>(at, block, &shared);
        }
    });
    for worker in &mut workers {
        worker.name_locations(namer);
        worker.name_runs();
    }
    workers
}

//! Stacks located and named, block by block, some on each thread.

use super::calling::Calling;
use super::found_functions::{FoundFunction, FoundFunctions};
use super::named_runs::NamedRuns;
use super::namer::{LocationName, Namer};
use super::piece::{Astray, NamedLocation, NamedLocations, NamedPiece};
use super::request::{FrameScope, NameRequest};
use super::unnamed::{Reason, UnnamedRow};
use super::user_objects::UserObjects;
use crate::bytes::ByteOrder;
use crate::fold::Block;
use crate::locate::{
    LocateRequest, Located, LocatedPiece, LocatedTask, Locator, NumberedLocation, StackMark,
    StackPath,
};
use crate::parallel::{Shares, by_pieces_ended, in_shares_mut};
use crate::stack::FrameTable;
use crate::symbol::{EntriesAhead, Unresolved};
use crate::units::Index;

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
    /// What the locator's locations lie in, until they have names.
    found: FoundFunctions,
    /// The locator's locations with their names.
    named: NamedLocations,
    runs: NamedRuns,
    /// What was taken in, in order.
    pub(super) blocks: Vec<LocatedBlock>,
}

impl<'m> NameWorker<'m> {
    fn new(map: LocateRequest<'m>, scope: FrameScope) -> Self {
        Self {
            locator: Locator::new(map),
            scope,
            found: FoundFunctions::default(),
            named: NamedLocations::default(),
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

    /// The locations of its pieces.
    pub(super) fn locations(&self) -> &NamedLocations {
        &self.named
    }

    /// The runs without the worker, for nothing is named any more.
    pub(super) fn into_runs(self) -> NamedRuns {
        self.runs
    }

    /// Takes in the stacks of a block.
    fn add<O: ByteOrder>(&mut self, at: usize, block: &Block<'_, 'm>) {
        let (paths, pieces) = self.locator.block::<O>(block);
        self.blocks.push(LocatedBlock { at, paths, pieces });
    }

    /// A piece with the name of its location or of its run.
    #[inline]
    pub(super) fn name(&self, piece: LocatedPiece) -> NamedPiece {
        match piece.get() {
            Located::Location(at) => self.named.get(at).shown(),
            Located::CallerRun(run) => NamedPiece::run(self.runs.named(run).0),
        }
    }

    /// The frames of a piece that have no name.
    #[inline]
    pub(super) fn unnamed(&self, piece: LocatedPiece) -> &[UnnamedRow] {
        match piece.get() {
            Located::Location(at) => self.named.get(at).shown_unnamed(),
            Located::CallerRun(run) => self.runs.named(run).1,
        }
    }

    /// Finds the functions of the locations.
    fn find_functions(&mut self, objects: &UserObjects<'_>) {
        self.found = FoundFunctions::of(self.locator.location_count());
        for places in self.locator.objects() {
            objects.find(places, &mut self.found);
        }
    }

    /// Names the locations.
    fn name_locations(&mut self, namer: &mut Namer<'_>) {
        let FoundFunctions { list, of_locations } = std::mem::take(&mut self.found);
        let mut named = NamedLocations {
            places: of_locations,
            list: Vec::with_capacity(list.len()),
        };
        let (scope, runs) = (self.scope, &mut self.runs);
        for found in list {
            let astray = (found.calling == Calling::NoCaller).then(|| namer.astray(found));
            let name = namer.name_in_object(found);
            named.list.push(NamedLocation {
                is_uncalled: found.calling == Calling::NotCalled,
                astray: astray.flatten(),
                ..NamedLocation::of(namer.shown(name), scope, &namer.frames, runs)
            });
        }
        for &NumberedLocation { number, location } in self.locator.elsewhere() {
            let name = namer.name_elsewhere(location);
            named.places[number as usize] = u32::of(named.list.len());
            let location = NamedLocation::of(namer.shown(name), scope, &namer.frames, runs);
            named.list.push(location);
        }
        self.named = named;
    }

    /// Names the runs; all locations must have names.
    fn name_runs(&mut self) {
        for run in self.locator.runs().iter() {
            self.runs.add(run, &self.named);
        }
    }
}

/// Locates all stacks, on as many threads as the request allows. Which worker has which blocks differs
/// from run to run.
pub(super) fn locate_on_workers<'m, O: ByteOrder>(
    blocks: &[Block<'_, 'm>],
    map: &LocateRequest<'m>,
    request: &NameRequest,
) -> Vec<NameWorker<'m>> {
    let make = || NameWorker::new(map.clone(), request.scope);
    let add = |worker: &mut NameWorker<'m>, at| {
        if let Some(block) = blocks.get(at) {
            worker.add::<O>(at, block);
        }
    };
    let end = |worker: &mut NameWorker<'m>| worker.locator.end();
    by_pieces_ended(blocks.len(), request.threads, make, add, end)
}

/// Names what was located. Names are looked for when all locations are known: what it costs to read an
/// object's symbols is decided by how many of them are asked for.
pub(super) fn name_on_workers(
    workers: &mut [NameWorker<'_>],
    namer: &mut Namer<'_>,
    request: &NameRequest,
    ahead: &EntriesAhead,
) {
    let locators = workers.iter().map(|worker| &worker.locator);
    let places = locators.clone().flat_map(Locator::objects);
    namer.objects.read(places, ahead, request.threads);
    let elsewhere = locators.flat_map(Locator::elsewhere);
    let in_kernel = elsewhere.filter_map(|of| of.location.in_kernel());
    namer.read_kernel_objects(in_kernel, request.threads);
    let each = each_alone(workers);
    let objects = &namer.objects;
    in_shares_mut(workers, each, |own| {
        own.iter_mut()
            .for_each(|worker| worker.find_functions(objects));
    });
    namer.frames.reserve(namer.objects.function_count());
    for worker in &mut *workers {
        worker.name_locations(namer);
    }
    in_shares_mut(workers, each, |own| {
        own.iter_mut().for_each(NameWorker::name_runs);
    });
}

/// Fewer locations than that, of all workers, are not worth threads.
const MIN_LOCATIONS: u32 = 1 << 13;

/// A thread for each worker, where there is enough to do.
fn each_alone(workers: &[NameWorker<'_>]) -> Shares {
    let counts = workers.iter().map(|worker| worker.locator.location_count());
    let are_few = counts.fold(0, u32::saturating_add) < MIN_LOCATIONS;
    Shares {
        threads: if are_few { 1 } else { workers.len() },
        least: 1,
    }
}

impl NamedLocation {
    /// A location of that name, which has called what is below it.
    fn of(
        name: LocationName<'_>,
        scope: FrameScope,
        frames: &FrameTable,
        runs: &mut NamedRuns,
    ) -> Self {
        // Functions that are inlined into each other run in one mode.
        let frame = name.frames.first().copied();
        let is_shown = frame.is_none_or(|ix| scope.shows(frames.get(ix).mode));
        let reason = name.reason.filter(|_| is_shown);
        Self {
            piece: runs.piece_of(name.frames),
            unnamed: reason.map(UnnamedRow::of_one),
            is_uncalled: false,
            astray: None,
        }
    }
}

impl Namer<'_> {
    /// What stands in the place of a caller that is none.
    pub(super) fn astray(&mut self, found: FoundFunction) -> Option<Astray> {
        let mark = self.root(StackMark::NoCaller.name());
        let object = self.objects.object_mut(found.dso)?;
        let (object, build_id) = (object.path.clone(), object.build_id.clone());
        let cause = Unresolved::NoCall;
        let reason = self.reasons.intern(Reason {
            object,
            build_id,
            cause,
        });
        let unnamed = UnnamedRow::of_one(reason);
        Some(Astray { mark, unnamed })
    }
}

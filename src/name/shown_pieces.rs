//! What the pieces of located stacks show, close together for many look-ups.

use super::name_worker::NameWorker;
use super::piece::NamedPiece;
use super::unnamed::UnnamedRow;
use crate::locate::{Located, LocatedPiece};

/// What a located piece shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownPiece {
    pub(super) piece: NamedPiece,
    /// Its frames without a name, but for those behind the first ones that have another reason.
    pub(super) unnamed: UnnamedRow,
    /// Whether there are those.
    pub(super) has_further: bool,
    /// Whether a stack ends with it, since what stands above is no caller.
    pub(super) is_last: bool,
}

impl ShownPiece {
    fn new(piece: NamedPiece, unnamed: &[UnnamedRow], is_last: bool) -> Self {
        Self {
            piece,
            unnamed: unnamed.first().copied().unwrap_or(UnnamedRow::NONE),
            has_further: unnamed.len() > 1,
            is_last,
        }
    }
}

/// What the pieces of a worker's stacks show.
#[derive(Debug)]
pub(super) struct ShownPieces<'w> {
    /// Where the list tells of each location, by its number.
    places: &'w [u32],
    list: Vec<ShownPiece>,
    /// Those of runs, by number.
    runs: Vec<ShownPiece>,
}

impl<'w> ShownPieces<'w> {
    /// Those of a worker that has named all.
    pub(super) fn of(worker: &'w NameWorker<'_>) -> Self {
        let (named, runs) = (worker.locations(), worker.runs());
        let list = named.list.iter().map(|location| {
            let is_last = location.astray.is_some();
            ShownPiece::new(location.shown(), location.shown_unnamed(), is_last)
        });
        let of_runs = (0..runs.run_count()).map(|run| {
            let (number, unnamed) = runs.named(run);
            ShownPiece::new(NamedPiece::run(number), unnamed, runs.is_last(run))
        });
        Self {
            places: &named.places,
            list: list.collect(),
            runs: of_runs.collect(),
        }
    }

    #[inline]
    pub(super) fn get(&self, piece: LocatedPiece) -> ShownPiece {
        match piece.get() {
            Located::Location(at) => self.list[self.places[at] as usize],
            Located::CallerRun(run) => self.runs[run],
        }
    }
}

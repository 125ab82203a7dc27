//! What the functions of an object are shown as.

use std::sync::Arc;

use hashbrown::HashMap;

use super::piece::KnownName;
use super::request::FrameDetail;
use super::shown_frame::{shown, shown_readable};
use crate::parallel::by_pieces;
use crate::symbol::{ObjectSymbols, Unresolved};
use crate::units::{Index, Svma};

/// Fewer names are not worth a thread: to make one readable takes some microseconds.
const NAMES_A_THREAD: usize = 200;

/// How many names a thread takes at a time. Long ones lie together, so that the halves of a table differ
/// much in what they cost.
const NAMES_A_PIECE: usize = 64;

/// What a function is shown as.
#[derive(Debug)]
pub(super) struct ShownFunction {
    pub(super) name: Arc<str>,
    /// The name of its places of which debug information tells nothing more, once one was asked for.
    pub(super) known: Option<KnownName>,
}

/// What functions are shown as, each at a position.
#[derive(Debug)]
pub(super) struct ShownNames {
    list: Vec<ShownFunction>,
    /// Positions by where functions begin.
    positions: HashMap<Svma, u32>,
}

impl ShownNames {
    /// The position of the function that begins there.
    pub(super) fn position(&self, start: Svma) -> Option<u32> {
        self.positions.get(&start).copied()
    }

    /// The function of a position.
    #[inline]
    pub(super) fn get(&self, at: u32) -> Option<&ShownFunction> {
        self.list.get(at.position())
    }

    /// The same, to be changed.
    #[inline]
    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut ShownFunction> {
        self.list.get_mut(at.position())
    }

    /// Number of functions.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}

/// What the functions are shown as that were read, in their order.
pub(super) fn shown_names(
    symbols: &Result<ObjectSymbols, Unresolved>,
    detail: FrameDetail,
    threads: usize,
) -> ShownNames {
    let known = symbols.as_ref().ok();
    let symbols: Vec<_> = symbols.iter().flat_map(ObjectSymbols::iter).collect();
    let threads = threads.min(symbols.len().div_ceil(NAMES_A_THREAD));
    let pieces: Vec<_> = symbols.chunks(NAMES_A_PIECE).collect();
    let shown = by_pieces(pieces.len(), threads, Vec::new, |done, at| {
        let symbols = pieces.get(at).copied().unwrap_or_default();
        let shown = symbols.iter().map(|symbol| {
            let readable = known.and_then(|known| known.readable(symbol.start));
            let name = match readable.filter(|_| !detail.raw_names) {
                Some(readable) => shown_readable(readable.into(), detail),
                None => shown(symbol.name, detail),
            };
            let name = Arc::from(name);
            ShownFunction { name, known: None }
        });
        done.push((at, shown.collect::<Vec<_>>()));
    });
    let mut shown: Vec<_> = shown.into_iter().flatten().collect();
    shown.sort_unstable_by_key(|&(at, _)| at);
    let shown = shown.into_iter().flat_map(|(_, shown)| shown);
    let starts = symbols.iter().map(|symbol| symbol.start);
    ShownNames {
        list: shown.collect(),
        positions: starts.zip(0..).collect(),
    }
}

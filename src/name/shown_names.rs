//! What the functions of an object are shown as.

use hashbrown::HashMap;

use super::request::FrameDetail;
use super::shown_frame::shown;
use crate::parallel::{Shares, in_shares};
use crate::symbol::{ObjectSymbols, Unresolved};
use crate::units::Svma;

/// Fewer names are not worth a thread: to make one readable takes some microseconds.
const NAMES_A_THREAD: usize = 200;

/// What the functions are shown as that were read, by where they begin.
pub(super) fn shown_names(
    symbols: &Result<ObjectSymbols, Unresolved>,
    detail: FrameDetail,
    threads: usize,
) -> HashMap<Svma, Box<str>> {
    let symbols: Vec<_> = symbols.iter().flat_map(ObjectSymbols::iter).collect();
    let shares = Shares {
        threads,
        least: NAMES_A_THREAD,
    };
    let shown = in_shares(&symbols, shares, |share| {
        let shown = share.iter().map(|symbol| {
            let name = shown(symbol.name, detail);
            (symbol.start, Box::from(name))
        });
        shown.collect::<Vec<_>>()
    });
    shown.into_iter().flatten().collect()
}

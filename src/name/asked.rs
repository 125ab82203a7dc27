//! What names are asked for, object by object.

use hashbrown::HashMap;

use crate::locate::{HitPlace, ObjectPlaces};
use crate::space::DsoIx;
use crate::units::FileOffset;

/// An object, and all places in it that names are asked for.
#[derive(Debug)]
pub(super) struct AskedObject<'l> {
    pub(super) dso: DsoIx,
    /// Those of each thread.
    of_threads: Vec<&'l ObjectPlaces>,
}

impl AskedObject<'_> {
    /// The places in order, each once: threads come upon the same ones.
    pub(super) fn places(&self) -> Vec<FileOffset> {
        let lists = self.of_threads.iter();
        in_order(lists.flat_map(|of| [&*of.exact, &*of.before_returns]))
    }

    /// Those of them that lie before return addresses.
    pub(super) fn before_returns(&self) -> Vec<FileOffset> {
        in_order(self.of_threads.iter().map(|of| &*of.before_returns))
    }

    /// How many places there are, those twice that two threads came upon.
    fn len(&self) -> usize {
        let lens = self.of_threads.iter();
        lens.map(|of| of.exact.len() + of.before_returns.len())
            .sum()
    }
}

/// The places of lists that are in order.
fn in_order<'l>(lists: impl Iterator<Item = &'l [HitPlace]>) -> Vec<FileOffset> {
    let mut places: Vec<FileOffset> = lists.flatten().map(|place| place.lookup).collect();
    // A sort that keeps the order of equal ones merges lists that are in order.
    places.sort();
    places.dedup();
    places
}

/// The objects that places lie in, those with the most places first.
pub(super) fn asked_objects<'l>(
    places: impl Iterator<Item = &'l ObjectPlaces>,
) -> Vec<AskedObject<'l>> {
    let mut objects: HashMap<DsoIx, AskedObject<'_>> = HashMap::new();
    for of_thread in places {
        let dso = of_thread.dso;
        let asked = objects.entry(dso).or_insert_with(|| AskedObject {
            dso,
            of_threads: Vec::new(),
        });
        asked.of_threads.push(of_thread);
    }
    let mut asked: Vec<AskedObject<'_>> = objects.into_values().collect();
    asked.sort_unstable_by_key(|asked| (std::cmp::Reverse(asked.len()), asked.dso));
    asked
}

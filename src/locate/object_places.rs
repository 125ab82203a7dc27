//! The places in objects that addresses led to, each different one once.
//!
//! Most locations are such places, and most of these are met in few stacks: each object has tables of
//! its own, of small entries.

use hashbrown::HashMap;

use crate::space::DsoIx;
use crate::units::{FileOffset, Index};

/// A place in an object's file that addresses led to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HitPlace {
    /// The place in the file of the address that is looked up.
    pub(crate) lookup: FileOffset,
    /// The number of its location.
    pub(crate) location: u32,
}

/// The places in an object, in order of these. All processes that map it share them.
#[derive(Debug)]
pub(crate) struct ObjectPlaces {
    pub(crate) dso: DsoIx,
    /// Those of instructions.
    pub(crate) exact: Vec<HitPlace>,
    /// Those of bytes before return addresses, whose own bytes the object has too.
    pub(crate) before_returns: Vec<HitPlace>,
}

/// Numbers of locations, by the place.
type PlaceTable = HashMap<FileOffset, u32>;

/// The places in one object.
#[derive(Clone, Debug, Default)]
struct PlaceTables {
    exact: PlaceTable,
    before_returns: PlaceTable,
}

/// The places in all objects, by the index of each object.
#[derive(Debug, Default)]
pub(super) struct PlaceNumbers {
    tables: Vec<PlaceTables>,
}

impl PlaceNumbers {
    /// The number of the location of an instruction in an object; `next` becomes that of a place that
    /// is new.
    #[inline]
    pub(super) fn exact(&mut self, dso: DsoIx, lookup: FileOffset, next: &mut u32) -> u32 {
        number(&mut self.tables_of(dso).exact, lookup, next)
    }

    /// The same of the byte before a return address.
    #[inline]
    pub(super) fn before_return(&mut self, dso: DsoIx, lookup: FileOffset, next: &mut u32) -> u32 {
        number(&mut self.tables_of(dso).before_returns, lookup, next)
    }

    fn tables_of(&mut self, dso: DsoIx) -> &mut PlaceTables {
        let at = dso.position();
        if self.tables.len() <= at {
            self.tables.resize_with(at + 1, PlaceTables::default);
        }
        &mut self.tables[at]
    }

    /// The places of each object that has any, in order of the objects' indexes.
    pub(super) fn into_objects(self) -> Vec<ObjectPlaces> {
        let objects = (0..).map(DsoIx).zip(self.tables);
        let objects = objects.map(|(dso, tables)| ObjectPlaces {
            dso,
            exact: in_order(tables.exact),
            before_returns: in_order(tables.before_returns),
        });
        let is_hit = |of: &ObjectPlaces| !of.exact.is_empty() || !of.before_returns.is_empty();
        objects.filter(is_hit).collect()
    }
}

#[inline]
fn number(known: &mut PlaceTable, lookup: FileOffset, next: &mut u32) -> u32 {
    *known.entry(lookup).or_insert_with(|| {
        let number = *next;
        *next += 1;
        number
    })
}

fn in_order(numbers: PlaceTable) -> Vec<HitPlace> {
    let places = numbers.into_iter();
    let places = places.map(|(lookup, location)| HitPlace { lookup, location });
    let mut places: Vec<HitPlace> = places.collect();
    places.sort_unstable_by_key(|place| place.lookup);
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By definition: equal places of one object and kind have one number, all others their own.
    #[test]
    fn a_place_has_one_number() {
        let (mut places, mut next) = (PlaceNumbers::default(), 5);
        let [low, high] = [0x10, 0x20].map(FileOffset::new);
        let (first, third) = (DsoIx(1), DsoIx(3));
        assert_eq!(places.exact(third, high, &mut next), 5);
        assert_eq!(places.exact(third, low, &mut next), 6);
        assert_eq!(places.before_return(third, low, &mut next), 7);
        assert_eq!(places.exact(first, low, &mut next), 8);
        assert_eq!(places.exact(third, high, &mut next), 5);
        assert_eq!(next, 9);
        let numbers = |places: &[HitPlace]| -> Vec<u32> {
            places.iter().map(|place| place.location).collect()
        };
        let objects = places.into_objects();
        let of_each = objects
            .iter()
            .map(|of| (of.dso, numbers(&of.exact), numbers(&of.before_returns)));
        let all: Vec<_> = of_each.collect();
        assert_eq!(
            all,
            [(first, vec![8], vec![]), (third, vec![6, 5], vec![7])]
        );
    }
}

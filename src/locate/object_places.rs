//! The places in objects that addresses led to.
//!
//! Most locations are such places, and each object has lists of its own, of small entries. Which places
//! are the same is seen where they are in order. Callers alone are asked for that before: runs of them
//! are to be the same.

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
    /// Those of instructions; the same place may have several numbers, one behind the other.
    pub(crate) exact: Vec<HitPlace>,
    /// Those of bytes before return addresses, whose own bytes the object has too; each once.
    pub(crate) before_returns: Vec<HitPlace>,
}

/// Numbers of locations, by the place.
type PlaceTable = HashMap<FileOffset, u32>;

/// The places in one object.
#[derive(Clone, Debug, Default)]
struct NumberedPlaces {
    exact: Vec<HitPlace>,
    before_returns: PlaceTable,
}

/// The places in all objects, by the index of each object.
#[derive(Debug, Default)]
pub(super) struct PlaceNumbers {
    objects: Vec<NumberedPlaces>,
}

impl PlaceNumbers {
    /// The number of the location of an instruction in an object: the next one. Most are met once, and
    /// the address cache knows those that are met often.
    #[inline]
    pub(super) fn exact(&mut self, dso: DsoIx, lookup: FileOffset, next: &mut u32) -> u32 {
        let location = take(next);
        let place = HitPlace { lookup, location };
        self.places_of(dso).exact.push(place);
        location
    }

    /// The number of the location of the byte before a return address.
    #[inline]
    pub(super) fn before_return(&mut self, dso: DsoIx, lookup: FileOffset, next: &mut u32) -> u32 {
        let known = self.places_of(dso).before_returns.entry(lookup);
        *known.or_insert_with(|| take(next))
    }

    fn places_of(&mut self, dso: DsoIx) -> &mut NumberedPlaces {
        let at = dso.position();
        if self.objects.len() <= at {
            self.objects.resize_with(at + 1, NumberedPlaces::default);
        }
        &mut self.objects[at]
    }

    /// The places of each object that has any, in order of the objects' indexes.
    pub(super) fn into_objects(self) -> Vec<ObjectPlaces> {
        let objects = (0..).map(DsoIx).zip(self.objects);
        let objects = objects.map(|(dso, of)| {
            let before_returns = of.before_returns.into_iter();
            let before_returns =
                before_returns.map(|(lookup, location)| HitPlace { lookup, location });
            ObjectPlaces {
                dso,
                exact: in_order(of.exact),
                before_returns: in_order(before_returns.collect()),
            }
        });
        let is_hit = |of: &ObjectPlaces| !of.exact.is_empty() || !of.before_returns.is_empty();
        objects.filter(is_hit).collect()
    }
}

fn take(next: &mut u32) -> u32 {
    // A piece of a stack has 31 bits for it. So many would take 32 GB here, and as much in the stacks.
    let number = *next;
    *next += 1;
    number
}

fn in_order(mut places: Vec<HitPlace>) -> Vec<HitPlace> {
    places.sort_unstable_by_key(|place| place.lookup);
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By definition: places are in order, and equal callers of one object have one number.
    #[test]
    fn a_caller_has_one_number() {
        let (mut places, mut next) = (PlaceNumbers::default(), 5);
        let [low, high] = [0x10, 0x20].map(FileOffset::new);
        let (first, third) = (DsoIx(1), DsoIx(3));
        assert_eq!(places.exact(third, high, &mut next), 5);
        assert_eq!(places.exact(third, low, &mut next), 6);
        assert_eq!(places.before_return(third, low, &mut next), 7);
        assert_eq!(places.before_return(first, low, &mut next), 8);
        assert_eq!(places.before_return(third, low, &mut next), 7);
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
            [(first, vec![], vec![8]), (third, vec![6, 5], vec![7])]
        );
    }
}

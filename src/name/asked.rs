//! What names are asked for, object by object.

use hashbrown::HashMap;

use crate::locate::Location;
use crate::space::DsoIx;
use crate::units::FileOffset;

/// An object, and all places in it that names are asked for.
#[derive(Debug)]
pub(super) struct AskedObject {
    pub(super) dso: DsoIx,
    places: Vec<FileOffset>,
    /// Those of them that lie before return addresses.
    pub(super) before_returns: Vec<FileOffset>,
}

impl AskedObject {
    /// The places in order, each once: threads come upon the same ones.
    pub(super) fn places(&self) -> Vec<FileOffset> {
        let mut places = self.places.clone();
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// The objects that locations lie in, those with the most places first.
pub(super) fn asked_objects<'l>(
    locations: impl Iterator<Item = &'l Location>,
    judges_callers: bool,
) -> Vec<AskedObject> {
    let mut objects: HashMap<DsoIx, AskedObject> = HashMap::new();
    for &location in locations {
        let (Location::Object { dso, lookup } | Location::BeforeReturn { dso, lookup }) = location
        else {
            continue;
        };
        let asked = objects.entry(dso).or_insert_with(|| AskedObject {
            dso,
            places: Vec::new(),
            before_returns: Vec::new(),
        });
        asked.places.push(lookup);
        if judges_callers && matches!(location, Location::BeforeReturn { .. }) {
            asked.before_returns.push(lookup);
        }
    }
    let mut asked: Vec<AskedObject> = objects.into_values().collect();
    asked.sort_unstable_by_key(|asked| (std::cmp::Reverse(asked.places.len()), asked.dso));
    asked
}

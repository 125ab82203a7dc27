//! The functions that places in objects lie in.

use super::calling::Calling;
use super::piece::KnownName;
use super::shown_names::ShownFunction;
use super::user_objects::{UserObject, UserObjects};
use crate::locate::ObjectPlaces;
use crate::space::DsoIx;
use crate::symbol::{CodeChainIx, ObjectSymbol, Unresolved};
use crate::units::{FileOffset, Index, Svma};

/// What places in an object were found to lie in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FoundFunction {
    pub(super) dso: DsoIx,
    /// Where the function starts, or why there is none.
    pub(super) start: Result<Svma, Unresolved>,
    /// Its position among the shown names of the object.
    pub(super) shown: Option<u32>,
    /// What debug information tells of the places; `None` when it tells nothing more.
    pub(super) chain: Option<CodeChainIx>,
    /// What the places say about calls.
    pub(super) calling: Calling,
}

/// What a thread's locations were found to lie in.
#[derive(Debug, Default)]
pub(super) struct FoundFunctions {
    /// Places of one object that follow each other mostly lie in one function, which is here once.
    pub(super) list: Vec<FoundFunction>,
    /// Where the list tells of each location, by its number; 0 for those that lie in no object.
    pub(super) of_locations: Vec<u32>,
}

impl FoundFunctions {
    /// Nothing is found of so many locations.
    pub(super) fn of(locations: u32) -> Self {
        Self {
            list: Vec::new(),
            of_locations: vec![0; locations.position()],
        }
    }

    #[inline]
    fn add(&mut self, found: FoundFunction) {
        if self.list.last() != Some(&found) {
            self.list.push(found);
        }
    }

    /// A location lies in what was found last.
    #[inline]
    fn place(&mut self, location: u32) {
        if let Some(of_location) = self.of_locations.get_mut(location.position()) {
            *of_location = u32::of(self.list.len() - 1);
        }
    }
}

impl UserObjects<'_> {
    /// Finds the functions that places of an object lie in.
    pub(super) fn find(&self, places: &ObjectPlaces, found: &mut FoundFunctions) {
        let dso = places.dso;
        let mut search = self.objects.get(&dso).map(PlaceSearch::new);
        let mut find = |lookup: FileOffset, is_before_return: bool| match &mut search {
            Some(search) => search.find(dso, lookup, is_before_return),
            None => FoundFunction {
                dso,
                start: Err(Unresolved::NoFile),
                shown: None,
                chain: None,
                calling: Calling::Caller,
            },
        };
        let mut latest = None;
        for place in &places.exact {
            if latest != Some(place.lookup) {
                found.add(find(place.lookup, false));
                latest = Some(place.lookup);
            }
            found.place(place.location);
        }
        for place in &places.before_returns {
            found.add(find(place.lookup, true));
            found.place(place.location);
        }
    }
}

/// Where a function begins, and its position among the shown names.
#[derive(Clone, Copy, Debug)]
struct LastFunction {
    start: Svma,
    shown: Option<u32>,
}

/// Looks up places of an object, of which most lie near the one before.
#[derive(Debug)]
struct PlaceSearch<'o> {
    object: &'o UserObject,
    /// Where the last one was found.
    near: usize,
    /// The last function.
    last: Option<LastFunction>,
}

impl<'o> PlaceSearch<'o> {
    fn new(object: &'o UserObject) -> Self {
        Self {
            object,
            near: 0,
            last: None,
        }
    }

    fn find(&mut self, dso: DsoIx, lookup: FileOffset, is_before_return: bool) -> FoundFunction {
        let object = self.object;
        let symbols = object.symbols.as_ref().ok();
        let at = symbols.and_then(|symbols| symbols.svma_of(lookup));
        let found = self.symbol(at, is_before_return);
        let start = found.map(|symbol| symbol.start);
        let is_without_call = is_before_return && object.not_called.contains(&lookup);
        let name = found.ok().map(|symbol| symbol.name);
        let at = start.ok().zip(at);
        FoundFunction {
            dso,
            start,
            shown: start.ok().and_then(|start| self.shown(start)),
            chain: at.and_then(|(start, at)| object.chain(at, start)),
            calling: Calling::of(name, is_without_call),
        }
    }

    /// The position of a function among the shown names.
    fn shown(&mut self, start: Svma) -> Option<u32> {
        let last = self.last.filter(|last| last.start == start);
        let last = last.unwrap_or_else(|| LastFunction {
            start,
            shown: self.object.shown_names.position(start),
        });
        self.last = Some(last);
        last.shown
    }

    fn symbol(
        &mut self,
        at: Option<Svma>,
        is_before_return: bool,
    ) -> Result<ObjectSymbol<'o>, Unresolved> {
        let symbols = self.object.symbols.as_ref().map_err(|cause| *cause)?;
        let found = match at {
            Some(at) if is_before_return => symbols.look_up_before_return(at, &mut self.near),
            Some(at) => symbols.look_up_near(at, &mut self.near),
            None => Err(Unresolved::NoSymbol),
        };
        found.map_err(|cause| {
            if symbols.is_stripped() {
                Unresolved::Stripped
            } else {
                cause
            }
        })
    }
}

impl UserObject {
    /// What a function is shown as.
    #[inline]
    pub(super) fn shown(&self, found: FoundFunction) -> Option<&ShownFunction> {
        self.shown_names.get(found.shown?)
    }

    /// The name of places that lie in the same, where one was asked for.
    #[inline]
    pub(super) fn known(&self, found: FoundFunction) -> Option<KnownName> {
        match self.shown(found).filter(|_| found.chain.is_none()) {
            Some(shown) => shown.known,
            None => self.known.get(&(found.start, found.chain)).copied(),
        }
    }

    /// Keeps the name of places for those that lie in the same.
    #[inline]
    pub(super) fn keep(&mut self, found: FoundFunction, name: KnownName) {
        let shown = found.shown.filter(|_| found.chain.is_none());
        match shown.and_then(|at| self.shown_names.get_mut(at)) {
            Some(shown) => shown.known = Some(name),
            None => {
                self.known.insert((found.start, found.chain), name);
            }
        }
    }

    /// What debug information tells of an address in the function that starts there.
    fn chain(&self, at: Svma, start: Svma) -> Option<CodeChainIx> {
        let code = self.code.as_ref()?;
        // A trampoline that is returned to starts behind the place.
        code.chain_at(at).filter(|_| start <= at)
    }
}

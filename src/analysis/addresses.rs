//! Where single addresses lie: in the kernel, in an object, or nowhere.

use std::hash::Hash;
use std::sync::Arc;

use hashbrown::HashMap;

use super::passage::Passage;
use super::recent::Recent;
use crate::space::{AddressSpace, DsoIx, Mapping, Moment, Timeline};
use crate::symbol::KernelSymbols;
use crate::units::{Avma, CpuMode, FileOffset, Pid};

/// Where an address lies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Location {
    /// In the kernel or in one of its modules: where its function begins, or where a function is
    /// missing.
    Kernel(Avma),
    /// In an object that a process maps; all processes that map it share the location.
    Object(DsoIx, FileOffset),
    /// Nowhere in what the process maps.
    Unmapped,
    /// In a guest.
    Guest(CpuMode),
    /// The capture does not tell whose address it is.
    Unknown(CpuMode),
    /// Nowhere: stands above the last branches of an event without call chains.
    LastBranches,
}

/// A process in a time in which its mappings stay the same.
type SpaceKey = (Pid, Moment);
/// What a process maps, in order of address.
type Space = Box<[Mapping]>;

/// The locations of the addresses that were asked for.
#[derive(Debug)]
pub(super) struct Addresses<'m> {
    timeline: &'m Timeline,
    symbols: Option<Arc<KernelSymbols>>,
    /// Each different location so far.
    locations: Vec<Location>,
    kernel: HashMap<Avma, (u32, Passage)>,
    /// The same by where the address's function begins.
    functions: HashMap<Avma, (u32, Passage)>,
    objects: HashMap<(DsoIx, FileOffset), u32>,
    others: HashMap<Location, u32>,
    unmapped: Option<u32>,
    /// What processes map, in order of address; the position of each in the list is its number.
    spaces: Vec<Space>,
    space_index: HashMap<SpaceKey, u32>,
    /// The process of the last user address, and its number: a stack has many.
    recent_space: Option<(SpaceKey, u32)>,
    /// Where addresses were met lately.
    recent: Recent,
}

impl<'m> Addresses<'m> {
    /// Nothing is known yet. Without `symbols` every kernel frame counts as a call.
    pub(super) fn new(timeline: &'m Timeline, symbols: Option<Arc<KernelSymbols>>) -> Self {
        Self {
            timeline,
            symbols,
            locations: Vec::new(),
            kernel: HashMap::new(),
            functions: HashMap::new(),
            objects: HashMap::new(),
            others: HashMap::new(),
            unmapped: None,
            spaces: Vec::new(),
            space_index: HashMap::new(),
            recent_space: None,
            recent: Recent::new(),
        }
    }

    /// Each different location so far.
    pub(super) fn locations(&self) -> &[Location] {
        &self.locations
    }

    /// The location of an address of the host's, in the kernel or in a numbered space, as an index
    /// into the list; and what its function means for the frames that called it.
    #[inline]
    pub(super) fn locate(&mut self, space: u32, lookup: Avma) -> (u32, Passage) {
        let known = self.recent.get(space, lookup);
        known.unwrap_or_else(|| self.look_up(space, lookup))
    }

    #[inline(never)]
    fn look_up(&mut self, space: u32, lookup: Avma) -> (u32, Passage) {
        let found = if space == Recent::KERNEL {
            self.kernel(lookup)
        } else {
            (self.user(space, lookup), Passage::Call)
        };
        self.recent.set(space, lookup, found);
        found
    }

    fn kernel(&mut self, lookup: Avma) -> (u32, Passage) {
        if let Some(&known) = self.kernel.get(&lookup) {
            return known;
        }
        let symbol = self.symbols.as_deref();
        let symbol = symbol.and_then(|kernel| kernel.look_up(lookup).ok());
        let at = symbol.as_ref().map_or(lookup, |symbol| symbol.range.start);
        let locations = &mut self.locations;
        let found = *self.functions.entry(at).or_insert_with(|| {
            locations.push(Location::Kernel(at));
            let passage = symbol.map_or(Passage::Call, |symbol| Passage::of(symbol.name));
            (index_of_last(locations), passage)
        });
        self.kernel.insert(lookup, found);
        found
    }

    fn user(&mut self, space: u32, lookup: Avma) -> u32 {
        let Some(mapping) = self.mapping(space, lookup) else {
            return self.unmapped();
        };
        let place = (mapping.dso, mapping.offset_of(lookup));
        let location = Location::Object(place.0, place.1);
        number(place, location, &mut self.objects, &mut self.locations)
    }

    /// The location of all addresses that lie nowhere. Code without frame pointers leaves many.
    fn unmapped(&mut self) -> u32 {
        let locations = &mut self.locations;
        *self.unmapped.get_or_insert_with(|| {
            locations.push(Location::Unmapped);
            index_of_last(locations)
        })
    }

    /// The location of an address that is not looked up.
    pub(super) fn other(&mut self, location: Location) -> u32 {
        number(location, location, &mut self.others, &mut self.locations)
    }

    /// The number of what a process maps.
    #[inline]
    pub(super) fn space(&mut self, (pid, moment): (Pid, Moment)) -> u32 {
        let key = (pid, moment.of_space());
        if let Some((recent, number)) = self.recent_space
            && recent == key
        {
            return number;
        }
        let (spaces, timeline) = (&mut self.spaces, self.timeline);
        let number = *self.space_index.entry(key).or_insert_with(|| {
            let space = timeline.space(pid, moment).into_iter();
            spaces.push(space.flat_map(AddressSpace::iter).copied().collect());
            index_of_last(spaces)
        });
        self.recent_space = Some((key, number));
        number
    }

    /// What is mapped at an address of a numbered space.
    fn mapping(&self, space: u32, lookup: Avma) -> Option<Mapping> {
        let space = self.spaces.get(space as usize)?;
        // What lies nowhere is mostly no address at all, and far from all that is mapped.
        if lookup < space.first()?.start || lookup >= space.last()?.end {
            return None;
        }
        let above = space.partition_point(|mapping| mapping.start <= lookup);
        let below = space.get(above.checked_sub(1)?)?;
        (lookup < below.end).then_some(*below)
    }
}

/// The position in `list` of what is known by `key`; `item` goes to its end when it is new.
#[inline]
pub(super) fn number<K: Hash + Eq, T>(
    key: K,
    item: T,
    known: &mut HashMap<K, u32>,
    list: &mut Vec<T>,
) -> u32 {
    *known.entry(key).or_insert_with(|| {
        list.push(item);
        index_of_last(list)
    })
}

/// Lists of more than 2^32 entries do not fit into memory.
fn index_of_last<T>(list: &[T]) -> u32 {
    u32::try_from(list.len() - 1).unwrap_or(u32::MAX)
}

//! Where single addresses lie: in the kernel, in an object, or nowhere.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::address_cache::{AddressCache, LocatedAddress};
use super::frame_entry::FrameEntry;
use super::kernel_function::kernel_symbol;
use super::location::{Location, NumberedLocation};
use super::object_places::{ObjectPlaces, PlaceNumbers};
use super::spaces::{EmptyStretch, Spaces};
use crate::fold::ChainFrame;
use crate::space::{DsoIx, KernelEpoch, Mapping, TaskEpoch, Timeline};
use crate::symbol::{KernelSymbols, VsyscallEntry};
use crate::units::{Avma, Pid};

/// A process in a time in which its mappings stay the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct SpaceKey {
    pub(super) pid: Pid,
    pub(super) task_epoch: TaskEpoch,
}

/// What the kernel calls the page of return probes. Source: `xol_mapping`,
/// `kernel/events/uprobes.c`, Linux 6.12.
const RETURN_PROBES: &str = "[uprobes]";

/// The locations of the addresses that were asked for.
#[derive(Debug)]
pub(crate) struct Addresses<'m> {
    timeline: &'m Timeline,
    symbols: Option<Arc<KernelSymbols>>,
    /// Whether the parts of the kernel's functions are told apart.
    is_exact: bool,
    /// Whether a process has a page of return probes.
    has_return_probes: bool,
    /// Number of locations so far: they are numbered as they are met.
    next: u32,
    /// Those in objects.
    places: PlaceNumbers,
    /// The same in order of object and place, when there are no further ones.
    objects: Vec<ObjectPlaces>,
    /// The others, in the order of their numbers.
    elsewhere: Vec<NumberedLocation>,
    /// Kernel locations by the address that is looked up, and whether a return leads behind it.
    kernel: HashMap<(Avma, bool, KernelEpoch), LocatedAddress>,
    /// The same by where the address's function begins.
    functions: HashMap<Avma, LocatedAddress>,
    others: HashMap<Location, u32>,
    unmapped: Option<u32>,
    spaces: Spaces<'m>,
    space_index: HashMap<SpaceKey, u32>,
    /// The numbers of the kernel's epochs, where there are several.
    kernel_spaces: HashMap<u32, KernelEpoch>,
    kernel_index: HashMap<KernelEpoch, u32>,
    /// The process of the last user address, and its number: a stack has many.
    recent_space: Option<(SpaceKey, u32)>,
    /// Where recent addresses lie.
    cache: AddressCache,
    /// What lies around the last address that is nowhere.
    empty: Option<EmptyStretch>,
}

impl<'m> Addresses<'m> {
    /// Nothing is known yet. Without `symbols` every kernel frame counts as a call.
    pub(crate) fn new(timeline: &'m Timeline, symbols: Option<Arc<KernelSymbols>>) -> Self {
        let mut objects = (0..timeline.dso_count()).map(DsoIx);
        let is_probes = |ix| {
            timeline
                .dso(ix)
                .is_some_and(|dso| dso.path == RETURN_PROBES)
        };
        Self {
            timeline,
            symbols,
            is_exact: false,
            has_return_probes: objects.any(is_probes),
            next: 0,
            places: PlaceNumbers::default(),
            objects: Vec::new(),
            elsewhere: Vec::new(),
            kernel: HashMap::new(),
            functions: HashMap::new(),
            others: HashMap::new(),
            unmapped: None,
            spaces: Spaces::default(),
            space_index: HashMap::new(),
            kernel_spaces: HashMap::new(),
            kernel_index: HashMap::new(),
            recent_space: None,
            cache: AddressCache::new(),
            empty: None,
        }
    }

    /// Tells the parts of the kernel's functions apart, as debug information does.
    #[must_use]
    pub(super) fn exact(mut self, is_exact: bool) -> Self {
        self.is_exact = is_exact;
        self
    }

    /// Puts places in order, and gives back what only looking up needs; none may follow.
    pub(super) fn end(&mut self) {
        self.kernel = HashMap::new();
        self.functions = HashMap::new();
        self.spaces = Spaces::default();
        self.objects = std::mem::take(&mut self.places).into_objects();
    }

    /// Number of locations so far.
    pub(super) fn count(&self) -> u32 {
        self.next
    }

    /// Those that lie in objects, in order of object and place; none before [`Self::end`].
    pub(super) fn objects(&self) -> &[ObjectPlaces] {
        &self.objects
    }

    /// The others, in the order of their numbers.
    pub(super) fn elsewhere(&self) -> &[NumberedLocation] {
        &self.elsewhere
    }

    /// The location of an address of the host's, in the kernel or in a numbered space, as an index
    /// into the list, and what its function means for the frames that called it.
    #[inline]
    pub(super) fn locate(&mut self, space: u32, at: &ChainFrame) -> LocatedAddress {
        if let Some(found) = self.empty.and_then(|empty| empty.locate(space, at)) {
            return found;
        }
        let known = self.cache.get(space, at);
        known.unwrap_or_else(|| self.look_up(space, at))
    }

    /// The frame of an address of a space that called what means `frame_entry`, with the address that is
    /// looked up: not the one before it where that has called nothing.
    #[inline]
    pub(super) fn calling(
        &self,
        space: u32,
        frame_entry: FrameEntry,
        at: ChainFrame,
    ) -> ChainFrame {
        let is_exact = match frame_entry {
            FrameEntry::Call | FrameEntry::Exec => false,
            FrameEntry::Interrupt => true,
            FrameEntry::Jump => self.begins_in_kernel(space, &at),
        };
        if is_exact {
            ChainFrame::exact(at.mode, at.recorded)
        } else {
            at
        }
    }

    /// Whether a function of the kernel or code that it made begins at an address as it was recorded.
    #[inline(never)]
    fn begins_in_kernel(&self, space: u32, at: &ChainFrame) -> bool {
        let Some(epoch) = self.kernel_epoch(space) else {
            return false;
        };
        let function = || self.symbols.as_deref()?.look_up(at.recorded).ok();
        self.timeline.kernel_code_from(epoch, at.recorded).is_some()
            || function().is_some_and(|function| function.range.start == at.recorded)
    }

    /// The addresses of a space around one that was located nowhere; `None` of one that lies somewhere.
    #[inline]
    pub(super) fn empty_around(&self, space: u32, found: LocatedAddress) -> Option<Range<Avma>> {
        self.empty?.around(space, found)
    }

    #[inline(never)]
    fn look_up(&mut self, space: u32, at: &ChainFrame) -> LocatedAddress {
        let found = match self.kernel_epoch(space) {
            Some(epoch) => self.kernel(epoch, at),
            None => LocatedAddress {
                location: self.user(space, at),
                frame_entry: FrameEntry::Call,
            },
        };
        self.cache.set(space, at, found);
        found
    }

    /// The epoch of the kernel that a number stands for; `None` for numbers of processes' spaces.
    fn kernel_epoch(&self, space: u32) -> Option<KernelEpoch> {
        if space == AddressCache::KERNEL {
            return Some(KernelEpoch::default());
        }
        self.kernel_spaces.get(&space).copied()
    }

    fn kernel(&mut self, epoch: KernelEpoch, at: &ChainFrame) -> LocatedAddress {
        let key = (at.lookup, at.is_return(), epoch);
        if let Some(&known) = self.kernel.get(&key) {
            return known;
        }
        let found = match self.timeline.kernel_code(epoch, at.lookup) {
            Some(code) => LocatedAddress {
                location: self.other(Location::KernelCode { code }),
                frame_entry: FrameEntry::Call,
            },
            // A fault in the page of fixed system calls: the interrupted address follows in the kernel's part.
            None => match VsyscallEntry::at(at.lookup) {
                Some(entry) => LocatedAddress {
                    location: self.other(Location::Vsyscall(entry)),
                    frame_entry: FrameEntry::Call,
                },
                None => self.kernel_function(at),
            },
        };
        self.kernel.insert(key, found);
        found
    }

    fn kernel_function(&mut self, at: &ChainFrame) -> LocatedAddress {
        let symbol = self.symbols.as_deref();
        let symbol = symbol.and_then(|kernel| kernel_symbol(kernel, at));
        let is_exact = self.is_exact;
        let start = match &symbol {
            // Behind the looked-up address begins a trampoline that is returned to.
            Some(symbol) if !is_exact || at.lookup < symbol.range.start => symbol.range.start,
            Some(_) | None => at.lookup,
        };
        let (elsewhere, next) = (&mut self.elsewhere, &mut self.next);
        *self
            .functions
            .entry(start)
            .or_insert_with(|| LocatedAddress {
                location: add(Location::Kernel { lookup: start }, elsewhere, next),
                frame_entry: symbol.map_or(FrameEntry::Call, |symbol| FrameEntry::of(symbol.name)),
            })
    }

    fn user(&mut self, space: u32, at: &ChainFrame) -> u32 {
        if let Some(entry) = VsyscallEntry::at(at.lookup) {
            return self.other(Location::Vsyscall(entry));
        }
        let mapping = self.spaces.mapping(space, at.lookup);
        if let Some(mapping) = mapping
            && at.is_return()
            && at.recorded < mapping.end
        {
            let lookup = mapping.offset_of(at.lookup);
            let places = &mut self.places;
            return places.before_return(mapping.dso, lookup, &mut self.next);
        }
        let (mapping, lookup) = match (self.return_probe(space, at), mapping) {
            (Some(probe), _) => (probe, at.recorded),
            (None, Some(mapping)) => (mapping, at.lookup),
            (None, None) => return self.unmapped(space, at),
        };
        let lookup = mapping.offset_of(lookup);
        self.places.exact(mapping.dso, lookup, &mut self.next)
    }

    /// The location of all addresses that lie nowhere. Code without frame pointers leaves many.
    fn unmapped(&mut self, space: u32, at: &ChainFrame) -> u32 {
        let (elsewhere, next) = (&mut self.elsewhere, &mut self.next);
        let unmapped = &mut self.unmapped;
        let location = *unmapped.get_or_insert_with(|| add(Location::Unmapped, elsewhere, next));
        let found = LocatedAddress {
            location,
            frame_entry: FrameEntry::Call,
        };
        self.empty = Some(self.spaces.empty_around(space, at.lookup, found));
        location
    }

    /// The location of an address of the host's kernel, as it was before it changed its code.
    pub(crate) fn kernel_location(&mut self, at: &ChainFrame) -> Option<Location> {
        let found = self.kernel(KernelEpoch::default(), at);
        let number = |known: &NumberedLocation| known.number;
        let at = self.elsewhere.binary_search_by_key(&found.location, number);
        Some(self.elsewhere.get(at.ok()?)?.location)
    }

    /// The location of an address that is not looked up.
    pub(crate) fn other(&mut self, location: Location) -> u32 {
        let (elsewhere, next) = (&mut self.elsewhere, &mut self.next);
        let known = self.others.entry(location);
        *known.or_insert_with(|| add(location, elsewhere, next))
    }

    /// The page of probes at whose first byte a function returns that has a return probe.
    ///
    /// Source: `prepare_uretprobe()`, `uprobe_get_trampoline_vaddr()`, `kernel/events/uprobes.c`,
    /// Linux 6.12.
    fn return_probe(&mut self, space: u32, at: &ChainFrame) -> Option<Mapping> {
        // Code without frame pointers leaves many addresses that are none; few captures have probes.
        if !self.has_return_probes {
            return None;
        }
        let next = self.spaces.mapping(space, at.recorded)?;
        let dso = self.timeline.dso(next.dso)?;
        let is_it = at.is_return() && next.start == at.recorded && dso.path == RETURN_PROBES;
        is_it.then_some(next)
    }

    /// The number of what a process maps.
    #[inline]
    pub(super) fn space(&mut self, of: SpaceKey) -> u32 {
        let SpaceKey { pid, task_epoch } = of;
        let key = SpaceKey {
            pid,
            task_epoch: task_epoch.of_space(),
        };
        if let Some((recent, number)) = self.recent_space
            && recent == key
        {
            return number;
        }
        let (spaces, timeline) = (&mut self.spaces, self.timeline);
        let number = *self
            .space_index
            .entry(key)
            .or_insert_with(|| spaces.add(timeline.space(pid, task_epoch)));
        self.recent_space = Some((key, number));
        number
    }

    /// The number of the kernel's addresses in an epoch.
    #[inline]
    pub(crate) fn kernel_space(&mut self, task_epoch: TaskEpoch) -> u32 {
        if self.timeline.kernel_epochs() <= 1 {
            return AddressCache::KERNEL;
        }
        let epoch = task_epoch.of_kernel();
        let (spaces, epochs) = (&mut self.spaces, &mut self.kernel_spaces);
        *self.kernel_index.entry(epoch).or_insert_with(|| {
            let number = spaces.add(None);
            epochs.insert(number, epoch);
            number
        })
    }
}

/// Numbers a location that is new. 2^32 of them do not fit into memory.
fn add(location: Location, elsewhere: &mut Vec<NumberedLocation>, next: &mut u32) -> u32 {
    let number = *next;
    elsewhere.push(NumberedLocation { number, location });
    *next += 1;
    number
}

//! Where single addresses lie: in the kernel, in an object, or nowhere.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::address_cache::{AddressCache, LocatedAddress};
use super::frame_entry::FrameEntry;
use super::kernel_function::kernel_symbol;
use super::spaces::{EmptyStretch, Spaces};
use super::stack_mark::StackMark;
use crate::fold::ChainFrame;
use crate::intern::number;
use crate::space::{AddressSpace, DsoIx, KernelEpoch, Mapping, TaskEpoch, Timeline};
use crate::symbol::{KernelSymbols, VsyscallEntry};
use crate::units::{Avma, CpuMode, FileOffset, Pid};

/// Where an address lies: what one name, or one run of inlined functions, is found for.
///
/// The return addresses that unwinding finds in a copied user stack lie in objects, as those of a
/// call chain do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Location {
    /// In the kernel or in one of its modules.
    Kernel {
        /// The address that is looked up. One stands for all addresses of a function, the first one:
        /// the kernel's symbols do not tell its parts apart. Where there is no function, each
        /// address has a location of its own.
        lookup: Avma,
    },
    /// In code that the kernel made at run time.
    KernelCode { code: DsoIx },
    /// In an object that a process maps; all processes that map it share the location.
    Object {
        dso: DsoIx,
        /// The place in the file of the address that is looked up.
        lookup: FileOffset,
    },
    /// The same for the byte before a return address, whose own byte the object has too.
    BeforeReturn { dso: DsoIx, lookup: FileOffset },
    /// In the page of system calls at fixed addresses, which few captures have a mapping of.
    Vsyscall(VsyscallEntry),
    /// Nowhere in what the process maps.
    Unmapped,
    /// In a guest.
    Guest {
        mode: CpuMode,
        /// The process of its VM.
        vm: Pid,
        /// The address in its kernel; `None` where all code of the mode counts as one.
        lookup: Option<Avma>,
    },
    /// The capture does not tell whose address it is.
    Unknown(CpuMode),
    /// Nowhere: stands above what is no whole call stack.
    Mark(StackMark),
}

/// An address in the kernel of a guest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct GuestAddress {
    /// The process of its VM.
    pub(crate) vm: Pid,
    pub(crate) at: Avma,
}

/// A process in a time in which its mappings stay the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct SpaceKey {
    pub(super) pid: Pid,
    pub(super) task_epoch: TaskEpoch,
}

impl Location {
    /// All code of a mode of a guest.
    pub(super) const fn guest(mode: CpuMode, vm: Pid) -> Self {
        Self::Guest {
            mode,
            vm,
            lookup: None,
        }
    }

    /// The address in the host's kernel that is looked up; `None` of what lies elsewhere.
    pub(crate) const fn in_kernel(self) -> Option<Avma> {
        match self {
            Self::Kernel { lookup } => Some(lookup),
            Self::Object { .. }
            | Self::BeforeReturn { .. }
            | Self::KernelCode { .. }
            | Self::Vsyscall(_)
            | Self::Unmapped
            | Self::Guest { .. }
            | Self::Unknown(_)
            | Self::Mark(_) => None,
        }
    }

    /// The address in a guest's kernel, where that is told.
    pub(crate) const fn guest_address(self) -> Option<GuestAddress> {
        match self {
            Self::Guest {
                vm,
                lookup: Some(at),
                ..
            } => Some(GuestAddress { vm, at }),
            Self::Guest { lookup: None, .. }
            | Self::Kernel { .. }
            | Self::KernelCode { .. }
            | Self::Object { .. }
            | Self::BeforeReturn { .. }
            | Self::Vsyscall(_)
            | Self::Unmapped
            | Self::Unknown(_)
            | Self::Mark(_) => None,
        }
    }
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
    /// Each different location so far.
    locations: Vec<Location>,
    /// Kernel locations by the address that is looked up, and whether a return leads behind it.
    kernel: HashMap<(Avma, bool, KernelEpoch), LocatedAddress>,
    /// The same by where the address's function begins.
    functions: HashMap<Avma, LocatedAddress>,
    objects: HashMap<Location, u32>,
    others: HashMap<Location, u32>,
    unmapped: Option<u32>,
    spaces: Spaces,
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
            locations: Vec::new(),
            kernel: HashMap::new(),
            functions: HashMap::new(),
            objects: HashMap::new(),
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

    /// Gives back what only looking up needs; none may follow.
    pub(super) fn end(&mut self) {
        self.kernel = HashMap::new();
        self.functions = HashMap::new();
        self.objects = HashMap::new();
        self.spaces = Spaces::default();
    }

    /// Each different location so far.
    pub(crate) fn locations(&self) -> &[Location] {
        &self.locations
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
        let locations = &mut self.locations;
        *self.functions.entry(start).or_insert_with(|| {
            locations.push(Location::Kernel { lookup: start });
            LocatedAddress {
                location: index_of_last(locations),
                frame_entry: symbol.map_or(FrameEntry::Call, |symbol| FrameEntry::of(symbol.name)),
            }
        })
    }

    fn user(&mut self, space: u32, at: &ChainFrame) -> u32 {
        if let Some(entry) = VsyscallEntry::at(at.lookup) {
            return self.other(Location::Vsyscall(entry));
        }
        let location = match self.spaces.mapping(space, at.lookup) {
            Some(mapping) if at.is_return() && at.recorded < mapping.end => {
                Location::BeforeReturn {
                    dso: mapping.dso,
                    lookup: mapping.offset_of(at.lookup),
                }
            }
            mapping => match (self.return_probe(space, at), mapping) {
                (Some(probe), _) => Location::Object {
                    dso: probe.dso,
                    lookup: probe.offset_of(at.recorded),
                },
                (None, Some(mapping)) => Location::Object {
                    dso: mapping.dso,
                    lookup: mapping.offset_of(at.lookup),
                },
                (None, None) => return self.unmapped(space, at),
            },
        };
        number(location, location, &mut self.objects, &mut self.locations)
    }

    /// The location of all addresses that lie nowhere. Code without frame pointers leaves many.
    fn unmapped(&mut self, space: u32, at: &ChainFrame) -> u32 {
        let locations = &mut self.locations;
        let location = *self.unmapped.get_or_insert_with(|| {
            locations.push(Location::Unmapped);
            index_of_last(locations)
        });
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
        self.locations.get(found.location as usize).copied()
    }

    /// The location of an address that is not looked up.
    pub(crate) fn other(&mut self, location: Location) -> u32 {
        number(location, location, &mut self.others, &mut self.locations)
    }

    /// The page of probes at whose first byte a function returns that has a return probe.
    ///
    /// Source: `prepare_uretprobe()`, `uprobe_get_trampoline_vaddr()`, `kernel/events/uprobes.c`,
    /// Linux 6.12.
    fn return_probe(&self, space: u32, at: &ChainFrame) -> Option<Mapping> {
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
        let number = *self.space_index.entry(key).or_insert_with(|| {
            let space = timeline.space(pid, task_epoch).into_iter();
            spaces.add(space.flat_map(AddressSpace::iter).copied().collect())
        });
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
            let number = spaces.add(Box::default());
            epochs.insert(number, epoch);
            number
        })
    }
}

/// Lists of more than 2^32 entries do not fit into memory.
fn index_of_last<T>(list: &[T]) -> u32 {
    u32::try_from(list.len() - 1).unwrap_or(u32::MAX)
}

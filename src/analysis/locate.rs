//! Where the addresses of raw stacks lie: in the kernel, or in an object.
//!
//! What is found has no names yet, so that stacks can be located in parallel; each different
//! location is named once, afterwards.

use std::hash::Hash;
use std::sync::Arc;

use hashbrown::HashMap;

use super::passage::Passage;
use super::recent::Recent;
use crate::fold::{ChainFrame, ChainFrames, MomentStack, UniqueStack, UserPart};
use crate::perf::bytes::ByteOrder;
use crate::space::{AddressSpace, DsoIx, Mapping, Moment, Timeline};
use crate::symbol::KernelSymbols;
use crate::units::{Avma, CpuMode, FileOffset, Pid, Tid};
use crate::unwind::BranchFrames;

/// Which frames of a stack are shown. Samples that have none of them are filtered out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FrameScope {
    /// All.
    #[default]
    All,
    /// Host kernel frames.
    Kernel,
    /// Host user frames.
    User,
}

impl FrameScope {
    fn shows(self, mode: CpuMode) -> bool {
        match self {
            Self::All => true,
            Self::Kernel => mode == CpuMode::Kernel,
            Self::User => mode == CpuMode::User,
        }
    }
}

/// Where an address lies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Location {
    /// In the kernel or in one of its modules.
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

/// The thread of a stack, with what was true of it, and the value that stacks are split by.
pub(super) type TaskKey = (Pid, Tid, Moment, u64);

/// A process in a time in which its mappings stay the same.
type SpaceKey = (Pid, Moment);
/// What a process maps, in order of address.
type Space = Box<[Mapping]>;

/// A stack whose addresses are located.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocatedStack<'a> {
    /// The stack.
    pub(super) stack: UniqueStack<'a>,
    /// Its thread, as an index into the locator's list.
    pub(super) task: u32,
    /// Where its locations begin in the block's list.
    start: usize,
    /// Where they end.
    end: usize,
    /// How many addresses the call chain holds.
    pub(super) chain_len: usize,
}

/// What locating needs to know.
#[derive(Clone, Debug)]
pub(super) struct Map<'m> {
    /// What processes map.
    pub(super) timeline: &'m Timeline,
    /// The kernel's functions, when there are any.
    pub(super) kernel: Option<Arc<KernelSymbols>>,
    /// Which frames are shown.
    pub(super) scope: FrameScope,
    /// Whether stacks are split by something that has a frame.
    pub(super) is_split: bool,
}

/// Locates the addresses of stacks, block by block: what is found in a block is used before the
/// next one, so that memory does not grow with the number of stacks.
#[derive(Debug)]
pub(super) struct Locator<'m, 'a> {
    map: Map<'m>,
    /// Each different location so far.
    locations: Vec<Location>,
    /// Each different thread so far.
    tasks: Vec<TaskKey>,
    /// The stacks of the block.
    stacks: Vec<LocatedStack<'a>>,
    /// The locations of the block's stacks, one behind the other, as indexes into `locations`.
    paths: Vec<u32>,
    kernel: HashMap<Avma, (u32, Passage)>,
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
    task_index: HashMap<TaskKey, u32>,
    /// The task of the last stack, and its number.
    recent_task: Option<(TaskKey, u32)>,
}

impl<'m, 'a> Locator<'m, 'a> {
    pub(super) fn new(map: Map<'m>) -> Self {
        Self {
            map,
            locations: Vec::new(),
            tasks: Vec::new(),
            stacks: Vec::new(),
            paths: Vec::new(),
            kernel: HashMap::new(),
            objects: HashMap::new(),
            others: HashMap::new(),
            unmapped: None,
            spaces: Vec::new(),
            space_index: HashMap::new(),
            recent_space: None,
            recent: Recent::new(),
            task_index: HashMap::new(),
            recent_task: None,
        }
    }

    /// Locates the addresses of a block of stacks, which takes the place of the one before.
    pub(super) fn locate<O: ByteOrder>(&mut self, block: impl Iterator<Item = MomentStack<'a>>) {
        self.stacks.clear();
        self.paths.clear();
        for stack in block {
            self.add::<O>(stack);
        }
    }

    /// Each different location of all blocks so far.
    pub(super) fn locations(&self) -> &[Location] {
        &self.locations
    }

    /// Each different thread of all blocks so far.
    pub(super) fn tasks(&self) -> &[TaskKey] {
        &self.tasks
    }

    /// The stacks of the block.
    pub(super) fn stacks(&self) -> &[LocatedStack<'a>] {
        &self.stacks
    }

    /// The locations of a stack, leaf first, as indexes into the list of locations.
    pub(super) fn path(&self, stack: &LocatedStack<'_>) -> &[u32] {
        self.paths.get(stack.start..stack.end).unwrap_or_default()
    }

    fn add<O: ByteOrder>(&mut self, stack: MomentStack<'a>) {
        let MomentStack { stack, moment } = stack;
        let start = self.paths.len();
        let chain_len = self.chain::<O>(stack, moment);
        let task = self.task(stack, moment);
        self.stacks.push(LocatedStack {
            stack,
            task,
            start,
            end: self.paths.len(),
            chain_len,
        });
    }

    fn task(&mut self, stack: UniqueStack<'_>, moment: Moment) -> u32 {
        let split = if self.map.is_split {
            stack.key.split
        } else {
            0
        };
        let key = (stack.key.pid, stack.key.tid, moment, split);
        if let Some((recent, number)) = self.recent_task
            && recent == key
        {
            return number;
        }
        let number = number(key, key, &mut self.task_index, &mut self.tasks);
        self.recent_task = Some((key, number));
        number
    }

    /// Appends the wanted locations of a stack, leaf first; returns how many addresses its call
    /// chain holds.
    fn chain<O: ByteOrder>(&mut self, stack: UniqueStack<'_>, mut moment: Moment) -> usize {
        let key = stack.key;
        let (mut chain_len, mut passage) = (0, Passage::Call);
        for mut at in ChainFrames::<O>::new(stack.chain, key.mode) {
            chain_len += 1;
            if passage == Passage::Interrupt {
                at = ChainFrame::exact(at.mode, at.recorded);
            }
            // Open calls tell the user part better than the chain does.
            let is_told_twice =
                matches!(stack.user, UserPart::OpenCalls(_)) && at.mode == CpuMode::User;
            if !is_told_twice {
                if passage == Passage::Exec && at.mode == CpuMode::User {
                    let timeline = self.map.timeline;
                    moment = timeline.of_caller_of_exec(key.pid, moment, at.lookup);
                }
                let through = self.address((key.pid, moment), at);
                if at.mode != CpuMode::Kernel || passage != Passage::Exec {
                    passage = through;
                }
            }
        }
        if chain_len == 0 && !key.mode.is_guest() {
            let own = ChainFrame::exact(key.mode, Avma::new(key.ip));
            self.address((key.pid, moment), own);
        }
        for at in frames_behind_chain::<O>(stack.user, key.mode) {
            self.address((key.pid, moment), at);
        }
        if chain_len == 0 && key.mode.is_guest() && self.map.scope.shows(key.mode) {
            let guest = self.other(Location::Guest(key.mode));
            self.paths.push(guest);
        }
        if matches!(stack.user, UserPart::LastBranches(_)) {
            let above = self.other(Location::LastBranches);
            self.paths.push(above);
        }
        chain_len
    }

    /// Appends the location of an address, if it is shown; returns what its function means for the
    /// frames that called it.
    #[inline]
    fn address(&mut self, of: (Pid, Moment), at: ChainFrame) -> Passage {
        let space = match at.mode {
            CpuMode::Kernel => Recent::KERNEL,
            CpuMode::User => self.space(of),
            CpuMode::GuestKernel | CpuMode::GuestUser | CpuMode::Hypervisor | CpuMode::Unknown => {
                return self.elsewhere(at.mode);
            }
        };
        let known = self.recent.get(space, at.lookup);
        let (location, passage) = known.unwrap_or_else(|| self.code(space, at.lookup));
        // What is not shown does not count as nameless either.
        if self.map.scope.shows(at.mode) {
            self.paths.push(location);
        }
        passage
    }

    /// Appends the location of an address that is not looked up, if it is shown.
    #[inline(never)]
    fn elsewhere(&mut self, mode: CpuMode) -> Passage {
        if self.map.scope.shows(mode) {
            let location = self.other(if mode.is_guest() {
                Location::Guest(mode)
            } else {
                Location::Unknown(mode)
            });
            self.paths.push(location);
        }
        Passage::Call
    }

    /// The location of an address of the host's, in the kernel or in a numbered space.
    #[inline(never)]
    fn code(&mut self, space: u32, lookup: Avma) -> (u32, Passage) {
        let found = if space == Recent::KERNEL {
            self.kernel(lookup)
        } else {
            (self.user(space, lookup), Passage::Call)
        };
        self.recent.set(space, lookup, found);
        found
    }

    fn kernel(&mut self, lookup: Avma) -> (u32, Passage) {
        let (locations, kernel) = (&mut self.locations, self.map.kernel.as_deref());
        *self.kernel.entry(lookup).or_insert_with(|| {
            locations.push(Location::Kernel(lookup));
            let symbol = kernel.and_then(|kernel| kernel.look_up(lookup).ok());
            let passage = symbol.map_or(Passage::Call, |symbol| Passage::of(symbol.name));
            (index_of_last(locations), passage)
        })
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

    fn other(&mut self, location: Location) -> u32 {
        number(location, location, &mut self.others, &mut self.locations)
    }

    /// The number of what a process maps.
    #[inline]
    fn space(&mut self, (pid, moment): (Pid, Moment)) -> u32 {
        let key = (pid, moment.of_space());
        if let Some((recent, number)) = self.recent_space
            && recent == key
        {
            return number;
        }
        let (spaces, timeline) = (&mut self.spaces, self.map.timeline);
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
fn number<K: Hash + Eq, T>(key: K, item: T, known: &mut HashMap<K, u32>, list: &mut Vec<T>) -> u32 {
    *known.entry(key).or_insert_with(|| {
        list.push(item);
        index_of_last(list)
    })
}

/// Lists of more than 2^32 entries do not fit into memory.
fn index_of_last<T>(list: &[T]) -> u32 {
    u32::try_from(list.len() - 1).unwrap_or(u32::MAX)
}

/// The frames that a stack has besides those of its call chain, leaf first.
fn frames_behind_chain<O: ByteOrder>(user: UserPart<'_>, mode: CpuMode) -> Vec<ChainFrame> {
    let exact = |mode: CpuMode| move |at: Avma| ChainFrame::exact(mode, at);
    match user {
        UserPart::InChain => Vec::new(),
        UserPart::OpenCalls(entries) => BranchFrames::<O>::new(entries, true)
            .map(exact(CpuMode::User))
            .collect(),
        UserPart::LastBranches(entries) => BranchFrames::<O>::new(entries, false)
            .map(exact(mode))
            .collect(),
        UserPart::Deferred(chain) => ChainFrames::<O>::new(chain, CpuMode::User).collect(),
        UserPart::CopiedStack(ip) => vec![ChainFrame::exact(CpuMode::User, Avma::new(ip))],
    }
}

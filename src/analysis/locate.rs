//! Where the addresses of raw stacks lie: in the kernel, or in an object.
//!
//! What is found has no names yet, so that stacks can be located in parallel; each different
//! location is named once, afterwards.

use std::hash::Hash;
use std::sync::Arc;

use hashbrown::HashMap;

use super::passage::Passage;
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
type Space = Arc<[Mapping]>;

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
    /// Each different location so far, and how many samples show it.
    locations: Vec<(Location, u64)>,
    /// Each different thread so far.
    tasks: Vec<TaskKey>,
    /// The stacks of the block.
    stacks: Vec<LocatedStack<'a>>,
    /// The locations of the block's stacks, one behind the other, as indexes into `locations`.
    paths: Vec<u32>,
    kernel: HashMap<Avma, (u32, Passage)>,
    objects: HashMap<(DsoIx, FileOffset), u32>,
    others: HashMap<Location, u32>,
    /// What processes map, in order of address.
    spaces: HashMap<SpaceKey, Space>,
    /// The process of the last user address: a stack has many.
    recent_space: Option<(SpaceKey, Space)>,
    task_index: HashMap<TaskKey, u32>,
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
            spaces: HashMap::new(),
            recent_space: None,
            task_index: HashMap::new(),
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

    /// Each different location of all blocks so far, and how many samples show it.
    pub(super) fn locations(&self) -> &[(Location, u64)] {
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
        number(key, key, &mut self.task_index, &mut self.tasks)
    }

    /// Appends the wanted locations of a stack, leaf first; returns how many addresses its call
    /// chain holds.
    fn chain<O: ByteOrder>(&mut self, stack: UniqueStack<'_>, mut moment: Moment) -> usize {
        let (key, samples) = (stack.key, stack.samples);
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
                let through = self.address((key.pid, moment), at, samples);
                if at.mode != CpuMode::Kernel || passage != Passage::Exec {
                    passage = through;
                }
            }
        }
        if chain_len == 0 && !key.mode.is_guest() {
            let own = ChainFrame::exact(key.mode, Avma::new(key.ip));
            self.address((key.pid, moment), own, samples);
        }
        for at in frames_behind_chain::<O>(stack.user, key.mode) {
            self.address((key.pid, moment), at, samples);
        }
        if chain_len == 0 && key.mode.is_guest() && self.map.scope.shows(key.mode) {
            let guest = self.other(Location::Guest(key.mode));
            self.show(guest, samples);
        }
        if matches!(stack.user, UserPart::LastBranches(_)) {
            let above = self.other(Location::LastBranches);
            self.show(above, samples);
        }
        chain_len
    }

    /// Appends the location of an address, if it is shown; returns what its function means for the
    /// frames that called it.
    #[inline]
    fn address(&mut self, of: (Pid, Moment), at: ChainFrame, samples: u64) -> Passage {
        let (location, passage) = match at.mode {
            CpuMode::Kernel => self.kernel(at.lookup),
            CpuMode::User => (self.user(of, at.lookup), Passage::Call),
            CpuMode::GuestKernel | CpuMode::GuestUser => {
                (self.other(Location::Guest(at.mode)), Passage::Call)
            }
            CpuMode::Hypervisor | CpuMode::Unknown => {
                (self.other(Location::Unknown(at.mode)), Passage::Call)
            }
        };
        if self.map.scope.shows(at.mode) {
            self.show(location, samples);
        }
        passage
    }

    /// What is not shown does not count as nameless, so it is not counted here either.
    #[inline]
    fn show(&mut self, location: u32, samples: u64) {
        self.paths.push(location);
        if let Some((_, count)) = self.locations.get_mut(location as usize) {
            *count += samples;
        }
    }

    #[inline]
    fn kernel(&mut self, lookup: Avma) -> (u32, Passage) {
        let (locations, kernel) = (&mut self.locations, self.map.kernel.as_deref());
        *self.kernel.entry(lookup).or_insert_with(|| {
            locations.push((Location::Kernel(lookup), 0));
            let symbol = kernel.and_then(|kernel| kernel.look_up(lookup).ok());
            let passage = symbol.map_or(Passage::Call, |symbol| Passage::of(symbol.name));
            (index_of_last(locations), passage)
        })
    }

    #[inline]
    fn user(&mut self, of: (Pid, Moment), lookup: Avma) -> u32 {
        let Some(mapping) = self.mapping(of, lookup) else {
            return self.other(Location::Unmapped);
        };
        let place = (mapping.dso, mapping.offset_of(lookup));
        let location = Location::Object(place.0, place.1);
        number(place, (location, 0), &mut self.objects, &mut self.locations)
    }

    fn other(&mut self, location: Location) -> u32 {
        number(
            location,
            (location, 0),
            &mut self.others,
            &mut self.locations,
        )
    }

    /// What a process maps at an address.
    fn mapping(&mut self, (pid, moment): (Pid, Moment), lookup: Avma) -> Option<Mapping> {
        let key = (pid, moment.of_space());
        if self.recent_space.as_ref().is_none_or(|(of, _)| *of != key) {
            let timeline = self.map.timeline;
            let space = self.spaces.entry(key).or_insert_with(|| {
                let space = timeline.space(pid, moment).into_iter();
                space.flat_map(AddressSpace::iter).copied().collect()
            });
            self.recent_space = Some((key, Arc::clone(space)));
        }
        let (_, space) = self.recent_space.as_ref()?;
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

//! The table of unique stacks.

use super::packed::{LaterStacks, OneSample, PackedStack, Stacks};
use super::plan::{Keep, Plan};
use super::samples::{KeptSample, follow};
use super::slice_rows::{SliceRows, follow_rows};
use super::unique_stack::UniqueStack;
use crate::bytes::{KeptBytes, slice_at};
use crate::hash::{HashedPositions, Mixer};
use crate::units::{Cpu, CpuMode, ThreadId};

/// How many stacks are added at a time: about as many cache misses as a CPU has under way at the same
/// time.
const PENDING: usize = 16;

/// Up to so many stacks of several tables stay apart; they take 64 MB.
pub(super) const FEW: usize = 1 << 20;

/// Room is made ahead for up to so many stacks: 18 MB.
const MOST_EXPECTED: usize = 1 << 18;

/// A stack that waits to be added.
#[derive(Clone, Copy, Debug)]
struct Pending<'a> {
    /// The part of its hash that tells most others apart without a look at them.
    part: u32,
    /// Where the copy of its chain begins, and how long it is; `None` when the chain itself is at
    /// hand.
    copied: Option<[usize; 2]>,
    stack: PackedStack<'a>,
    cpu: Option<Cpu>,
}

/// Unique stacks in order of their first appearance.
#[derive(Debug)]
pub(super) struct StackTable<'a> {
    pub(super) stacks: Stacks<'a>,
    index: HashedPositions,
    pending: Vec<Pending<'a>>,
    /// Copies of the chains of stacks that wait.
    copies: Vec<u8>,
    mixer: Mixer,
    /// Where the chains of stacks are kept that come as copies.
    kept: Option<&'a KeptBytes>,
    /// Up to so many stacks of several tables stay apart.
    pub(super) few: usize,
}

impl<'a> StackTable<'a> {
    pub(super) fn new(mixer: Mixer) -> Self {
        Self {
            few: FEW,
            stacks: Stacks::default(),
            index: HashedPositions::default(),
            pending: Vec::with_capacity(PENDING),
            copies: Vec::new(),
            mixer,
            kept: None,
        }
    }

    /// A table for a walk: it keeps what comes as copies, and samples where they are wanted.
    pub(super) fn keeping(plan: &Plan<'_>, keep: &Keep<'a>) -> Self {
        let mut table = Self {
            kept: Some(keep.bytes),
            ..Self::new(plan.mixer)
        };
        if plan.keeps_samples {
            table.keep_samples();
        }
        table.stacks.slices = plan.slicing.map(SliceRows::new);
        table
    }

    /// Keeps samples from here on. They tell their stacks by position, so stacks of several tables do
    /// not stay apart.
    fn keep_samples(&mut self) {
        self.stacks.samples = Some(Vec::new());
        self.few = 0;
    }

    /// An empty table of the same sort.
    pub(super) fn another(&self) -> Self {
        let mut another = Self {
            kept: self.kept,
            ..Self::new(self.mixer)
        };
        if self.stacks.samples.is_some() {
            another.keep_samples();
        }
        another.stacks.slices = self.stacks.slices.as_ref().map(SliceRows::another);
        another
    }

    /// Number of stacks, but for some that wait.
    pub(super) fn len(&self) -> usize {
        self.stacks.list.len()
    }

    /// Adds all samples of a stack.
    #[inline]
    pub(super) fn add(&mut self, new: &UniqueStack<'a>) {
        self.add_at_hand(new, new.chain);
    }

    /// The same with a copy of the chain at hand, or with what stands in its place: the chain itself is
    /// not looked at.
    #[inline]
    pub(super) fn add_at_hand(&mut self, new: &UniqueStack<'a>, chain: &[u8]) {
        let stack = PackedStack::of(new, self.stacks.rare_of(new));
        self.add_packed(stack, new.cpu, chain);
    }

    /// The same of a stack that is packed.
    #[inline]
    fn add_packed(&mut self, stack: PackedStack<'a>, cpu: Option<Cpu>, chain: &[u8]) {
        let part = hash(&self.mixer, &stack, chain);
        let copied = self.copy_unless_own(chain, stack.chain());
        self.wait(Pending {
            part,
            copied,
            stack,
            cpu,
        });
    }

    /// Adds a sample without rare fields.
    ///
    /// Its stack is made where it waits: made before and passed on, it would be read in other pieces
    /// than it was written in just now, which a CPU does after the writes are done.
    #[expect(clippy::inline_always, reason = "nothing is passed on in memory then")]
    #[inline(always)]
    pub(super) fn add_sample(&mut self, one: OneSample<'a>, mode: CpuMode, chain: &[u8]) {
        let part = hash_of(&self.mixer, one.thread, 0, mode, chain);
        let copied = self.copy_unless_own(chain, one.chain);
        self.wait(Pending {
            part,
            copied,
            stack: PackedStack::of_sample(one, mode),
            cpu: None,
        });
    }

    /// Copies a chain unless it is a stack's own; tells where the copy is.
    #[inline]
    fn copy_unless_own(&mut self, chain: &[u8], own: &[u8]) -> Option<[usize; 2]> {
        let is_copy = chain.as_ptr() != own.as_ptr();
        let copied = is_copy.then_some([self.copies.len(), chain.len()]);
        if is_copy {
            self.copies.extend_from_slice(chain);
        }
        copied
    }

    #[expect(clippy::inline_always, reason = "nothing is passed on in memory then")]
    #[inline(always)]
    fn wait(&mut self, new: Pending<'a>) {
        self.pending.push(new);
        if self.pending.len() >= PENDING {
            self.add_pending();
        }
    }

    /// Adds the stacks that wait.
    ///
    /// A large table is not in the CPU's caches: each look-up waits for memory. So all that the stacks
    /// will need is loaded first, and the CPU waits for many places at the same time.
    fn add_pending(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        let mut copies = std::mem::take(&mut self.copies);
        self.index.load(pending.iter().map(|new| new.part));
        let mut found = [u32::MAX; PENDING];
        for (new, found) in pending.iter().zip(&mut found) {
            *found = self.index.find(new.part, |_| true).unwrap_or(u32::MAX);
        }
        let mut touched = 0;
        for ix in found {
            if let Some(stack) = self.stacks.list.get(ix as usize) {
                touched ^= stack.touch();
            }
        }
        std::hint::black_box(touched);
        for (new, ix) in pending.iter().zip(found) {
            let chain = new.stack.chain();
            let copy = new.copied;
            let copy = copy.and_then(|[at, len]| slice_at(&copies, at, len));
            let ix = match self.stacks.list.get_mut(ix as usize) {
                Some(old) if old.is_same(&new.stack, copy.unwrap_or(chain)) => {
                    old.add(&new.stack);
                    ix
                }
                Some(_) | None => self.add_hashed(&new.stack, new.part, copy),
            };
            if let Some(samples) = &mut self.stacks.samples {
                let (order, _) = new.stack.ends();
                samples.push(KeptSample::new(order, new.stack.period(), new.cpu, ix));
            }
            if let Some(slices) = &mut self.stacks.slices {
                let (order, _) = new.stack.ends();
                slices.add(ix, order, new.stack.weights());
            }
        }
        pending.clear();
        self.pending = pending;
        copies.clear();
        self.copies = copies;
    }

    /// Adds the stacks of another table with the same mixer.
    ///
    /// Stacks that are in both stay apart as long as there are few in all: naming merges them anyway,
    /// and a look-up for each would take longer than that.
    pub(super) fn append(&mut self, mut other: Self) {
        self.add_pending();
        other.add_pending();
        if self.stacks.len() == 0 {
            *self = other;
            return;
        }
        if self.stacks.len() + other.stacks.len() <= self.few {
            self.stacks.append(other.stacks);
            return;
        }
        for later in self.stacks.take_later() {
            self.add_list(later);
        }
        let mut samples = other.stacks.samples.take();
        for later in self.stacks.with_rare_fields_moved(other.stacks) {
            let places = self.add_list(later);
            // There is one list only where samples are kept.
            follow(&mut samples, &places);
        }
        if let Some((all, new)) = self.stacks.samples.as_mut().zip(samples) {
            all.extend(new);
        }
    }

    /// Adds the stacks of a list; tells the position of each.
    fn add_list(&mut self, later: LaterStacks<'a>) -> Vec<Option<u32>> {
        let LaterStacks { list, mut rows } = later;
        let mut place = |new| self.add_hashed(new, hash(&self.mixer, new, new.chain()), None);
        let places: Vec<_> = list.iter().map(|new| Some(place(new))).collect();
        follow_rows(&mut rows, &places);
        self.stacks.keep_rows(rows);
        places
    }

    /// Adds a stack, perhaps with a copy of its chain; tells its position.
    fn add_hashed(&mut self, new: &PackedStack<'a>, part: u32, copy: Option<&[u8]>) -> u32 {
        let stacks = &mut self.stacks.list;
        let chain = copy.unwrap_or(new.chain());
        let same = |ix: u32| stacks[ix as usize].is_same(new, chain);
        if let Some(known) = self.index.find(part, same) {
            stacks[known as usize].add(new);
            return known;
        }
        // Each stack takes more than 64 bytes: 2^32 of them do not fit into memory.
        let ix = u32::try_from(stacks.len()).unwrap_or(u32::MAX);
        self.index.insert(part, ix);
        let kept = copy.and_then(|copy| self.kept?.keep(copy));
        stacks.push(kept.map_or(*new, |kept| new.with_chain(kept)));
        ix
    }

    /// Makes room for most stacks that will come if each of the following `parts` brings as many as one
    /// of the `walked` ones: a table that grows moves all that it holds, again and again. Later parts
    /// bring fewer, since stacks repeat.
    pub(super) fn expect(&mut self, parts: usize, walked: usize) {
        let more = self.stacks.list.len() / walked.max(1) * parts;
        let more = (more / 4 * 3).min(MOST_EXPECTED);
        self.stacks.list.reserve(more);
        self.index.reserve(more);
        if let Some(slices) = &mut self.stacks.slices {
            slices.expect(parts, walked, more);
        }
    }

    pub(super) fn into_stacks(mut self) -> Stacks<'a> {
        self.add_pending();
        self.stacks
    }
}

/// The part of a stack's hash that the table keeps.
#[inline]
fn hash(mixer: &Mixer, stack: &PackedStack<'_>, chain: &[u8]) -> u32 {
    let (rare, mode) = stack.hashed();
    hash_of(mixer, stack.thread(), rare, mode, chain)
}

/// The same of a stack of that thread, whose rare fields lie at `rare`.
#[inline]
fn hash_of(mixer: &Mixer, thread: ThreadId, rare: u32, mode: CpuMode, chain: &[u8]) -> u32 {
    let ThreadId { pid, tid } = thread;
    let task =
        u64::from(tid.as_i32().cast_unsigned()) | u64::from(pid.as_i32().cast_unsigned()) << 32;
    mixer.hash([task, u64::from(rare) | (mode as u64) << 56], chain)
}

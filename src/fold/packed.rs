//! Many unique stacks in little memory.

use super::samples::{KeptSamples, follow};
use super::slice_rows::{SliceRow, SliceRows, follow_rows};
use super::unique_stack::{StackKey, UniqueStack, UserPart};
use crate::intern::Interner;
use crate::space::TaskEpoch;
use crate::units::{Avma, CpuMode, RecordOrder, ThreadId, Weights};

/// How many stacks make a block, at most.
const BLOCK: usize = 4096;

/// Unique stacks in order, those of each part of a walk by themselves. What most stacks do not have
/// lies apart.
#[derive(Debug, Default)]
pub(super) struct Stacks<'a> {
    pub(super) list: Vec<PackedStack<'a>>,
    /// Those of later parts: to copy them takes its time.
    later: Vec<LaterStacks<'a>>,
    /// What the stacks of the list weigh by slice of time; `None` where that is not asked for.
    pub(super) slices: Option<SliceRows>,
    /// The samples that have the stacks, where they are kept. There are no later lists then.
    pub(super) samples: KeptSamples,
    rare_fields: Interner<RareFields<'a>, u32>,
    /// The rare fields that were looked up last, and their number, for each class of payloads: the
    /// samples of a slice of time follow each other, and have them in common.
    latest: [(RareFields<'a>, u32); 32],
}

/// The list of a later part.
#[derive(Debug)]
pub(super) struct LaterStacks<'a> {
    pub(super) list: Vec<PackedStack<'a>>,
    /// What they weigh by slice of time, by their positions in the list.
    pub(super) rows: Vec<SliceRow>,
}

/// A unique stack without what few have.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedStack<'a> {
    chain: &'a [u8],
    samples: u64,
    period: u64,
    first: RecordOrder,
    last: RecordOrder,
    thread: ThreadId,
    /// Position of its rare fields in the list, plus one; 0 when it has none.
    rare: u32,
    mode: CpuMode,
}

/// What a sample adds to its stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct OneSample<'a> {
    pub(super) thread: ThreadId,
    pub(super) chain: &'a [u8],
    pub(super) period: u64,
    pub(super) order: RecordOrder,
}

/// What few stacks have, or many have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct RareFields<'a> {
    ip: Avma,
    split: u64,
    payload_class: u8,
    task_epoch: Option<TaskEpoch>,
    user: UserPart<'a>,
}

impl PackedStack<'_> {
    /// Its process and thread.
    pub(super) fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Where its earliest and its latest sample stand.
    pub(super) fn ends(&self) -> (RecordOrder, RecordOrder) {
        (self.first, self.last)
    }

    /// The sum of its samples' periods.
    pub(super) fn period(&self) -> u64 {
        self.period
    }

    /// Number of samples, and the sum of their periods.
    pub(super) fn weights(&self) -> Weights {
        Weights {
            samples: self.samples,
            weight: self.period,
        }
    }

    /// What tells it from others of its thread besides the chain: where its rare fields lie, the
    /// mode.
    #[inline]
    pub(super) fn hashed(&self) -> (u32, CpuMode) {
        (self.rare, self.mode)
    }

    /// Whether it is that stack, of which there is a copy of the chain at hand.
    #[inline]
    pub(super) fn is_same(&self, other: &Self, chain: &[u8]) -> bool {
        (self.thread, self.rare, self.mode) == (other.thread, other.rare, other.mode)
            && self.chain == chain
    }

    /// Loads both ends of the chain into the cache. The result only keeps the loads from being
    /// optimised away.
    #[inline]
    pub(super) fn touch(&self) -> u8 {
        let first = self.chain.first().copied().unwrap_or_default();
        first ^ self.chain.last().copied().unwrap_or_default()
    }

    /// Adds the samples of the same stack.
    #[inline]
    pub(super) fn add(&mut self, other: &Self) {
        self.samples = self.samples.saturating_add(other.samples);
        self.period = self.period.saturating_add(other.period);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

impl<'a> PackedStack<'a> {
    /// The same with its chain in another place.
    pub(super) fn with_chain(self, chain: &'a [u8]) -> Self {
        Self { chain, ..self }
    }

    /// Its call chain.
    pub(super) fn chain(&self) -> &'a [u8] {
        self.chain
    }

    /// The stack of one sample, without rare fields.
    #[inline]
    pub(super) fn of_sample(one: OneSample<'a>, mode: CpuMode) -> Self {
        Self {
            chain: one.chain,
            samples: 1,
            period: one.period,
            first: one.order,
            last: one.order,
            thread: one.thread,
            rare: 0,
            mode,
        }
    }

    /// A stack whose rare fields lie at `rare`.
    #[inline]
    pub(super) fn of(stack: &UniqueStack<'a>, rare: u32) -> Self {
        Self {
            chain: stack.chain,
            samples: stack.samples,
            period: stack.period,
            first: stack.first,
            last: stack.last,
            thread: stack.key.thread(),
            rare,
            mode: stack.key.mode,
        }
    }
}

impl<'a> Stacks<'a> {
    /// Where the rare fields of a stack lie, as [`PackedStack::rare`] says it.
    #[inline]
    pub(super) fn rare_of(&mut self, stack: &UniqueStack<'a>) -> u32 {
        let (key, user) = (stack.key, stack.user);
        let (ip, split, task_epoch) = (key.ip, key.split, key.task_epoch);
        let payload_class = key.payload_class;
        if (ip.as_u64() | split | u64::from(payload_class)) == 0
            && task_epoch.is_none()
            && user == UserPart::InChain
        {
            return 0;
        }
        self.position_of(RareFields {
            ip,
            split,
            payload_class,
            task_epoch,
            user,
        })
    }

    #[inline]
    fn position_of(&mut self, rare: RareFields<'a>) -> u32 {
        // 0 is the position of none.
        let slot = usize::from(rare.payload_class) % self.latest.len();
        let (latest, position) = self.latest[slot];
        if position != 0 && latest == rare {
            return position;
        }
        let position = self.look_up(rare);
        self.latest[slot] = (rare, position);
        position
    }

    #[cold]
    fn look_up(&mut self, rare: RareFields<'a>) -> u32 {
        // There are no more of them than stacks.
        self.rare_fields.intern(rare).saturating_add(1)
    }

    /// Adds a stack that is not in the list.
    pub(super) fn push(&mut self, stack: &UniqueStack<'a>) {
        let rare = self.rare_of(stack);
        self.list.push(PackedStack::of(stack, rare));
    }

    /// Adds the stacks of a later part.
    pub(super) fn append(&mut self, later: Self) {
        let later = self.with_rare_fields_moved(later);
        self.later
            .extend(later.filter(|later| !later.list.is_empty()));
    }

    /// The lists of other stacks, their rare fields moved to these.
    pub(super) fn with_rare_fields_moved(
        &mut self,
        other: Self,
    ) -> impl Iterator<Item = LaterStacks<'a>> + use<'a> {
        let rare_fields = other.rare_fields.items().iter();
        let places: Vec<u32> = rare_fields.map(|rare| self.position_of(*rare)).collect();
        let first = LaterStacks {
            list: other.list,
            rows: other.slices.map_or_else(Vec::new, |slices| slices.rows),
        };
        let lists = std::iter::once(first).chain(other.later);
        lists.map(move |mut later| {
            if !places.is_empty() {
                for packed in &mut later.list {
                    let rare = (packed.rare as usize).checked_sub(1);
                    packed.rare = rare.map_or(0, |at| places[at]);
                }
            }
            later
        })
    }

    /// Takes out the lists of later parts.
    pub(super) fn take_later(&mut self) -> Vec<LaterStacks<'a>> {
        std::mem::take(&mut self.later)
    }

    /// Makes one list of all.
    pub(super) fn join(&mut self) {
        for LaterStacks { list, mut rows } in self.take_later() {
            shift(&mut rows, self.list.len());
            self.list.extend(list);
            self.keep_rows(rows);
        }
    }

    /// Takes in rows of stacks that have come to the list.
    pub(super) fn keep_rows(&mut self, rows: Vec<SliceRow>) {
        if let Some(slices) = &mut self.slices {
            slices.rows.extend(rows);
        }
    }

    /// Takes out what the stacks weigh by slice of time, by their positions among all; nothing unless
    /// that was asked for.
    pub(super) fn take_rows(&mut self) -> Vec<SliceRow> {
        let slices = self.slices.take();
        let mut all = slices.map_or_else(Vec::new, |slices| slices.rows);
        let mut before = self.list.len();
        for later in &mut self.later {
            let mut rows = std::mem::take(&mut later.rows);
            shift(&mut rows, before);
            all.extend(rows);
            before += later.list.len();
        }
        all
    }

    /// Leaves out stacks that are not wanted, with their samples.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(&PackedStack<'a>) -> bool) {
        let mut next = 0;
        let mut place = |stack: &PackedStack<'a>| {
            is_wanted(stack).then(|| {
                next += 1;
                next - 1
            })
        };
        if self.samples.is_some() || self.slices.is_some() {
            let places: Vec<Option<u32>> = self.list.iter().map(&mut place).collect();
            follow(&mut self.samples, &places);
            if let Some(slices) = &mut self.slices {
                follow_rows(&mut slices.rows, &places);
            }
        }
        self.list.retain(is_wanted);
    }

    /// Adds stacks of which it is known what was true of their threads, with their samples, and that
    /// to `task_epochs`.
    pub(super) fn extend_settled(&mut self, mut settled: Self, task_epochs: &mut Vec<TaskEpoch>) {
        let slices = settled.slices.as_ref().map(SliceRows::another);
        let mut rows = settled.take_rows();
        if self.slices.is_none() {
            self.slices = slices;
        }
        let mut places = Vec::new();
        for stack in settled.iter() {
            let place = u32::try_from(self.list.len()).ok();
            places.push(place.filter(|_| stack.key.task_epoch.is_some()));
            if let Some(task_epoch) = stack.key.task_epoch {
                task_epochs.push(task_epoch);
                self.push(&stack);
            }
        }
        follow_rows(&mut rows, &places);
        self.keep_rows(rows);
        let mut samples = settled.samples;
        follow(&mut samples, &places);
        if let Some(samples) = samples {
            self.samples.get_or_insert_default().extend(samples);
        }
    }

    /// Number of stacks.
    pub(super) fn len(&self) -> usize {
        self.lists().map(Vec::len).sum()
    }

    fn lists(&self) -> impl Iterator<Item = &Vec<PackedStack<'a>>> {
        std::iter::once(&self.list).chain(self.later.iter().map(|later| &later.list))
    }

    /// The stacks in order, in blocks.
    pub(super) fn blocks(&self) -> Vec<&[PackedStack<'a>]> {
        self.lists().flat_map(|list| list.chunks(BLOCK)).collect()
    }

    /// A stack of the list with all it has.
    pub(super) fn whole(&self, packed: &PackedStack<'a>) -> UniqueStack<'a> {
        let rare = packed.rare.checked_sub(1);
        let rare = rare.and_then(|at| self.rare_fields.get(at).copied());
        let rare = rare.unwrap_or_default();
        UniqueStack {
            key: StackKey {
                pid: packed.thread.pid,
                tid: packed.thread.tid,
                mode: packed.mode,
                ip: rare.ip,
                split: rare.split,
                payload_class: rare.payload_class,
                task_epoch: rare.task_epoch,
            },
            chain: packed.chain,
            user: rare.user,
            samples: packed.samples,
            period: packed.period,
            first: packed.first,
            last: packed.last,
            cpu: None,
        }
    }

    /// The stacks in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = UniqueStack<'a>> + use<'_, 'a> {
        let all = self.lists().flatten();
        all.map(|packed| self.whole(packed))
    }
}

/// Moves rows behind the stacks before theirs, of which there are fewer than 2^32.
fn shift(rows: &mut [SliceRow], before: usize) {
    let before = u32::try_from(before).unwrap_or(u32::MAX);
    for row in rows {
        row.stack = row.stack.saturating_add(before);
    }
}

//! The table of unique stacks.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::stacks::{SlimStack, Stacks};
use crate::space::Moment;
use crate::units::{CpuMode, Pid, Tid, Timestamp};

/// What the user part of a stack comes from besides the call chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum UserPart<'a> {
    /// Nothing: the call chain tells all there is.
    #[default]
    InChain,
    /// Last-branch records in call-stack mode, newest first.
    OpenCalls(&'a [u8]),
    /// Last-branch records of an event without call chains, newest first: no stack, but all there
    /// is.
    LastBranches(&'a [u8]),
    /// A chain that the kernel wrote later.
    Deferred(&'a [u8]),
    /// The instruction pointer only: the stack itself was copied and is not unwound.
    CopiedStack(u64),
}

/// What makes a stack a different stack, besides its call chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StackKey {
    /// Process.
    pub pid: Pid,
    /// Thread.
    pub tid: Tid,
    /// CPU mode of the sample itself.
    pub mode: CpuMode,
    /// Instruction pointer of a host sample whose chain holds no frame; else 0.
    pub ip: u64,
    /// The value of the [`Split`](super::Split); 0 when there is none.
    pub split: u64,
    /// What was true of the thread; `None` while the timeline is not yet known.
    pub moment: Option<Moment>,
}

/// A stack with all samples that have it.
#[derive(Clone, Copy, Debug)]
pub struct UniqueStack<'a> {
    /// What makes it different, besides the chain.
    pub key: StackKey,
    /// The raw call chain, leaf first, eight bytes an entry.
    pub chain: &'a [u8],
    /// Where the user part comes from.
    pub user: UserPart<'a>,
    /// Number of samples.
    pub samples: u64,
    /// Sum of their periods; a sample without one stands for its event's fixed period.
    pub period: u64,
    /// Time of the earliest sample.
    pub first: Timestamp,
    /// Time of the latest sample.
    pub last: Timestamp,
}

/// So many stacks take 64 MB.
const FEW: usize = 1 << 20;

/// Unique stacks in order of their first appearance.
#[derive(Debug)]
pub(super) struct StackTable<'a> {
    stacks: Stacks<'a>,
    /// Positions in `stacks`, each with the part of the hash that tells most others apart without a
    /// look at them.
    index: HashTable<(u32, u32)>,
    hasher: StackHasher,
}

impl<'a> StackTable<'a> {
    pub(super) fn new(hasher: StackHasher) -> Self {
        Self {
            stacks: Stacks::default(),
            index: HashTable::new(),
            hasher,
        }
    }

    /// Adds all samples of a stack.
    #[inline]
    pub(super) fn add(&mut self, new: &UniqueStack<'a>) {
        let rest = self.stacks.rest_of(new);
        let part = self.hasher.hash(&new.key, rest, new.chain);
        self.add_hashed(new, rest, part);
    }

    /// Adds the stacks of another table with the same hasher.
    ///
    /// Stacks that are in both stay apart as long as there are few in all: whoever names them
    /// merges them, and a look-up for each takes longer than that.
    pub(super) fn append(&mut self, other: Self) {
        if self.stacks.list.len() + other.stacks.list.len() <= FEW {
            self.stacks.append(other.stacks);
            return;
        }
        let mut parts = vec![0; other.stacks.list.len()];
        for &(part, ix) in &other.index {
            parts[ix as usize] = part;
        }
        for (new, part) in other.stacks.iter().zip(parts) {
            let rest = self.stacks.rest_of(&new);
            // Tables number the rests each in its own way: only stacks without hash the same.
            if rest == 0 {
                self.add_hashed(&new, rest, part);
            } else {
                self.add(&new);
            }
        }
    }

    #[inline]
    fn add_hashed(&mut self, new: &UniqueStack<'a>, rest: u32, part: u32) {
        let stacks = &mut self.stacks.list;
        let same = |&(old_part, ix): &(u32, u32)| {
            old_part == part && stacks[ix as usize].is_same(new, rest)
        };
        if let Some(&(_, ix)) = self.index.find(spread(part), same) {
            stacks[ix as usize].add(new);
            return;
        }
        // Each stack takes more than 64 bytes: 2^32 of them do not fit into memory.
        let ix = u32::try_from(stacks.len()).unwrap_or(u32::MAX);
        self.index
            .insert_unique(spread(part), (part, ix), |&(part, _)| spread(part));
        stacks.push(SlimStack::of(new, rest));
    }

    pub(super) fn into_stacks(self) -> Stacks<'a> {
        self.stacks
    }
}

/// Hashes stacks. The seed differs from run to run, so that no input can be made to collide; the
/// order of results does not depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct StackHasher {
    seed: u64,
}

impl StackHasher {
    pub(super) fn new() -> Self {
        Self {
            seed: RandomState::new().hash_one(0),
        }
    }

    /// The part of a stack's hash that the table keeps. `rest` is where the table has what is not
    /// the thread, the mode or the chain.
    ///
    /// Two lanes of folded multiplication over 32 bytes a step, so that the multiplications of one
    /// step do not wait for each other.
    #[inline]
    fn hash(&self, key: &StackKey, rest: u32, chain: &[u8]) -> u32 {
        const K: [u64; 4] = [
            0x9e37_79b9_7f4a_7c15,
            0xe703_7ed1_a0b4_28db,
            0x8ebc_6af0_9c88_c6e3,
            0x5899_65cc_7537_4cc3,
        ];
        let word = |bytes: &[u8], at: usize| {
            bytes
                .get(at..)
                .and_then(|rest| rest.first_chunk())
                .map_or(0, |c| u64::from_ne_bytes(*c))
        };
        let task = u64::from(key.tid.as_i32().cast_unsigned())
            | u64::from(key.pid.as_i32().cast_unsigned()) << 32;
        let mut a = fold_multiply(self.seed ^ task, K[0] ^ (key.mode as u64) << 56);
        let mut b = fold_multiply(self.seed ^ u64::from(rest), K[1] ^ chain.len() as u64);
        let blocks = chain.chunks_exact(32);
        let last = blocks.remainder();
        for block in blocks {
            a = fold_multiply(word(block, 0) ^ K[2], word(block, 8) ^ a);
            b = fold_multiply(word(block, 16) ^ K[3], word(block, 24) ^ b);
        }
        a = fold_multiply(word(last, 0) ^ K[2], word(last, 8) ^ a);
        b = fold_multiply(word(last, 16) ^ K[3], b);
        (fold_multiply(a, b ^ K[0]) >> 32) as u32
    }
}

/// A part of a hash as one that a table can use: it looks at both ends.
#[inline]
fn spread(part: u32) -> u64 {
    u64::from(part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "both halves of the product are used"
)]
fn fold_multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

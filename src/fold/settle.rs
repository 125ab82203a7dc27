//! What was true of each stack's thread, told by the timeline.

use hashbrown::{HashMap, HashSet};

use super::chain::ChainFrames;
use super::plan::Plan;
use super::select::Selection;
use super::split::Split;
use super::stacks::{SlimStack, Stacks};
use super::table::{StackTable, UniqueStack, UserPart};
use super::worker::{Folded, walk};
use crate::mix::Mixer;
use crate::perf::Capture;
use crate::perf::bytes::{ByteOrder, with_order};
use crate::shares::in_shares;
use crate::space::{Moment, Timeline};
use crate::units::{CpuMode, EventIx, Pid, Tid};

/// A unique stack with what was true of its thread.
#[derive(Clone, Copy, Debug)]
pub struct MomentStack<'a> {
    /// The stack.
    pub stack: UniqueStack<'a>,
    /// What was true of its thread at its time.
    pub moment: Moment,
}

/// Unique stacks with what was true of their threads.
#[derive(Debug, Default)]
pub struct Settled<'a> {
    stacks: Stacks<'a>,
    /// One for each stack.
    moments: Vec<Moment>,
}

impl<'a> Settled<'a> {
    /// `count` stacks from position `start` on, as far as there are so many.
    pub fn range(
        &self,
        start: usize,
        count: usize,
    ) -> impl Iterator<Item = MomentStack<'a>> + use<'_, 'a> {
        let end = start.saturating_add(count).min(self.len());
        let stacks = self.stacks.list.get(start..end).unwrap_or_default();
        let moments = self.moments.get(start..end).unwrap_or_default();
        let pairs = stacks.iter().zip(moments);
        pairs.map(|(slim, &moment)| MomentStack {
            stack: self.stacks.whole(slim),
            moment,
        })
    }

    /// The stacks in order.
    pub fn iter(&self) -> impl Iterator<Item = MomentStack<'a>> + use<'_, 'a> {
        self.range(0, usize::MAX)
    }

    /// Number of stacks.
    pub fn len(&self) -> usize {
        self.stacks.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.stacks.list.is_empty()
    }

    /// Number of samples, and the sum of their periods.
    pub fn weights(&self) -> (u64, u64) {
        self.stacks.iter().fold((0, 0), |(samples, period), stack| {
            (samples + stack.samples, period.saturating_add(stack.period))
        })
    }
}

/// Fewer stacks are not worth a thread.
const MIN_SHARE: usize = 1 << 13;

/// The moment of each stack's earliest sample, and the threads that have a stack whose samples do
/// not all mean the same.
fn place<O: ByteOrder>(
    share: &[SlimStack<'_>],
    stacks: &Stacks<'_>,
    timeline: &Timeline,
) -> (Vec<Moment>, HashSet<(Pid, Tid)>) {
    let mut ambiguous = HashSet::new();
    let mut histories = HashMap::new();
    let mut recent = None;
    let place = |slim: &SlimStack<'_>| {
        let thread = slim.thread();
        let (first, last) = slim.times();
        let history = match recent {
            Some((of, history)) if of == thread => history,
            Some(_) | None => *histories
                .entry(thread)
                .or_insert_with(|| timeline.histories(thread.0, thread.1)),
        };
        recent = Some((thread, history));
        let (moment, until) = history.moment_until(first);
        if until.is_some_and(|until| until <= last)
            && !means_the_same::<O>(
                &stacks.whole(slim),
                (moment, history.moment(last)),
                timeline,
            )
        {
            ambiguous.insert(thread);
        }
        moment
    };
    let moments = share.iter().map(place).collect();
    (moments, ambiguous)
}

/// Whether a stack means the same at all moments from one to another: mappings elsewhere in its
/// process changed.
fn means_the_same<O: ByteOrder>(
    stack: &UniqueStack<'_>,
    moments: (Moment, Moment),
    timeline: &Timeline,
) -> bool {
    let frames = ChainFrames::<O>::new(stack.chain, stack.key.mode);
    let user = frames.filter(|frame| frame.mode == CpuMode::User);
    let addresses = user.flat_map(|frame| [frame.recorded, frame.lookup]);
    stack.user == UserPart::InChain
        && stack.key.ip == 0
        && timeline.is_same_throughout(stack.key.pid, moments, addresses)
}

impl<'a> Folded<'a> {
    /// Tells, with the timeline at hand, what was true of each stack's thread. The stacks are taken
    /// out.
    ///
    /// Threads with stacks that were seen before and after a change which concerns them, of their
    /// names or of what lies at their addresses, are folded again, sample by sample; that takes a
    /// second walk, which most captures do not need.
    pub fn settle(
        &mut self,
        capture: &'a Capture,
        (selection, split): (&Selection, Split),
        timeline: &Timeline,
        threads: usize,
    ) -> Settled<'a> {
        let mut stacks = std::mem::take(&mut self.stacks);
        let placed = with_order!(capture.endian(), O => {
            let place = |share: &[SlimStack<'_>]| place::<O>(share, &stacks, timeline);
            in_shares(&stacks.list, (threads, MIN_SHARE), place)
        });
        let (mut moments, mut ambiguous) = (Vec::new(), HashSet::new());
        for (some, also) in placed {
            moments.extend(some);
            ambiguous.extend(also);
        }
        if ambiguous.is_empty() {
            return Settled { stacks, moments };
        }
        let is_clear = |stack: &SlimStack<'_>| !ambiguous.contains(&stack.thread());
        let mut clear = stacks.list.iter().map(is_clear);
        moments.retain(|_| clear.next().unwrap_or_default());
        stacks.list.retain(is_clear);
        let again = Some((&ambiguous, timeline));
        let plan = Plan {
            again,
            ..Plan::new(capture, selection, split)
        };
        let refolded = with_order!(capture.endian(), O => walk::<O>(capture, plan, threads));
        for stack in refolded.stacks.iter() {
            if let Some(moment) = stack.key.moment {
                moments.push(moment);
                stacks.push(&stack);
            }
        }
        Settled { stacks, moments }
    }

    /// Number of different stacks, before [`Self::settle`].
    pub fn distinct_stacks(&self) -> usize {
        let mut table = StackTable::new(Mixer::new());
        for stack in self.stacks.iter() {
            table.add(&stack);
        }
        table.into_stacks().list.len()
    }

    /// Whether nothing was folded.
    pub fn is_empty(&self) -> bool {
        self.stacks.list.is_empty()
    }

    /// Samples of an event.
    pub fn event(&self, ix: EventIx) -> u64 {
        self.events.get(ix.as_usize()).copied().unwrap_or_default()
    }
}

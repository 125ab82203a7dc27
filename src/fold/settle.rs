//! Raw stacks become settled ones: what was true of each stack's thread is found in the timeline.

use hashbrown::{HashMap, HashSet};

use super::chain::ChainFrames;
use super::packed::{PackedStack, Stacks};
use super::plan::{Again, Keep, Plan};
use super::raw_stacks::RawStacks;
use super::request::FoldRequest;
use super::settled::{MIN_SHARE, Settled};
use super::unique_stack::{UniqueStack, UserPart};
use super::walk::walk;
use crate::bytes::{ByteOrder, with_order};
use crate::parallel::{Shares, in_shares};
use crate::perf::Capture;
use crate::space::{Changes, Histories, TaskEpoch, Timeline};
use crate::units::{Avma, CpuMode, RecordOrder, ThreadId};

/// What was true of a thread from one record to another. Stacks of one thread mostly follow each
/// other: that of the last stack is tried before the histories are searched.
#[derive(Clone, Copy, Debug)]
struct EpochSpan<'t> {
    thread: ThreadId,
    history: Histories<'t>,
    from: RecordOrder,
    task_epoch: TaskEpoch,
    /// When something else became true.
    until: Option<RecordOrder>,
}

impl EpochSpan<'_> {
    /// Whether it holds for that thread at that point.
    fn holds(&self, thread: ThreadId, at: RecordOrder) -> bool {
        self.thread == thread && self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// The epoch of each stack's earliest sample, and the threads that have a stack whose samples do not
/// all mean the same.
fn place<O: ByteOrder>(
    share: &[&[PackedStack<'_>]],
    stacks: &Stacks<'_>,
    timeline: &Timeline,
) -> (Vec<Vec<TaskEpoch>>, HashSet<ThreadId>) {
    let mut ambiguous = HashSet::new();
    let mut histories = HashMap::new();
    let mut changes = HashMap::new();
    let mut recent: Option<EpochSpan<'_>> = None;
    let mut place = |packed: &PackedStack<'_>| {
        let thread = packed.thread();
        let (first, last) = packed.ends();
        let known = recent.take().filter(|recent| recent.holds(thread, first));
        let known = known.unwrap_or_else(|| {
            let history = *histories
                .entry(thread)
                .or_insert_with(|| timeline.histories(thread));
            let (task_epoch, until) = history.task_epoch_until(first);
            EpochSpan {
                thread,
                history,
                from: first,
                task_epoch,
                until,
            }
        });
        let EpochSpan {
            history,
            task_epoch,
            until,
            ..
        } = *recent.insert(known);
        if until.is_some_and(|until| until <= last) && !ambiguous.contains(&thread) {
            let stack = stacks.whole(packed);
            let to = history.task_epoch(last);
            let numbers = timeline.changes_between(thread.pid, task_epoch, to);
            let mut leaves_alone = |number: u32| {
                let known = changes.entry((thread.pid, number));
                let change = known.or_insert_with(|| timeline.changes(thread.pid, number));
                change
                    .as_mut()
                    .is_some_and(|change| leaves_alone::<O>(change, &stack))
            };
            let is_same_kernel = task_epoch.of_kernel() == to.of_kernel()
                || has_lasting_kernel_code::<O>(timeline, &stack);
            let is_same = holds_all(&stack)
                && is_same_kernel
                && numbers.is_some_and(|mut numbers| numbers.all(&mut leaves_alone));
            if !is_same {
                ambiguous.insert(thread);
            }
        }
        task_epoch
    };
    let place_all = |block: &&[PackedStack<'_>]| block.iter().map(&mut place).collect();
    let task_epochs = share.iter().map(place_all).collect();
    (task_epochs, ambiguous)
}

/// Whether the call chain of a stack holds all its addresses.
fn holds_all(stack: &UniqueStack<'_>) -> bool {
    let is_in_chain = matches!(stack.user, UserPart::InChain | UserPart::UnusedCopy);
    is_in_chain && stack.key.ip == Avma::default()
}

/// Whether mappings changed only where a chain has no address.
fn leaves_alone<O: ByteOrder>(change: &mut Changes<'_>, stack: &UniqueStack<'_>) -> bool {
    let frames = ChainFrames::<O>::new(stack.chain, stack.key.mode);
    let mut user = frames.filter(|frame| frame.mode == CpuMode::User);
    user.all(|frame| !change.concern(frame.recorded) && !change.concern(frame.lookup))
}

/// Whether no address of the kernel in a chain held different code at different times.
fn has_lasting_kernel_code<O: ByteOrder>(timeline: &Timeline, stack: &UniqueStack<'_>) -> bool {
    let frames = ChainFrames::<O>::new(stack.chain, stack.key.mode);
    let mut kernel = frames.filter(|frame| frame.mode == CpuMode::Kernel);
    kernel
        .all(|frame| !timeline.is_contested(frame.lookup) && !timeline.is_contested(frame.recorded))
}

impl<'a> RawStacks<'a> {
    /// Finds in the timeline what was true of each stack's thread.
    ///
    /// Threads with stacks that were seen before and after a change which concerns them, of their
    /// names or of what lies at their addresses, are folded again, sample by sample; that takes a
    /// second walk, which most captures do not need.
    pub(crate) fn settle(
        self,
        capture: &'a Capture,
        request: &FoldRequest,
        timeline: &Timeline,
    ) -> Settled<'a> {
        let Self {
            mut stacks,
            readings,
            stitched,
        } = self;
        let placed = with_order!(capture.endian(), O => {
            let place = |share: &[&[PackedStack<'_>]]| place::<O>(share, &stacks, timeline);
            let shares = Shares {
                threads: request.threads,
                least: MIN_SHARE,
            };
            in_shares(&stacks.blocks(), shares, place)
        });
        let (mut task_epochs, mut ambiguous) = (Vec::new(), HashSet::new());
        for (some, also) in placed {
            task_epochs.extend(some);
            ambiguous.extend(also);
        }
        if ambiguous.is_empty() {
            return Settled {
                stacks,
                task_epochs,
            };
        }
        stacks.join();
        let mut task_epochs = task_epochs.concat();
        let is_clear = |stack: &PackedStack<'_>| !ambiguous.contains(&stack.thread());
        let mut clear = stacks.list.iter().map(is_clear);
        task_epochs.retain(|_| clear.next().unwrap_or_default());
        stacks.retain(is_clear);
        let plan = Plan {
            again: Some(Again {
                threads: Some(&ambiguous),
                timeline,
            }),
            ..Plan::new(capture, request, &readings)
        };
        let keep = Keep {
            bytes: capture.kept(),
            code: None,
            stitched,
        };
        let refolded = walk(capture, plan, keep);
        stacks.extend_settled(refolded.stacks, &mut task_epochs);
        Settled::of(stacks, task_epochs)
    }
}

//! Named, tagged stacks.

use std::ops::Range;

use super::classes::{Class, ThreadSpell};
use super::doubtful::{DoubtfulSamples, DoubtfulStacks};
use super::kept_stacks::KeptStacks;
use super::places::StackPlaces;
use super::request::{FrameScope, StackFilter};
use super::unnamed::UnnamedCounts;
use crate::kvm::{StackView, Tagger, tag_of_class};
use crate::parallel::{Shares, in_shares_mut};
use crate::stack::{FrameIx, FrameTable, Tag};
use crate::units::{CpuMode, ThreadId};

/// Fewer stacks are not worth a thread.
pub(super) const MIN_SHARE: usize = 1 << 12;

/// A named stack.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    /// Which list its frames are in.
    pub(super) list: u32,
    /// Where they begin there.
    pub(super) start: usize,
    /// Number of frames.
    pub(super) len: usize,
    /// What it has in common with others, as an index into the list of classes.
    pub(super) class: u32,
    /// What class its payloads are of; 0 when they tell no tag.
    pub(super) payload_class: u8,
    /// Mode of the samples themselves.
    pub mode: CpuMode,
    /// Whether the call chain held no address.
    pub chain_is_empty: bool,
    /// What the stack is doing.
    pub tag: Tag,
    /// Position of the first frame that carries the tag; the number of frames when none does.
    pub deciding: usize,
    /// Number of samples.
    pub samples: u64,
    /// What the samples weigh together.
    pub weight: u64,
}

/// What stacks are made of.
#[derive(Debug, Default)]
pub(super) struct StackParts {
    /// The frames of all stacks: some lists, in which they lie one behind the other.
    pub(super) lists: Vec<Vec<FrameIx>>,
    pub(super) classes: Vec<Class>,
}

impl StackParts {
    fn view<'v>(&'v self, stack: &Stack, table: &'v FrameTable) -> StackView<'v> {
        let class = self.class_of(stack);
        StackView {
            table,
            frames: self.frames_of(stack),
            process_name: class.map_or("", |class| &class.process),
            thread_name: class.map_or("", |class| &class.thread),
            is_idle_task: class.is_some_and(|class| class.is_idle_task),
            is_vcpu_thread: class.is_some_and(|class| class.is_vcpu_thread),
            leaf_mode: stack.mode,
            chain_is_empty: stack.chain_is_empty,
            payload_tag: tag_of_class(stack.payload_class),
        }
    }

    fn class_of(&self, stack: &Stack) -> Option<&Class> {
        self.classes.get(stack.class as usize)
    }

    fn frames_of(&self, stack: &Stack) -> &[FrameIx] {
        let list = self.lists.get(stack.list as usize);
        let frames = list.and_then(|list| list.get(stack.start..stack.start + stack.len));
        frames.unwrap_or_default()
    }
}

/// Named stacks, each once and in no particular order.
#[derive(Debug, Default)]
pub struct NamedStacks {
    pub(super) stacks: Vec<Stack>,
    pub(super) parts: StackParts,
    /// Samples that have no frame in the wanted scope.
    pub(super) out_of_scope: u64,
    /// Frames without a name.
    pub(crate) unnamed: UnnamedCounts,
    /// Samples that show less than there was.
    pub(super) doubtful: DoubtfulStacks,
    /// Which of them settled stacks have become.
    pub(super) places: StackPlaces,
}

impl NamedStacks {
    /// Tags all stacks.
    pub(crate) fn tag(&mut self, mut tagger: Tagger, table: &FrameTable, threads: usize) {
        let Self { stacks, parts, .. } = self;
        tagger.look_up_all(table);
        let shares = Shares {
            threads,
            least: MIN_SHARE,
        };
        in_shares_mut(stacks, shares, |share| {
            let mut tagger = tagger.clone();
            for stack in share {
                let tagged = tagger.tag(&parts.view(stack, table));
                stack.tag = tagged.tag;
                stack.deciding = tagged.deciding;
            }
        });
    }

    /// A stack as the tagger looks at it.
    pub fn view<'v>(&'v self, stack: &Stack, table: &'v FrameTable) -> StackView<'v> {
        self.parts.view(stack, table)
    }

    /// Hides frames, all of which have told the tags: those of other modes, and of what is left those
    /// far from the leaf.
    pub(crate) fn limit(&mut self, scope: FrameScope, most: Option<usize>, table: &FrameTable) {
        if scope != FrameScope::All {
            self.limit_scope(scope, table);
        }
        if let Some(most) = most {
            self.limit_depth(most);
        }
    }

    /// Leaves the frames of a scope and those of the grouping; what has none of the scope is dropped.
    /// The tag stays, since all frames tell it: the leaf carries it where the deciding frame is
    /// hidden.
    fn limit_scope(&mut self, scope: FrameScope, table: &FrameTable) {
        let Self { stacks, parts, .. } = self;
        let mut frames = Vec::new();
        let mut is_kept = Vec::with_capacity(stacks.len());
        stacks.retain_mut(|stack| {
            let roots = parts.class_of(stack).map_or(0, |class| class.roots.len());
            let start = frames.len();
            let mut deciding = None;
            for (at, &ix) in parts.frames_of(stack).iter().enumerate() {
                if at == stack.deciding {
                    deciding = Some(frames.len() - start);
                }
                if at < roots || scope.shows(table.get(ix).mode) {
                    frames.push(ix);
                }
            }
            let len = frames.len() - start;
            let is_left = len > roots;
            is_kept.push(is_left);
            if !is_left {
                frames.truncate(start);
                self.out_of_scope += stack.samples;
            }
            stack.deciding = deciding.map_or(len, |at| at.min(len.saturating_sub(1)));
            (stack.list, stack.start, stack.len) = (0, start, len);
            is_left
        });
        parts.lists = vec![frames];
        self.retain_counts(&is_kept);
    }

    /// Leaves out what is counted of stacks that are not kept.
    fn retain_counts(&mut self, is_kept: &[bool]) {
        if is_kept.iter().all(|&is_kept| is_kept) {
            return;
        }
        let kept = KeptStacks::of(is_kept);
        self.unnamed.retain(&kept);
        self.doubtful.retain(&kept);
        self.places.retain(&kept);
    }

    /// Leaves of each call chain the frames nearest to the leaf, at most so many. The frames of the
    /// grouping stay, and so does the tag.
    fn limit_depth(&mut self, most: usize) {
        let Self { stacks, parts, .. } = self;
        let mut kept = Vec::new();
        for stack in stacks {
            let class = parts.class_of(stack);
            let roots = class.map_or(0, |class| class.roots.len());
            let frames = parts.frames_of(stack);
            let (roots, chain) = frames.split_at(roots.min(frames.len()));
            let cut = chain.len().saturating_sub(most);
            let start = kept.len();
            kept.extend_from_slice(roots);
            kept.extend_from_slice(&chain[cut..]);
            if stack.deciding > roots.len() {
                stack.deciding = stack.deciding.saturating_sub(cut).max(roots.len());
            }
            (stack.list, stack.start, stack.len) = (0, start, kept.len() - start);
        }
        parts.lists = vec![kept];
    }

    /// Drops stacks that are not wanted; returns the number of their samples.
    pub(crate) fn retain_wanted(&mut self, filter: &StackFilter<'_>) -> u64 {
        let mut left_out = self.out_of_scope;
        if filter.comms.is_empty() && filter.cgroups.is_empty() && !filter.no_idle {
            return left_out;
        }
        let Self { stacks, parts, .. } = self;
        let mut kept = Vec::with_capacity(stacks.len());
        let is_one_of = |wanted: &[String], name: Option<&str>| {
            wanted.is_empty() || wanted.iter().any(|wanted| Some(&**wanted) == name)
        };
        stacks.retain(|stack| {
            let class = parts.class_of(stack);
            let wanted = is_one_of(filter.comms, class.map(|class| &*class.thread))
                && is_one_of(filter.cgroups, class.map(|class| &*class.cgroup))
                && !(filter.no_idle && stack.tag == Tag::Idle);
            if !wanted {
                left_out += stack.samples;
            }
            kept.push(wanted);
            wanted
        });
        self.retain_counts(&kept);
        left_out
    }

    /// Weight by tag, tags of no stack left out, in display order, none where nothing was tagged; and
    /// of all stacks.
    pub(crate) fn add_up(&self, no_tag: bool) -> (Vec<(Tag, u64)>, u64) {
        let mut by_tag = [None; Tag::ALL.len()];
        let mut total = 0_u64;
        for stack in &self.stacks {
            let sum: &mut u64 = by_tag[stack.tag as usize].get_or_insert(0);
            *sum = sum.saturating_add(stack.weight);
            total = total.saturating_add(stack.weight);
        }
        // Tags are numbered in display order.
        let totals = Tag::ALL.into_iter().zip(by_tag);
        let totals = totals.filter_map(|(tag, weight)| Some((tag, weight?)));
        (totals.filter(|_| !no_tag).collect(), total)
    }

    /// Samples that show less than there was.
    pub(crate) fn doubtful(&self) -> DoubtfulSamples {
        self.doubtful.sum()
    }

    /// The position of the stack that a settled one has become; `None` when it is left out, or that
    /// was not asked for.
    pub(crate) fn place_of(&self, settled: u32) -> Option<u32> {
        self.places.of_settled(settled)
    }

    /// The stack of a position in [`Self::iter`].
    pub fn get(&self, at: usize) -> Option<&Stack> {
        self.stacks.get(at)
    }

    /// The stacks.
    pub fn iter(&self) -> std::slice::Iter<'_, Stack> {
        self.stacks.iter()
    }

    /// The thread of a stack; `None` unless stacks are grouped by thread.
    pub fn thread_id(&self, stack: &Stack) -> Option<ThreadId> {
        Some(self.spell(stack)?.thread)
    }

    /// The thread of a stack with its CPU, as far as the grouping keeps them apart; `None` where it
    /// is not by thread.
    pub fn spell(&self, stack: &Stack) -> Option<ThreadSpell> {
        self.parts.class_of(stack)?.spell
    }

    /// The frames of a stack, root first.
    pub fn frames(&self, stack: &Stack) -> &[FrameIx] {
        self.parts.frames_of(stack)
    }

    /// Takes out the frames of all stacks in one list, in which [`Self::range`] tells where those of each
    /// are. No stack has frames from then on.
    pub fn take_frames(&mut self) -> Vec<FrameIx> {
        let mut lists = std::mem::take(&mut self.parts.lists).into_iter();
        let mut all = lists.next().unwrap_or_default();
        let mut starts = vec![0];
        for list in lists {
            starts.push(all.len());
            all.extend(list);
        }
        for stack in &mut self.stacks {
            stack.start += starts.get(stack.list as usize).copied().unwrap_or_default();
            stack.list = 0;
        }
        all
    }

    /// Where the frames of a stack are in its list.
    pub fn range(&self, stack: &Stack) -> Range<usize> {
        stack.start..stack.start + stack.len
    }

    /// The frames of a stack behind those of the grouping.
    pub fn chain(&self, stack: &Stack) -> &[FrameIx] {
        let roots = self.parts.class_of(stack);
        let roots = roots.map_or(0, |class| class.roots.len());
        self.frames(stack).get(roots..).unwrap_or_default()
    }
}

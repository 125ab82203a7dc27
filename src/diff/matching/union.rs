//! The union of both sides' call trees: every frame of either side has its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashSet;

use super::left_out::{idle_entry, inlined_elsewhere};
use super::pairing::{Matching, Pairing};
use crate::analysis::SliceWeight;
use crate::before_after::{SideRole, Sides};
use crate::diff::sides::{Count, Side, SliceRange};
use crate::kvm::Tagged;
use crate::stack::{CallTree, FrameIx, FrameKind, FrameTable, NodeIx, Tag, TaggedStack};

/// A stack at its place in the union.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlacedStack {
    /// Where the stack ends.
    pub(crate) leaf: NodeIx,
    pub(crate) tag: Tag,
    pub(crate) count: Count,
    /// Where its weights by slice of time are among those of its side.
    pub(crate) slices: SliceRange,
}

/// The stacks of one side at their places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnitedSide<'u> {
    pub(crate) list: &'u [PlacedStack],
    slice_weights: &'u [SliceWeight],
}

impl<'u> UnitedSide<'u> {
    /// What one of them weighs by slice of time.
    pub(crate) fn weights_of(&self, stack: &PlacedStack) -> &'u [SliceWeight] {
        stack.slices.of(self.slice_weights)
    }
}

/// The union of both sides' call trees.
#[derive(Debug)]
pub struct Union {
    /// Frames, as the after side names them where it has them.
    pub frames: FrameTable,
    /// The tree; its weights are the sums of both sides.
    pub tree: CallTree,
    /// The node above each node; the root's own for the root.
    pub(crate) parents: Vec<NodeIx>,
    /// Stacks that pass through or end at each node, by side.
    pub(crate) total: Sides<Vec<Count>>,
    /// Stacks that end at each node, by side.
    pub(crate) own: Sides<Vec<Count>>,
    /// Each side's stacks.
    pub(crate) stacks: Sides<Vec<PlacedStack>>,
    /// What they weigh by slice of time.
    slice_weights: Sides<Vec<SliceWeight>>,
    /// Names of functions that one side shows and the other inlines or tail-calls; they were left
    /// out, in the order of their bytes.
    pub elided: Vec<String>,
    /// What the before side calls frames that are shown by another name.
    pub former: BTreeMap<FrameIx, Arc<str>>,
}

/// The stacks of a side with frames of the union.
struct UnitedStacks {
    stacks: Vec<United>,
    /// The frames of all of them.
    lists: Vec<FrameIx>,
}

/// A stack with frames of the union.
struct United {
    start: usize,
    end: usize,
    tagged: Tagged,
    count: Count,
    slices: SliceRange,
}

impl Union {
    /// Merges both sides, on so many threads at most.
    pub fn new(sides: Sides<&Side>, matching: Matching, threads: usize) -> Self {
        let is_plain = sides.iter().any(|side| side.origin.event.is_none());
        let with_tags = sides.iter().all(|side| side.is_tagged);
        let Pairing {
            frames,
            maps,
            former,
        } = Pairing::new(sides, matching, is_plain, threads);
        // The same kernel inlines the same functions: a frame that only one side shows is rare then,
        // not absent.
        let kernels = sides.map(|side| side.origin.kernel.as_ref());
        let is_other_kernel = kernels.before.is_none() || kernels.before != kernels.after;
        let left_out = if matching == Matching::Loose && with_tags && is_other_kernel {
            inlined_elsewhere(sides, &maps)
        } else {
            Sides::default()
        };
        let unite = |role: SideRole| {
            let selection = FrameSelection {
                map: &maps[role],
                left_out: &left_out[role],
                // Folded text does not tell which frames are the kernel's.
                skips_boot: matching == Matching::Loose && with_tags,
                with_tags,
            };
            selection.apply(sides[role])
        };
        let united = Sides::at_once(threads, unite);
        let mut names: Vec<String> = left_out
            .iter()
            .flatten()
            .map(|&ix| frames.get(ix).name.to_string())
            .collect();
        names.sort_unstable();
        Self {
            elided: names,
            former,
            slice_weights: sides.map(|side| side.slice_weights.clone()),
            ..Self::build(frames, &united, threads)
        }
    }

    fn build(frames: FrameTable, united: &Sides<UnitedStacks>, threads: usize) -> Self {
        let tagged = united.iter().flat_map(|side| {
            side.stacks.iter().map(|stack| TaggedStack {
                frames: side.lists.get(stack.start..stack.end).unwrap_or_default(),
                tag: stack.tagged.tag,
                deciding: stack.tagged.deciding,
                weight: stack.count.weight,
            })
        });
        let tagged: Vec<TaggedStack<'_>> = tagged.collect();
        let (tree, leaves) = CallTree::by_threads(&frames, tagged.into_iter(), threads);
        let mut leaves = leaves.into_iter();
        let mut parents = vec![NodeIx::ROOT; tree.len()];
        for at in (0..).map(NodeIx).take(tree.len()) {
            for child in tree.children(at) {
                parents[child.as_usize()] = at;
            }
        }
        let mut own = Sides::from_fn(|_| vec![Count::default(); tree.len()]);
        let mut placed: Sides<Vec<PlacedStack>> = Sides::default();
        for (role, side) in united.each_ref().with_roles() {
            for (stack, leaf) in side.stacks.iter().zip(leaves.by_ref()) {
                own[role][leaf.as_usize()].add(stack.count);
                placed[role].push(PlacedStack {
                    leaf,
                    tag: stack.tagged.tag,
                    count: stack.count,
                    slices: stack.slices,
                });
            }
        }
        let total = own.each_ref().map(|own| {
            let mut total = own.clone();
            // A node was made before its children.
            for ix in (1..total.len()).rev() {
                let below = total[ix];
                total[parents[ix].as_usize()].add(below);
            }
            total
        });
        Self {
            frames,
            tree,
            parents,
            total,
            own,
            stacks: placed,
            slice_weights: Sides::default(),
            elided: Vec::new(),
            former: BTreeMap::new(),
        }
    }

    /// The stacks of a side.
    pub(crate) fn side(&self, role: SideRole) -> UnitedSide<'_> {
        UnitedSide {
            list: &self.stacks[role],
            slice_weights: &self.slice_weights[role],
        }
    }

    /// The number of samples and the weight of a whole side.
    pub(crate) fn whole(&self, role: SideRole) -> Count {
        self.total[role].first().copied().unwrap_or_default()
    }
}

/// What becomes of the frames of one side.
struct FrameSelection<'a> {
    /// Where the side's frames are in the common table.
    map: &'a [FrameIx],
    left_out: &'a HashSet<FrameIx>,
    /// Whether to leave out how a CPU came to its idle loop.
    skips_boot: bool,
    with_tags: bool,
}

impl FrameSelection<'_> {
    /// All stacks of a side.
    fn apply(&self, side: &Side) -> UnitedStacks {
        let mut lists = Vec::with_capacity(side.lists.len());
        let mut united = Vec::with_capacity(side.stacks.len());
        for stack in &side.stacks {
            let (start, source) = (lists.len(), side.frames_of(stack));
            let mut tagged = stack.tagged;
            let entry = if self.skips_boot {
                idle_entry(side, source)
            } else {
                0
            };
            for (depth, own) in source.iter().enumerate() {
                let frame = self.map.get(own.as_usize()).copied().unwrap_or(*own);
                let is_inlined = self.left_out.contains(&frame) && depth + 1 < source.len();
                let is_boot = depth < entry && side.frames.get(*own).kind != FrameKind::Root;
                if is_inlined || is_boot {
                    tagged.deciding -= usize::from(depth < stack.tagged.deciding);
                } else {
                    lists.push(frame);
                }
            }
            if !self.with_tags {
                tagged.tag = Tag::Host;
            }
            united.push(United {
                start,
                end: lists.len(),
                tagged,
                count: stack.count,
                slices: stack.slices,
            });
        }
        UnitedStacks {
            stacks: united,
            lists,
        }
    }
}

//! The union of both sides' call trees: every frame of either side has its place.

use hashbrown::{HashMap, HashSet};

use super::matching::{Matching, idle_entry, inlined_elsewhere, key_of};
use super::side::Side;
use crate::stack::{CallTree, Frame, FrameIx, FrameKind, FrameTable, NodeIx, Tag, TaggedStack};

/// Samples and weight of one side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// Number of samples.
    pub samples: u64,
    /// What they weigh.
    pub weight: u64,
}

impl Count {
    pub(crate) fn add(&mut self, other: Self) {
        self.samples = self.samples.saturating_add(other.samples);
        self.weight = self.weight.saturating_add(other.weight);
    }
}

/// A stack at its place in the union.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Where the stack ends.
    pub(crate) leaf: NodeIx,
    pub(crate) tag: Tag,
    pub(crate) count: Count,
    pub(crate) slice: u32,
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
    pub(crate) total: [Vec<Count>; 2],
    /// Stacks that end at each node, by side.
    pub(crate) own: [Vec<Count>; 2],
    /// Each side's stacks.
    pub(crate) places: [Vec<Place>; 2],
    /// Names of functions that one side shows and the other inlines or tail-calls; they were left
    /// out, in the order of their bytes.
    pub elided: Vec<String>,
}

/// A stack with frames of the union.
struct United {
    start: usize,
    end: usize,
    tag: Tag,
    deciding: usize,
    count: Count,
    slice: u32,
}

impl Union {
    /// Merges both sides.
    pub fn new(before: &Side, after: &Side, matching: Matching) -> Self {
        let sides = [before, after];
        let is_plain = sides.iter().any(|side| side.origin.event.is_none());
        let with_tags = sides.iter().all(|side| side.is_tagged);
        let (frames, maps) = unite(sides, matching, is_plain);
        // The same kernel inlines the same functions: a frame that only one side shows is rare then,
        // not absent.
        let kernels = sides.map(|side| side.origin.kernel.as_ref());
        let is_other_kernel = kernels[0].is_none() || kernels[0] != kernels[1];
        let left_out = if matching == Matching::Loose && with_tags && is_other_kernel {
            inlined_elsewhere(sides, [&maps[0], &maps[1]])
        } else {
            Default::default()
        };
        let mut lists: Vec<FrameIx> = Vec::new();
        let united = [0, 1].map(|at: usize| {
            let rules = Rules {
                map: &maps[at],
                left_out: &left_out[at],
                skips_boot: matching == Matching::Loose && sides[at].is_tagged,
                with_tags,
            };
            rules.apply(sides[at], &mut lists)
        });
        let mut names: Vec<String> = left_out
            .iter()
            .flatten()
            .map(|&ix| frames.get(ix).name.to_string())
            .collect();
        names.sort_unstable();
        Self::build(frames, &lists, &united, names)
    }

    fn build(
        frames: FrameTable,
        lists: &[FrameIx],
        united: &[Vec<United>; 2],
        elided: Vec<String>,
    ) -> Self {
        let tagged = united.iter().flatten().map(|stack| TaggedStack {
            frames: lists.get(stack.start..stack.end).unwrap_or_default(),
            tag: stack.tag,
            deciding: stack.deciding,
            weight: stack.count.weight,
        });
        let (tree, leaves) = CallTree::with_leaves(&frames, tagged);
        let mut leaves = leaves.into_iter();
        let mut parents = vec![NodeIx::ROOT; tree.len()];
        for at in (0..).map(NodeIx).take(tree.len()) {
            for child in tree.children(at) {
                parents[child.as_usize()] = at;
            }
        }
        let none = || vec![Count::default(); tree.len()];
        let mut own = [none(), none()];
        let mut places = [Vec::new(), Vec::new()];
        for (at, stacks) in united.iter().enumerate() {
            for (stack, leaf) in stacks.iter().zip(leaves.by_ref()) {
                own[at][leaf.as_usize()].add(stack.count);
                places[at].push(Place {
                    leaf,
                    tag: stack.tag,
                    count: stack.count,
                    slice: stack.slice,
                });
            }
        }
        let total = [0, 1].map(|at: usize| {
            let mut total: Vec<Count> = own[at].clone();
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
            places,
            elided,
        }
    }

    /// The number of samples and the weight of a whole side.
    pub(crate) fn whole(&self, side: usize) -> Count {
        self.total[side].first().copied().unwrap_or_default()
    }
}

/// What becomes of the frames of one side.
struct Rules<'a> {
    /// Where the side's frames are in the common table.
    map: &'a [FrameIx],
    left_out: &'a HashSet<FrameIx>,
    /// Whether to leave out how a CPU came to its idle loop.
    skips_boot: bool,
    with_tags: bool,
}

impl Rules<'_> {
    /// Appends the frames of all stacks to `lists`.
    fn apply(&self, side: &Side, lists: &mut Vec<FrameIx>) -> Vec<United> {
        let mut united = Vec::with_capacity(side.stacks.len());
        for stack in &side.stacks {
            let (start, source) = (lists.len(), side.frames_of(stack));
            let mut deciding = stack.deciding;
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
                    deciding -= usize::from(depth < stack.deciding);
                } else {
                    lists.push(frame);
                }
            }
            united.push(United {
                start,
                end: lists.len(),
                tag: if self.with_tags { stack.tag } else { Tag::Host },
                deciding,
                count: Count {
                    samples: stack.samples,
                    weight: stack.weight,
                },
                slice: stack.slice,
            });
        }
        united
    }
}

/// One table for the frames of both sides, and where each side's frames are in it.
fn unite(sides: [&Side; 2], matching: Matching, is_plain: bool) -> (FrameTable, [Vec<FrameIx>; 2]) {
    let mut frames = FrameTable::default();
    let mut keys: HashMap<Frame, FrameIx> = HashMap::new();
    let mut map = |side: &Side, frames: &mut FrameTable| {
        // Frames are numbered in no particular order. Of several with one key the first one is shown.
        let mut places = vec![FrameIx(0); side.frames.len()];
        for ix in side.frames.in_order() {
            let frame = side.frames.get(ix);
            let key = key_of(frame, matching, is_plain);
            let mut shown = frame.clone();
            // The name that stands for all of them.
            shown.name.clone_from(&key.name);
            places[ix.as_usize()] = *keys.entry(key).or_insert_with(|| frames.intern(shown));
        }
        places
    };
    // The after side first: its objects are shown.
    let after = map(sides[1], &mut frames);
    let before = map(sides[0], &mut frames);
    (frames, [before, after])
}

//! What is compared: everything, tags, functions and boxes, with what each has on both sides.

use super::bases::{Base, Bases, whole_samples};
use crate::before_after::{SideRole, Sides};
use crate::diff::matching::Union;
use crate::diff::model::{SideQuantity, SliceValues};
use crate::diff::sides::Count;
use crate::stack::{FrameIx, NodeIx, Tag};

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// Everything.
    Total,
    /// A tag.
    Tag(Tag),
    /// All VM exits.
    Exits,
    /// A function with all it calls.
    Inclusive(FrameIx),
    /// A function itself.
    Own(FrameIx),
    /// A box of the picture.
    Box(NodeIx),
}

/// The subjects with their counts: first heads (everything, tags, all exits), then functions with
/// what they call, functions themselves, boxes.
#[derive(Debug)]
pub(crate) struct Quantities {
    pub(crate) subjects: Vec<Subject>,
    /// By subject, before and after.
    pub(crate) counts: Vec<Sides<Count>>,
    /// Where functions with what they call begin.
    pub(crate) inclusive: usize,
    /// Where functions themselves begin.
    pub(crate) own: usize,
    /// Where boxes begin.
    pub(crate) boxes: usize,
    /// Whether a node is the topmost one of its frame on its path: recursion counts once.
    is_topmost: Vec<bool>,
}

/// Where the tags lie among the subjects, behind [`Subject::Total`].
const TAGS: usize = 1;
const EXITS: usize = TAGS + Tag::ALL.len();

impl Quantities {
    pub(crate) fn of(union: &Union, bases: &Bases) -> Self {
        let mut subjects = vec![Subject::Total];
        subjects.extend(Tag::ALL.map(Subject::Tag));
        subjects.push(Subject::Exits);
        let inclusive = subjects.len();
        let frames = || (0..union.frames.len()).zip(0..).map(|(_, ix)| FrameIx(ix));
        let nodes = || (0..union.tree.len()).zip(0..).map(|(_, ix)| NodeIx(ix));
        subjects.extend(frames().map(Subject::Inclusive));
        let own = subjects.len();
        subjects.extend(frames().map(Subject::Own));
        let boxes = subjects.len();
        subjects.extend(nodes().map(Subject::Box));
        let mut quantities = Self {
            counts: vec![Sides::default(); subjects.len()],
            is_topmost: topmost(union),
            subjects,
            inclusive,
            own,
            boxes,
        };
        quantities.count(union);
        for counts in &mut quantities.counts {
            for (role, base) in bases.sides.each_ref().with_roles() {
                let samples = &mut counts[role].samples;
                *samples = whole_samples(*samples, base.units);
            }
        }
        quantities
    }

    fn count(&mut self, union: &Union) {
        for role in SideRole::BOTH {
            for stack in &union.stacks[role] {
                self.counts[0][role].add(stack.count);
                self.counts[TAGS + stack.tag as usize][role].add(stack.count);
                if stack.tag.is_exit() {
                    self.counts[EXITS][role].add(stack.count);
                }
            }
            let totals = union.total[role].iter().zip(&union.own[role]);
            for (node, (&total, &own)) in totals.enumerate() {
                self.counts[self.boxes + node][role] = total;
                if node > 0 {
                    let frame = frame_of(union, node);
                    self.counts[self.own + frame][role].add(own);
                    if self.is_topmost[node] {
                        self.counts[self.inclusive + frame][role].add(total);
                    }
                }
            }
        }
    }
}

fn node_ix(node: usize) -> NodeIx {
    NodeIx(u32::try_from(node).unwrap_or(u32::MAX))
}

fn frame_of(union: &Union, node: usize) -> usize {
    union.tree.get(node_ix(node)).frame.as_usize()
}

/// Each node is entered and left once: stacks may be very deep.
fn topmost(union: &Union) -> Vec<bool> {
    let mut topmost = vec![true; union.tree.len()];
    // How often each frame is on the path to the node.
    let mut open = vec![0_u32; union.frames.len()];
    let mut waiting = vec![(NodeIx::ROOT, false)];
    while let Some((node, is_left)) = waiting.pop() {
        if node != NodeIx::ROOT {
            let open = &mut open[frame_of(union, node.as_usize())];
            if is_left {
                *open -= 1;
                continue;
            }
            topmost[node.as_usize()] = *open == 0;
            *open += 1;
            waiting.push((node, true));
        }
        let children = union.tree.children(node);
        waiting.extend(children.map(|child| (child, false)));
    }
    topmost
}

/// Weights by slice of time, for those quantities that are worth it.
#[derive(Debug)]
pub(crate) struct SliceSums {
    /// Row of each subject; `usize::MAX` for none.
    rows: Vec<usize>,
    /// By side: rows of slices.
    sums: Sides<Vec<f64>>,
    slices: Sides<usize>,
}

impl SliceSums {
    /// Adds up the weights of the quantities for which `is_worth` holds.
    pub(crate) fn new(
        union: &Union,
        quantities: &Quantities,
        slices: Sides<usize>,
        is_worth: &dyn Fn(usize) -> bool,
    ) -> Self {
        let mut rows = vec![usize::MAX; quantities.subjects.len()];
        let mut made = 0;
        for (ix, row) in rows.iter_mut().enumerate() {
            if is_worth(ix) {
                *row = made;
                made += 1;
            }
        }
        let mut all = Self {
            rows,
            sums: slices.map(|slices| vec![0.0; slices * made]),
            slices,
        };
        for role in SideRole::BOTH {
            all.fill(union, quantities, role);
        }
        all
    }

    fn fill(&mut self, union: &Union, quantities: &Quantities, role: SideRole) {
        if self.slices[role] == 0 {
            return;
        }
        for stack in &union.stacks[role] {
            let (sums, row_len) = (&mut self.sums[role], self.slices[role]);
            let (weight, slice) = (stack.count.weight as f64, stack.slice as usize);
            let rows = &self.rows;
            let mut add = |ix: usize| {
                let row = rows[ix];
                if row != usize::MAX && slice < row_len {
                    sums[row * row_len + slice] += weight;
                }
            };
            add(0);
            add(TAGS + stack.tag as usize);
            if stack.tag.is_exit() {
                add(EXITS);
            }
            let mut node = stack.leaf;
            if node != NodeIx::ROOT {
                add(quantities.own + frame_of(union, node.as_usize()));
            }
            while node != NodeIx::ROOT {
                let at = node.as_usize();
                add(quantities.boxes + at);
                if quantities.is_topmost[at] {
                    add(quantities.inclusive + frame_of(union, at));
                }
                node = union.parents[at];
            }
            add(quantities.boxes);
        }
    }

    /// The slices of a quantity; empty when not known.
    fn row(&self, role: SideRole, ix: usize) -> &[f64] {
        let (row, slices) = (self.rows[ix], self.slices[role]);
        if row == usize::MAX {
            return &[];
        }
        let range = row * slices..(row + 1) * slices;
        self.sums[role].get(range).unwrap_or_default()
    }

    /// A quantity on both sides, as the tests take it.
    pub(crate) fn measure<'a>(
        &'a self,
        ix: usize,
        counts: Sides<Count>,
        bases: &'a Sides<Base>,
    ) -> Sides<SideQuantity<'a>> {
        Sides::from_fn(|role| SideQuantity {
            slices: SliceValues {
                weights: self.row(role, ix),
                bases: &bases[role].slices,
            },
            ..bare_measure(counts[role], &bases[role])
        })
    }
}

/// A quantity on one side without its slices.
pub(crate) fn bare_measure(count: Count, base: &Base) -> SideQuantity<'_> {
    SideQuantity {
        samples: count.samples,
        divisor: base.divisor,
        weight: count.weight as f64 / base.units,
        base: base.total,
        slices: SliceValues::default(),
    }
}

/// A quantity on both sides without its slices.
pub(crate) fn bare_measures<'a>(
    counts: Sides<Count>,
    bases: &'a Sides<Base>,
) -> Sides<SideQuantity<'a>> {
    Sides::from_fn(|role| bare_measure(counts[role], &bases[role]))
}

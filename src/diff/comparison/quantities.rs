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
    pub(super) is_topmost: Vec<bool>,
}

/// Where the tags lie among the subjects, behind [`Subject::Total`].
pub(super) const TAGS: usize = 1;
pub(super) const EXITS: usize = TAGS + Tag::ALL.len();

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

pub(super) fn frame_of(union: &Union, node: usize) -> usize {
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

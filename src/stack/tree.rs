//! The call tree: stacks merged from the root, children in one fixed order.

use super::frame::FrameTable;
use super::growth::GrownNodes;
use super::node::{Node, NodeIx};
use super::rows::{StepOrder, StepRow, ranks};
use super::sort::{RowRange, divide, sort};
use super::tagged_stack::TaggedStack;
use crate::parallel::{at_once, on_threads};

/// Stacks merged from the root by frame and tag.
///
/// Nodes lie in the order in which the tree is read: a node, then all that are below it, child by
/// child. Children are ordered by name, then by DSO, mode, kind and tag.
#[derive(Debug)]
pub struct CallTree {
    nodes: Vec<Node>,
}

/// The children of a node, in order.
#[derive(Clone, Debug)]
pub struct Children<'t> {
    tree: &'t CallTree,
    next: NodeIx,
    end: NodeIx,
}

impl Iterator for Children<'_> {
    type Item = NodeIx;

    fn next(&mut self) -> Option<NodeIx> {
        let child = self.next;
        (child < self.end).then(|| {
            self.next = self.tree.get(child).end;
            child
        })
    }
}

/// Fewer stacks are not worth a thread.
const MIN_SHARE: usize = 1 << 12;

/// Into how many ranges a thread's rows are divided at least, so that each gets about as many.
const RANGES: usize = 8;

/// Ranges in order, for each thread those that have about `least` rows together.
fn shares(ranges: Vec<RowRange>, least: usize) -> Vec<Vec<RowRange>> {
    let mut shares: Vec<Vec<RowRange>> = Vec::new();
    let mut room = 0;
    for range in ranges {
        let rows = range.range.len();
        match shares.last_mut() {
            Some(share) if room >= rows.div_ceil(2) => share.push(range),
            Some(_) | None => {
                room += least;
                shares.push(vec![range]);
            }
        }
        room = room.saturating_sub(rows);
    }
    shares
}

/// Sorts the rows of ranges that lie side by side, and makes their nodes; `all` rows there are.
fn grow(
    rows: &mut [StepRow<'_>],
    ranges: &[RowRange],
    order: &StepOrder<'_, '_>,
    all: usize,
) -> GrownNodes {
    let start = ranges.first().map_or(0, |first| first.range.start);
    let mut growth = match ranges.first() {
        Some(first) if start > 0 => GrownNodes::behind(first.shared + 1, rows.len()),
        // Those of all other rows come behind its own.
        Some(_) | None => GrownNodes::from_root(all),
    };
    let mut before: Option<StepRow<'_>> = None;
    for range in ranges {
        let Some(own) = rows.get_mut(range.range.start - start..range.range.end - start) else {
            continue;
        };
        sort(own, order, range);
        for row in own {
            let shared = before.map_or(range.shared, |before| order.shared(&before, row, 0));
            let weight = order.stack(row).weight;
            let leaf = growth.add(shared, order.steps(row, shared), weight);
            before = Some(*row);
            row.end_at(leaf);
        }
    }
    growth
}

impl CallTree {
    /// Merges `stacks`. The result does not depend on their order.
    pub fn build<'a>(
        table: &FrameTable,
        stacks: impl IntoIterator<Item = TaggedStack<'a>>,
    ) -> Self {
        Self::with_leaves(table, stacks).0
    }

    /// Merges `stacks`; tells the node at which each of them ends, in the order in which they came.
    pub fn with_leaves<'a>(
        table: &FrameTable,
        stacks: impl IntoIterator<Item = TaggedStack<'a>>,
    ) -> (Self, Vec<NodeIx>) {
        Self::by_threads(table, stacks.into_iter(), 1)
    }

    /// The same, on so many threads at most.
    ///
    /// Stacks are sorted by the order of their frames, and nodes made of each and the one before it:
    /// stacks that differ in one of their first frames are sorted and merged by different threads.
    pub(crate) fn by_threads<'a>(
        table: &FrameTable,
        stacks: impl Iterator<Item = TaggedStack<'a>>,
        threads: usize,
    ) -> (Self, Vec<NodeIx>) {
        let are_few = stacks.size_hint().0 < MIN_SHARE;
        let threads = if are_few { 1 } else { threads.max(1) };
        let (ranks, stacks) = at_once(threads, || ranks(table), || stacks.collect::<Vec<_>>());
        let least = stacks.len().div_ceil(threads).max(MIN_SHARE);
        Self::in_shares(&StepOrder::new(&stacks, ranks), &stacks, least)
    }

    /// The same, each thread with about so many stacks.
    fn in_shares(
        order: &StepOrder<'_, '_>,
        stacks: &[TaggedStack<'_>],
        least: usize,
    ) -> (Self, Vec<NodeIx>) {
        let mut rows = StepRow::of_stacks(stacks);
        let is_divided = least < rows.len();
        let most = if is_divided {
            least / RANGES
        } else {
            rows.len()
        };
        let shares = shares(divide(&mut rows, order, most), least);
        let mut rest = &mut *rows;
        let work = shares.iter().map(|ranges| {
            let len = ranges.iter().map(|range| range.range.len()).sum();
            let (own, behind) = std::mem::take(&mut rest).split_at_mut(len);
            rest = behind;
            (own, &**ranges)
        });
        let work: Vec<(&mut [StepRow<'_>], &[RowRange])> = work.collect();
        let all = stacks.len();
        let growths = on_threads(work, |(rows, ranges)| grow(rows, ranges, order, all));
        let (nodes, starts) = GrownNodes::join(growths);
        let mut leaves = vec![NodeIx::ROOT; stacks.len()];
        let starts = shares.iter().zip(starts);
        let starts =
            starts.flat_map(|(ranges, start)| ranges.iter().map(move |range| (range, start)));
        for (range, start) in starts {
            for row in &rows[range.range.clone()] {
                leaves[row.stack as usize] = NodeIx(start.saturating_add(row.leaf()));
            }
        }
        (Self { nodes }, leaves)
    }

    /// The node of an index that this tree handed out.
    pub fn get(&self, ix: NodeIx) -> &Node {
        &self.nodes[ix.as_usize()]
    }

    /// The parent of each node, by its index; that of the root is the root. Parents come before their
    /// children.
    pub fn parents(&self) -> Vec<NodeIx> {
        let mut open = vec![NodeIx::ROOT];
        let mut parents = Vec::with_capacity(self.nodes.len());
        for (ix, node) in (0..).map(NodeIx).zip(&self.nodes) {
            while open.len() > 1 && open.last().is_some_and(|&above| self.get(above).end <= ix) {
                open.pop();
            }
            parents.push(open.last().copied().unwrap_or(NodeIx::ROOT));
            if node.end.0 > ix.0.saturating_add(1) && ix != NodeIx::ROOT {
                open.push(ix);
            }
        }
        parents
    }

    /// The children of a node, in order.
    pub fn children(&self, ix: NodeIx) -> Children<'_> {
        Children {
            tree: self,
            next: NodeIx(ix.0.saturating_add(1)),
            end: self.get(ix).end,
        }
    }

    /// The invisible node above all stacks; its total is the weight of everything.
    pub fn root(&self) -> &Node {
        &self.nodes[0]
    }

    /// Number of nodes, the root among them.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no stack was added.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::functions;
    use super::*;
    use crate::stack::{FrameIx, Tag};
    use proptest::prelude::*;

    /// What a stack says, and what the nodes from the root to its leaf say.
    type Steps = Vec<(FrameIx, Option<Tag>)>;

    fn steps_to(tree: &CallTree, parents: &[NodeIx], leaf: NodeIx) -> Steps {
        let mut steps = Vec::new();
        let mut at = leaf;
        while at != NodeIx::ROOT {
            steps.push((tree.get(at).frame, tree.get(at).tag));
            at = parents[at.as_usize()];
        }
        steps.reverse();
        steps
    }

    proptest! {
        /// The tree is the same however many threads make it; each stack ends where its steps lead, the
        /// weights of the nodes are those of the stacks, and all weights are in the root's total.
        #[test]
        fn shares_make_one_tree(
            rows in proptest::collection::vec(
                (proptest::collection::vec((0..4_u32).prop_map(FrameIx), 0..6), 0..7_usize, 0..3_usize),
                0..100,
            ),
            least in 1..40_usize,
        ) {
            let tags = [Tag::Guest, Tag::Io, Tag::Host];
            let stacks = rows.iter().zip(1..).map(|((frames, deciding, tag), weight)| TaggedStack {
                frames,
                tag: tags[*tag],
                deciding: *deciding,
                weight,
            });
            let stacks: Vec<TaggedStack<'_>> = stacks.collect();
            let order = StepOrder::new(&stacks, ranks(&functions(["d", "b", "a", "c"])));
            let (whole, leaves) = CallTree::in_shares(&order, &stacks, stacks.len());
            let (shared, same_leaves) = CallTree::in_shares(&order, &stacks, least);
            prop_assert_eq!(&whole.nodes, &shared.nodes);
            prop_assert_eq!(&leaves, &same_leaves);
            let parents = shared.parents();
            let mut own = vec![0; shared.len()];
            for (stack, &leaf) in stacks.iter().zip(&leaves) {
                let from = stack.tagged_from();
                let steps = stack.frames.iter().zip(0..);
                let steps: Steps = steps
                    .map(|(&frame, at)| (frame, (at >= from).then_some(stack.tag)))
                    .collect();
                prop_assert_eq!(steps_to(&shared, &parents, leaf), steps);
                own[leaf.as_usize()] += stack.weight;
            }
            let mut totals = own.clone();
            for at in (1..shared.len()).rev() {
                totals[parents[at].as_usize()] += totals[at];
            }
            let nodes = shared.nodes.iter().map(|node| (node.own, node.total));
            prop_assert!(nodes.eq(own.into_iter().zip(totals)));
        }
    }
}

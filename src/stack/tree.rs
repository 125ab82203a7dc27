//! The call tree: stacks merged from the root, children in one fixed order.

use super::frame::{FrameIx, FrameTable};
use super::sort::{Keyed, sort_by_steps};
use super::steps::Steps;
use super::tag::Tag;
use super::tagged_stack::TaggedStack;
use crate::units::index;

index! {
    /// Index of a node in its [`CallTree`]; the root is 0.
    pub NodeIx
}

impl NodeIx {
    /// The invisible node above all stacks.
    pub const ROOT: Self = Self(0);
}

/// One box of the graph.
#[derive(Clone, Debug)]
pub struct Node {
    /// What is shown; meaningless for the root.
    pub frame: FrameIx,
    /// The tag the frame carries; `None` above the deciding frame and in host work.
    pub tag: Option<Tag>,
    /// Weight of the stacks that pass through or end here.
    pub total: u64,
    /// Weight of the stacks that end here.
    pub own: u64,
    /// The first node behind all that are below this one.
    end: NodeIx,
}

impl Node {
    fn new(frame: FrameIx, tag: Option<Tag>) -> Self {
        Self {
            frame,
            tag,
            total: 0,
            own: 0,
            end: NodeIx::ROOT,
        }
    }
}

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

impl CallTree {
    /// Merges `stacks`. The result does not depend on their order.
    pub fn build<'a>(
        table: &FrameTable,
        stacks: impl IntoIterator<Item = TaggedStack<'a>>,
    ) -> Self {
        Self::with_leaves(table, stacks).0
    }

    /// Merges `stacks`; tells the node at which each of them ends, in the order in which they came.
    ///
    /// Stacks are sorted by the order of their frames; then each shares with the one before it
    /// exactly the nodes that it shares with any before it, so no look-up is needed, and nodes are
    /// made in the order in which the tree is read.
    pub fn with_leaves<'a>(
        table: &FrameTable,
        stacks: impl IntoIterator<Item = TaggedStack<'a>>,
    ) -> (Self, Vec<NodeIx>) {
        let stacks: Vec<TaggedStack<'a>> = stacks.into_iter().collect();
        let steps = Steps::of(table, &stacks);
        let mut order: Vec<Keyed> = steps.keyed().collect();
        sort_by_steps(&mut order, steps.all());
        let mut tree = Self {
            nodes: vec![Node::new(FrameIx(0), None)],
        };
        let mut leaves = vec![NodeIx::ROOT; stacks.len()];
        let mut path: Vec<NodeIx> = Vec::new();
        let mut before: &[u32] = &[];
        for keyed in &order {
            let taken = steps.of_stack(keyed.stack);
            let same = |(old, new): &(&u32, &u32)| old == new;
            let shared = before.iter().zip(taken).take_while(same).count();
            tree.leave(&mut path, shared);
            for &step in taken.get(shared..).unwrap_or_default() {
                let (frame, tag) = steps.meaning(step);
                path.push(NodeIx(u32::try_from(tree.nodes.len()).unwrap_or(u32::MAX)));
                tree.nodes.push(Node::new(frame, tag));
            }
            let leaf = path.last().copied().unwrap_or(NodeIx::ROOT);
            let own = &mut tree.nodes[leaf.as_usize()].own;
            *own = own.saturating_add(stacks[keyed.stack as usize].weight);
            leaves[keyed.stack as usize] = leaf;
            before = taken;
        }
        tree.leave(&mut path, 0);
        tree.close(NodeIx::ROOT);
        (tree, leaves)
    }

    /// Ends the nodes of `path` behind the first `kept` ones, the deepest first.
    fn leave(&mut self, path: &mut Vec<NodeIx>, kept: usize) {
        while path.len() > kept
            && let Some(node) = path.pop()
        {
            self.close(node);
            let below = self.nodes[node.as_usize()].total;
            let above = path.last().copied().unwrap_or(NodeIx::ROOT);
            // Periods come from the file: sums stop at the largest number.
            let total = &mut self.nodes[above.as_usize()].total;
            *total = total.saturating_add(below);
        }
    }

    /// Ends a node: all that are below it are there and have added their weight.
    fn close(&mut self, node: NodeIx) {
        let end = NodeIx(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let node = &mut self.nodes[node.as_usize()];
        node.end = end;
        node.total = node.total.saturating_add(node.own);
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

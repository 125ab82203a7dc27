//! The nodes of a call tree, made of sorted rows: some on each thread.

use super::frame::FrameIx;
use super::node::{Node, NodeIx};
use super::tag::Tag;

/// Nodes made of rows that follow each other.
///
/// Each row shares with the one before it exactly the nodes that it shares with any before it, so no
/// look-up is needed, and nodes are made in the order in which the tree is read. The first of the rows
/// may lie below nodes that were made of rows before these.
#[derive(Debug)]
pub(super) struct GrownNodes {
    nodes: Vec<Node>,
    /// Own nodes that the next row may lie below, from the root on.
    open: Vec<u32>,
    /// How many nodes of rows before these the first row lies below.
    taken_over: usize,
    /// How many of them lie above the open ones.
    inherited: usize,
    /// The inherited nodes that end here, the deepest first.
    ended: Vec<EndedNode>,
    /// Weight below the deepest of the inherited nodes that are left.
    below: u64,
}

/// An inherited node that ends.
#[derive(Clone, Copy, Debug)]
struct EndedNode {
    /// The first of the own nodes that lies behind it.
    end: u32,
    /// The weight that own nodes add to it.
    below: u64,
}

/// How many nodes there is room for at once for each row: they make two to six, as measured.
const NODES: usize = 6;

/// How many rows there is room for at once.
const ROOM: usize = 1 << 16;

impl GrownNodes {
    /// Begins with the invisible node above all stacks, with room for the nodes of so many rows.
    pub(super) fn from_root(rows: usize) -> Self {
        let mut grown = Self::behind(0, rows);
        grown.nodes.push(Node::new(FrameIx(0), None));
        grown.open.push(0);
        grown
    }

    /// Begins below nodes of rows before these: `inherited` of them, the root among them.
    pub(super) fn behind(inherited: usize, rows: usize) -> Self {
        Self {
            // Room that is not used takes no memory, but what is moved is written twice.
            nodes: Vec::with_capacity(rows.min(ROOM) * NODES + 1),
            open: Vec::new(),
            taken_over: inherited,
            inherited,
            ended: Vec::new(),
            below: 0,
        }
    }

    /// Adds a row that has `shared` steps in common with the one before: the others, and its weight.
    /// Tells where it ends: the number of its node, from the start on that [`Self::join`] tells.
    pub(super) fn add(
        &mut self,
        shared: usize,
        steps: impl Iterator<Item = (FrameIx, Option<Tag>)>,
        weight: u64,
    ) -> u32 {
        self.leave(shared + 1);
        for (frame, tag) in steps {
            self.open.push(index(self.nodes.len()));
            self.nodes.push(Node::new(frame, tag));
        }
        let leaf = self.open.last().copied().unwrap_or_default();
        // Rows that are the same are never divided between threads, so that the leaf is an own one.
        if let Some(node) = self.nodes.get_mut(leaf as usize) {
            node.own = node.own.saturating_add(weight);
        }
        leaf
    }

    /// Ends the nodes behind the first `kept` ones from the root on, the deepest first.
    fn leave(&mut self, kept: usize) {
        let end = index(self.nodes.len());
        while self.inherited + self.open.len() > kept {
            if let Some(node) = self.open.pop() {
                let below = close(&mut self.nodes, node, end);
                match self.open.last() {
                    Some(&above) => add_below(&mut self.nodes, above, below),
                    None => self.below = self.below.saturating_add(below),
                }
            } else {
                let below = std::mem::take(&mut self.below);
                self.ended.push(EndedNode { end, below });
                self.inherited -= 1;
            }
        }
    }

    /// Puts the nodes of all rows behind each other; tells at which number those of each began.
    pub(super) fn join(growths: Vec<Self>) -> (Vec<Node>, Vec<u32>) {
        let all: usize = growths.iter().map(|growth| growth.nodes.len()).sum();
        let mut growths = growths.into_iter();
        let first = growths.next().unwrap_or_else(|| Self::from_root(0));
        let (mut nodes, mut path) = (first.nodes, first.open);
        nodes.reserve(all - nodes.len());
        let mut starts = vec![0];
        for growth in growths {
            let start = index(nodes.len());
            starts.push(start);
            while path.len() > growth.taken_over
                && let Some(node) = path.pop()
            {
                end_of_path(&mut nodes, &path, node, start);
            }
            for EndedNode { end, below } in growth.ended {
                if let Some(node) = path.pop() {
                    add_below(&mut nodes, node, below);
                    end_of_path(&mut nodes, &path, node, start.saturating_add(end));
                }
            }
            if let Some(&above) = path.last() {
                add_below(&mut nodes, above, growth.below);
            }
            let moved = |number: u32| start.saturating_add(number);
            path.extend(growth.open.into_iter().map(moved));
            nodes.extend(growth.nodes.into_iter().map(|node| Node {
                end: NodeIx(moved(node.end.0)),
                ..node
            }));
        }
        let end = index(nodes.len());
        while let Some(node) = path.pop() {
            end_of_path(&mut nodes, &path, node, end);
        }
        (nodes, starts)
    }
}

/// Ends a node that lies below the last one of a path.
fn end_of_path(nodes: &mut [Node], path: &[u32], node: u32, end: u32) {
    let below = close(nodes, node, end);
    if let Some(&above) = path.last() {
        add_below(nodes, above, below);
    }
}

/// Ends a node: all that are below it are there and have added their weight. Tells what it weighs.
fn close(nodes: &mut [Node], node: u32, end: u32) -> u64 {
    let node = &mut nodes[node as usize];
    node.end = NodeIx(end);
    node.total = node.total.saturating_add(node.own);
    node.total
}

/// Periods come from the file: sums stop at the largest number.
fn add_below(nodes: &mut [Node], above: u32, weight: u64) {
    let total = &mut nodes[above as usize].total;
    *total = total.saturating_add(weight);
}

fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

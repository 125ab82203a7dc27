//! The call tree: stacks merged from the root, children in one fixed order.

use super::{FrameIx, FrameTable, Tag};

/// Index of a node in its [`CallTree`]; the root is 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeIx(pub u32);

impl NodeIx {
    /// The invisible node above all stacks.
    pub const ROOT: Self = Self(0);

    /// The index for use on slices.
    pub const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// A stack with its weight and what the tagger made of it.
#[derive(Clone, Debug)]
pub struct TaggedStack<'a> {
    /// Frames, root first.
    pub frames: &'a [FrameIx],
    /// The stack's tag.
    pub tag: Tag,
    /// Position in `frames` of the deciding frame: it and all towards the leaf carry the tag.
    /// `frames.len()` when no frame does (host work).
    pub deciding: usize,
    /// What the stack stands for, in the capture's chosen weight.
    pub weight: u64,
}

impl TaggedStack<'_> {
    /// The tag that the frame at `depth` carries.
    fn tag_at(&self, depth: usize) -> Option<Tag> {
        (depth >= self.deciding && self.tag != Tag::Host).then_some(self.tag)
    }
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
    /// Children, ordered by name, then by DSO, mode, kind and tag.
    pub children: Vec<NodeIx>,
}

impl Node {
    fn new(frame: FrameIx, tag: Option<Tag>) -> Self {
        Self {
            frame,
            tag,
            total: 0,
            own: 0,
            children: Vec::new(),
        }
    }
}

/// Stacks merged from the root by frame and tag.
#[derive(Debug)]
pub struct CallTree {
    nodes: Vec<Node>,
}

impl CallTree {
    /// Merges `stacks`. The result does not depend on their order.
    ///
    /// Stacks are sorted by the order of their frames; then each shares with the one before it
    /// exactly the nodes that it shares with any before it, so no look-up is needed, and nodes are
    /// made in the order in which the tree is read: a node before its children.
    pub fn build<'a>(
        table: &FrameTable,
        stacks: impl IntoIterator<Item = TaggedStack<'a>>,
    ) -> Self {
        let mut stacks: Vec<TaggedStack<'a>> = stacks.into_iter().collect();
        let ranks = table.ranks();
        let steps = |stack: &TaggedStack<'a>| {
            let rank = |frame: FrameIx| ranks.get(frame.as_usize()).copied().unwrap_or(u32::MAX);
            let (frames, shown) = (stack.frames, stack.clone());
            frames
                .iter()
                .enumerate()
                .map(move |(depth, &frame)| (rank(frame), shown.tag_at(depth)))
        };
        stacks.sort_unstable_by(|a, b| steps(a).cmp(steps(b)));
        let mut tree = Self {
            nodes: vec![Node::new(FrameIx(0), None)],
        };
        let mut path: Vec<NodeIx> = Vec::new();
        for stack in &stacks {
            let shared = path
                .iter()
                .zip(stack.frames.iter().enumerate())
                .take_while(|&(&node, (depth, &frame))| {
                    let node = tree.get(node);
                    node.frame == frame && node.tag == stack.tag_at(depth)
                })
                .count();
            path.truncate(shared);
            for (depth, &frame) in stack.frames.iter().enumerate().skip(shared) {
                let parent = path.last().copied().unwrap_or(NodeIx::ROOT);
                path.push(tree.add_child(parent, Node::new(frame, stack.tag_at(depth))));
            }
            tree.add_weight(&path, stack.weight);
        }
        tree
    }

    fn add_child(&mut self, parent: NodeIx, node: Node) -> NodeIx {
        let child = NodeIx(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        self.nodes[parent.as_usize()].children.push(child);
        child
    }

    /// Adds the weight of a stack that ends at the end of `path`. Periods come from the file: sums
    /// stop at the largest number.
    fn add_weight(&mut self, path: &[NodeIx], weight: u64) {
        for &node in [NodeIx::ROOT].iter().chain(path) {
            let total = &mut self.nodes[node.as_usize()].total;
            *total = total.saturating_add(weight);
        }
        let last = path.last().copied().unwrap_or(NodeIx::ROOT);
        let own = &mut self.nodes[last.as_usize()].own;
        *own = own.saturating_add(weight);
    }

    /// The node of an index that this tree handed out.
    pub fn get(&self, ix: NodeIx) -> &Node {
        &self.nodes[ix.as_usize()]
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

//! The call tree: stacks merged from the root, children in one fixed order.

use hashbrown::HashMap;

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

/// Stacks merged from the root by frame and tag.
#[derive(Debug)]
pub struct CallTree {
    nodes: Vec<Node>,
}

impl CallTree {
    /// Merges `stacks`. The result does not depend on their order.
    pub fn build<'a>(
        table: &FrameTable,
        stacks: impl IntoIterator<Item = TaggedStack<'a>>,
    ) -> Self {
        let root = Node {
            frame: FrameIx(0),
            tag: None,
            total: 0,
            own: 0,
            children: Vec::new(),
        };
        let mut nodes = vec![root];
        let mut edges: HashMap<(NodeIx, FrameIx, Option<Tag>), NodeIx> = HashMap::new();
        for stack in stacks {
            let mut at = NodeIx::ROOT;
            nodes[0].total += stack.weight;
            for (depth, &frame) in stack.frames.iter().enumerate() {
                let tag = (depth >= stack.deciding && stack.tag != Tag::Host).then_some(stack.tag);
                let next = NodeIx(u32::try_from(nodes.len()).unwrap_or(u32::MAX));
                let child = *edges.entry((at, frame, tag)).or_insert(next);
                if child == next {
                    nodes.push(Node {
                        frame,
                        tag,
                        total: 0,
                        own: 0,
                        children: Vec::new(),
                    });
                    nodes[at.as_usize()].children.push(child);
                }
                nodes[child.as_usize()].total += stack.weight;
                at = child;
            }
            nodes[at.as_usize()].own += stack.weight;
        }
        let mut tree = Self { nodes };
        tree.order(table);
        tree
    }

    fn order(&mut self, table: &FrameTable) {
        for ix in 0..self.nodes.len() {
            let mut children = std::mem::take(&mut self.nodes[ix].children);
            children.sort_unstable_by(|&a, &b| {
                let (a, b) = (self.get(a), self.get(b));
                (table.get(a.frame), a.tag).cmp(&(table.get(b.frame), b.tag))
            });
            self.nodes[ix].children = children;
        }
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

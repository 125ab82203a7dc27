//! The call tree as stacks that name their callers, as viewers keep them.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::intern::Interner;
use crate::stack::{CallTree, FrameIx, NodeIx, Tag};

/// A stack: its innermost frame, and the stack of its callers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::output) struct StackEntry {
    /// The position of the innermost frame in [`CallerTable::frames`].
    pub(in crate::output) frame: u32,
    /// The tag that it carries; `None` above the deciding frame and in host work.
    pub(in crate::output) tag: Option<Tag>,
    /// The position of the stack of its callers; `None` for a root. It comes earlier.
    pub(in crate::output) prefix: Option<usize>,
}

/// Stacks that name their callers.
#[derive(Debug)]
pub(in crate::output) struct CallerTable {
    entries: Vec<StackEntry>,
    frames: Vec<FrameIx>,
}

impl CallerTable {
    /// The stacks of a tree, in the order of its nodes.
    pub(in crate::output) fn of(tree: &CallTree) -> Self {
        let mut frames = Interner::default();
        let nodes = (1..).map(NodeIx).zip(tree.parents().into_iter().skip(1));
        let entries = nodes.map(|(ix, parent)| {
            let node = tree.get(ix);
            StackEntry {
                frame: frames.intern(node.frame),
                tag: node.tag,
                prefix: Self::position(parent),
            }
        });
        Self {
            entries: entries.collect(),
            frames: frames.items().to_vec(),
        }
    }

    /// The frames in the order in which the tree has them: that of a frame table differs from run to
    /// run.
    pub(in crate::output) fn frames(&self) -> &[FrameIx] {
        &self.frames
    }

    /// The position of the stack that ends at a node; `None` of the root, which has no frames.
    pub(in crate::output) fn position(node: NodeIx) -> Option<usize> {
        (node.0 as usize).checked_sub(1)
    }

    /// The stack of a position.
    pub(in crate::output) fn get(&self, at: usize) -> Option<&StackEntry> {
        self.entries.get(at)
    }

    /// All stacks, in the order of positions.
    pub(in crate::output) fn iter(&self) -> std::slice::Iter<'_, StackEntry> {
        self.entries.iter()
    }

    /// The stack that ends at a node and those of its callers, the innermost first.
    pub(in crate::output) fn callers(&self, node: NodeIx) -> impl Iterator<Item = &StackEntry> {
        self.callers_of(Self::position(node))
    }

    /// The same by the position of the stack; nothing of none.
    pub(in crate::output) fn callers_of(
        &self,
        at: Option<usize>,
    ) -> impl Iterator<Item = &StackEntry> {
        let get = |at: usize| self.entries.get(at);
        std::iter::successors(at.and_then(get), move |entry| entry.prefix.and_then(get))
    }
}

/// The stacks that some samples have, and those of their callers, in rows of their own.
#[derive(Debug, Default)]
pub(in crate::output) struct ThreadStacks {
    /// The stacks, each behind its caller; `prefix` is a row of these.
    pub(in crate::output) rows: Vec<StackEntry>,
    /// Rows by the position of the stack among all.
    places: HashMap<usize, usize>,
}

impl ThreadStacks {
    /// The stacks that end at these nodes.
    pub(in crate::output) fn of(stacks: &CallerTable, nodes: impl Iterator<Item = NodeIx>) -> Self {
        let mut used = BTreeSet::new();
        for node in nodes {
            let mut next = CallerTable::position(node);
            while let Some(at) = next.filter(|&at| used.insert(at)) {
                next = stacks.get(at).and_then(|entry| entry.prefix);
            }
        }
        let mut own = Self::default();
        for at in used {
            if let Some(entry) = stacks.get(at) {
                let prefix = entry.prefix;
                let prefix = prefix.and_then(|prefix| own.places.get(&prefix).copied());
                own.places.insert(at, own.rows.len());
                own.rows.push(StackEntry { prefix, ..*entry });
            }
        }
        own
    }

    /// The row of the stack that ends at a node; `None` of the root.
    pub(in crate::output) fn row_of(&self, node: NodeIx) -> Option<usize> {
        self.places.get(&CallerTable::position(node)?).copied()
    }
}

/// What the stack is doing that ends at a node.
pub(in crate::output) fn stack_tag(tree: &CallTree, node: NodeIx) -> Tag {
    tree.get(node).tag.unwrap_or(Tag::Host)
}

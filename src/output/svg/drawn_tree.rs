//! The tree that a picture is of, and what its boxes are called.

use super::kinds::CodeKind;
use super::layout::Layout;
use crate::stack::{CallTree, FrameTable, NodeIx};
use crate::text::{one_line, shortened};

/// Letters of a name that a tooltip shows, and a search finds.
pub(crate) const MAX_NAME: usize = 1000;

/// The tree that a picture is of.
#[derive(Clone, Copy)]
pub(crate) struct DrawnTree<'a> {
    pub(crate) tree: &'a CallTree,
    pub(crate) table: &'a FrameTable,
    pub(crate) layout: &'a Layout,
    /// The kind of code of each frame, by its index: nodes are many times as many.
    pub(crate) kinds: &'a [CodeKind],
}

impl DrawnTree<'_> {
    /// What kind of code a node is of; the root is of none that is known.
    pub(crate) fn kind_of(&self, node: NodeIx) -> CodeKind {
        if node == NodeIx::ROOT {
            return CodeKind::Unknown;
        }
        let frame = self.tree.get(node).frame;
        let kind = self.kinds.get(frame.as_usize()).copied();
        kind.unwrap_or(CodeKind::Unknown)
    }

    /// Appends what a node's box is called; safe for one line.
    pub(crate) fn push_name(&self, node: NodeIx, text: &mut String) {
        if node == NodeIx::ROOT {
            text.push_str("all");
        } else {
            let raw = &self.table.get(self.tree.get(node).frame).name;
            text.push_str(&shortened(&one_line(raw), MAX_NAME));
        }
    }
}

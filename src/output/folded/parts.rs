//! The lines of folded text in the order of their bytes.

use std::cmp::Ordering;
use std::io::{self, Write};

use super::frame_texts::{FrameTexts, TextIx};
use crate::stack::{CallTree, NodeIx};
use crate::text::push_format;

/// A part of the output that continues a known path: a line, or all lines below a name.
#[derive(Clone, Copy, Debug)]
struct PathPart {
    /// Bytes of the path that it continues.
    prefix: usize,
    text: TextIx,
    end: PartEnd,
}

/// What stands behind the name of a part.
#[derive(Clone, Copy, Debug)]
enum PartEnd {
    /// The weight that ends its line.
    Weight(u64),
    /// The lines below some nodes, which begin at a place in a list.
    Below { first: usize, nodes: usize },
}

/// A node with what is shown of it.
#[derive(Clone, Copy, Debug)]
struct ShownNode {
    text: TextIx,
    node: NodeIx,
}

/// What is still to be written of a tree.
#[derive(Debug)]
pub(super) struct PathParts<'a> {
    tree: &'a CallTree,
    texts: FrameTexts<'a>,
    /// The next one is the last.
    waiting: Vec<PathPart>,
    /// Nodes that waiting parts go on with, those of the next one last.
    nodes: Vec<NodeIx>,
    // Lists that are empty between two parts, kept so that nothing is allocated for a node.
    above: Vec<NodeIx>,
    children: Vec<ShownNode>,
    parts: Vec<PathPart>,
}

impl<'a> PathParts<'a> {
    /// All of a tree.
    pub(super) fn of(tree: &'a CallTree, texts: FrameTexts<'a>) -> Self {
        Self {
            tree,
            texts,
            waiting: Vec::new(),
            nodes: vec![NodeIx::ROOT],
            above: Vec::new(),
            children: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// Writes each line once.
    ///
    /// # Errors
    /// When `out` fails.
    pub(super) fn write(mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut path = String::new();
        self.go_on(0, &mut path);
        while let Some(part) = self.waiting.pop() {
            path.truncate(part.prefix);
            path.push_str(self.texts.get(part.text));
            match part.end {
                PartEnd::Weight(weight) => {
                    push_format(&mut path, format_args!(" {weight}\n"));
                    out.write_all(path.as_bytes())?;
                }
                PartEnd::Below { first, .. } => {
                    path.push(';');
                    self.go_on(first, &mut path);
                }
            }
        }
        Ok(())
    }

    /// Goes on with the nodes from a place of the list on, which have one path between them: what
    /// stands below them waits from here on, and the path goes on as far as there is one way only.
    fn go_on(&mut self, first: usize, path: &mut String) {
        let mut above = std::mem::take(&mut self.above);
        let mut children = std::mem::take(&mut self.children);
        let mut parts = std::mem::take(&mut self.parts);
        above.extend(self.nodes.drain(first..));
        while let [only] = above.as_mut_slice()
            && let Some(child) = self.only_way(*only)
        {
            *only = child;
            let shown = self.tree.get(child);
            let text = self.texts.of(shown.frame, shown.tag);
            path.push_str(self.texts.get(text));
            path.push(';');
        }
        let prefix = path.len();
        for node in above.iter().flat_map(|&node| self.tree.children(node)) {
            let shown = self.tree.get(node);
            let text = self.texts.of(shown.frame, shown.tag);
            children.push(ShownNode { text, node });
        }
        let text_of = |child: &ShownNode| self.texts.get(child.text);
        children.sort_by(|a, b| text_of(a).cmp(text_of(b)));
        // Stacks without frames.
        let bare = match *above {
            [NodeIx::ROOT] => self.tree.root().own,
            _ => 0,
        };
        self.add_parts(&children, bare, prefix, &mut parts);
        parts.sort_by(|a, b| self.order(b, a));
        for mut part in parts.drain(..) {
            if let PartEnd::Below { first, nodes } = &mut part.end {
                let group = children.get(*first..*first + *nodes);
                *first = self.nodes.len();
                let group = group.unwrap_or_default().iter();
                self.nodes.extend(group.map(|child| child.node));
            }
            self.waiting.push(part);
        }
        above.clear();
        children.clear();
        (self.above, self.children, self.parts) = (above, children, parts);
    }

    /// The child of a node that has no other, where no stack ends and some go on.
    fn only_way(&self, node: NodeIx) -> Option<NodeIx> {
        let mut children = self.tree.children(node);
        let child = children.next()?;
        let is_bare = node == NodeIx::ROOT && self.tree.root().own > 0;
        let is_only = children.next().is_none() && !is_bare && self.tree.get(child).own == 0;
        let goes_on = self.tree.children(child).next().is_some();
        (is_only && goes_on).then_some(child)
    }

    /// Adds the parts of nodes, which are in order of their texts, and of the weight of stacks without
    /// frames.
    fn add_parts(
        &self,
        children: &[ShownNode],
        mut bare: u64,
        prefix: usize,
        parts: &mut Vec<PathPart>,
    ) {
        let mut before = 0;
        for group in children.chunk_by(|a, b| a.text == b.text) {
            let text = group.first().map_or(TextIx::NAMELESS, |child| child.text);
            let mut add = |end| parts.push(PathPart { prefix, text, end });
            let own = group.iter().map(|child| self.tree.get(child.node).own);
            let mut weight = own.fold(0, u64::saturating_add);
            if text == TextIx::NAMELESS {
                weight = weight.saturating_add(std::mem::take(&mut bare));
            }
            if weight > 0 {
                add(PartEnd::Weight(weight));
            }
            let has_more = |child: &ShownNode| self.tree.children(child.node).next().is_some();
            if group.iter().any(has_more) {
                let (first, nodes) = (before, group.len());
                add(PartEnd::Below { first, nodes });
            }
            before += group.len();
        }
        if bare > 0 {
            let (text, end) = (TextIx::NAMELESS, PartEnd::Weight(bare));
            parts.push(PathPart { prefix, text, end });
        }
    }

    /// The order of two parts that continue one path, that of the bytes of their lines. A name with
    /// `;` sorts as the lines below it do: no name has a `;`, so two differ before it ends.
    fn order(&self, a: &PathPart, b: &PathPart) -> Ordering {
        let (x, y) = (self.texts.get(a.text), self.texts.get(b.text));
        let shared = x.len().min(y.len());
        let (x, x_rest) = x.as_bytes().split_at(shared);
        let (y, y_rest) = y.as_bytes().split_at(shared);
        x.cmp(y).then_with(|| {
            let end = |part: &PathPart| match part.end {
                PartEnd::Weight(weight) => format!(" {weight}"),
                PartEnd::Below { .. } => ";".to_owned(),
            };
            let (x_end, y_end) = (end(a), end(b));
            let x = x_rest.iter().chain(x_end.as_bytes());
            x.cmp(y_rest.iter().chain(y_end.as_bytes()))
        })
    }
}

//! What is too narrow or too deep to be drawn, for searches and sums of the picture's script.
//!
//! A box lists what is below it without a box, callers before callees, as words of five parts and
//! more: name, number of callees, tag, kind of code, weights. Numbers are in base 36; what is as the
//! caller's, or 0 callees, is left out. The names are in one list for the whole picture.

use hashbrown::HashMap;

use super::drawn_tree::DrawnTree;
use crate::stack::{FrameIx, NodeIx, Tag};
use crate::text::{one_line, push_digits, shortened};

/// Letters of a name.
const MAX_NAME: usize = 200;
/// Bytes that all of it may take. Beyond, the picture says that its sums are of what is drawn.
const BUDGET: usize = 700_000;

/// What is not drawn.
#[derive(Debug, Default)]
pub(crate) struct Narrow {
    below: HashMap<NodeIx, String>,
    /// The names, a line each.
    pub(crate) names: String,
    numbers: HashMap<FrameIx, usize>,
    bytes: usize,
}

impl Narrow {
    /// Lists what has no box; `weights` appends those of a node. `None` when it is too much.
    pub(crate) fn of(
        drawn: DrawnTree<'_>,
        weights: &dyn Fn(NodeIx, &mut Vec<u64>),
    ) -> Option<Self> {
        let mut narrow = Self::default();
        let mut has_box = vec![false; drawn.tree.len()];
        for node in drawn.layout.nodes() {
            has_box[node.as_usize()] = true;
        }
        let boxes = std::iter::once(NodeIx::ROOT).chain(drawn.layout.nodes().iter().copied());
        for node in boxes {
            let children = drawn.tree.children(node);
            for child in children.filter(|child| !has_box[child.as_usize()]) {
                narrow.list(drawn, node, child, weights);
                if narrow.bytes > BUDGET {
                    return None;
                }
            }
        }
        Some(narrow)
    }

    /// What is listed below a box; `None` when all of it has boxes.
    pub(crate) fn below(&self, node: NodeIx) -> Option<&str> {
        self.below.get(&node).map(String::as_str)
    }

    fn list(
        &mut self,
        drawn: DrawnTree<'_>,
        node: NodeIx,
        child: NodeIx,
        weights: &dyn Fn(NodeIx, &mut Vec<u64>),
    ) {
        let mut text = self.below.remove(&node).unwrap_or_default();
        let mut own_weights = Vec::new();
        let mut waiting = vec![(node, child)];
        while let Some((above, at)) = waiting.pop() {
            if self.bytes > BUDGET {
                break;
            }
            let before = text.len();
            if !text.is_empty() {
                text.push(' ');
            }
            push_digits::<36>(&mut text, self.number_of(drawn, at) as u64);
            text.push('.');
            let first = waiting.len();
            waiting.extend(drawn.tree.children(at).map(|child| (at, child)));
            waiting[first..].reverse();
            let children = waiting.len() - first;
            if children > 0 {
                push_digits::<36>(&mut text, children as u64);
            }
            text.push('.');
            if drawn.tree.get(at).tag != drawn.tree.get(above).tag {
                push_digits::<36>(
                    &mut text,
                    drawn.tree.get(at).tag.unwrap_or(Tag::Host) as u64,
                );
            }
            text.push('.');
            if drawn.kind_of(at) != drawn.kind_of(above) {
                push_digits::<36>(&mut text, drawn.kind_of(at) as u64);
            }
            own_weights.clear();
            weights(at, &mut own_weights);
            for &weight in &own_weights {
                text.push('.');
                push_digits::<36>(&mut text, weight);
            }
            self.bytes += text.len() - before;
        }
        self.below.insert(node, text);
    }

    fn number_of(&mut self, drawn: DrawnTree<'_>, node: NodeIx) -> usize {
        let frame = drawn.tree.get(node).frame;
        let next = self.numbers.len();
        if let Some(&number) = self.numbers.get(&frame) {
            return number;
        }
        self.numbers.insert(frame, next);
        if next > 0 {
            self.names.push('\n');
        }
        let name = one_line(&drawn.table.get(frame).name);
        let name = shortened(&name, MAX_NAME);
        self.bytes += name.len() + 1;
        self.names.push_str(&name);
        next
    }
}

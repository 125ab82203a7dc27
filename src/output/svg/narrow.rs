//! What is too narrow or too deep to be drawn, for searches and sums of the picture's script.
//!
//! A box lists what is below it without a box, callers before callees, as words of five parts and
//! more: name, number of callees, tag, kind of code, weights. Numbers are in base 36; what is as the
//! caller's, or 0 callees, is left out. The names are in one list for the whole picture.

use std::ops::Range;

use hashbrown::HashMap;

use super::drawn_tree::DrawnTree;
use crate::stack::{NodeIx, Tag};
use crate::text::{one_line, push_digits, shortened};

/// Letters of a name.
const MAX_NAME: usize = 200;
/// Bytes that all of it may take. Beyond, the picture says that its sums are of what is drawn.
const BUDGET: usize = 700_000;
/// The fewest of them that a word takes: a digit and a point for each part but the weight, and a digit of that.
const LEAST_WORD: usize = 6;

/// What is not drawn.
#[derive(Debug, Default)]
pub(crate) struct Narrow {
    /// What is listed, box by box, and where what is below each of them is.
    text: String,
    below: HashMap<NodeIx, Range<usize>>,
    /// The names, a line each.
    names: String,
    /// By frame, that of its name and one; 0 for none.
    numbers: Vec<usize>,
    /// How many names there are.
    named: usize,
    bytes: usize,
    /// How many nodes are still to be listed.
    unlisted: usize,
    /// What is still to be listed.
    waiting: Vec<Unlisted>,
    own_weights: Vec<u64>,
}

/// A node that is to be listed, and the one above it.
#[derive(Clone, Copy, Debug)]
struct Unlisted {
    above: NodeIx,
    at: NodeIx,
}

impl Narrow {
    /// Lists what has no box; `weights` appends those of a node. `None` when it is too much.
    pub(crate) fn of(
        drawn: DrawnTree<'_>,
        weights: &dyn Fn(NodeIx, &mut Vec<u64>),
    ) -> Option<Self> {
        // All that have no box are listed, or none.
        let unlisted = (drawn.tree.len() - 1).saturating_sub(drawn.layout.len());
        if unlisted.saturating_mul(LEAST_WORD) > BUDGET {
            return None;
        }
        let mut narrow = Self {
            numbers: vec![0; drawn.table.len()],
            unlisted,
            ..Self::default()
        };
        let mut has_box = vec![false; drawn.tree.len()];
        for node in drawn.layout.nodes() {
            has_box[node.as_usize()] = true;
        }
        let boxes = std::iter::once(NodeIx::ROOT).chain(drawn.layout.nodes().iter().copied());
        for node in boxes {
            let children = drawn.tree.children(node);
            let start = narrow.text.len();
            for child in children.filter(|child| !has_box[child.as_usize()]) {
                narrow.waiting.push(Unlisted {
                    above: node,
                    at: child,
                });
                narrow.list(drawn, weights, start);
                if narrow.is_too_much() {
                    return None;
                }
            }
            let end = narrow.text.len();
            if start < end {
                narrow.below.insert(node, start..end);
            }
        }
        Some(narrow)
    }

    /// Takes the names out.
    pub(crate) fn take_names(&mut self) -> String {
        std::mem::take(&mut self.names)
    }

    /// What is listed below a box; `None` when all of it has boxes.
    pub(crate) fn below(&self, node: NodeIx) -> Option<&str> {
        self.text.get(self.below.get(&node)?.clone())
    }

    /// Whether it takes too much, whatever the words that are left.
    const fn is_too_much(&self) -> bool {
        self.bytes + self.unlisted.saturating_mul(LEAST_WORD) > BUDGET
    }

    /// Lists what is waiting and all that is below it, in a list that begins at `start`.
    fn list(
        &mut self,
        drawn: DrawnTree<'_>,
        weights: &dyn Fn(NodeIx, &mut Vec<u64>),
        start: usize,
    ) {
        while let Some(Unlisted { above, at }) = self.waiting.pop() {
            if self.is_too_much() {
                break;
            }
            self.unlisted = self.unlisted.saturating_sub(1);
            let number = self.number_of(drawn, at) as u64;
            let text = &mut self.text;
            let before = text.len();
            if before > start {
                text.push(' ');
            }
            push_digits::<36>(text, number);
            text.push('.');
            let first = self.waiting.len();
            let children = drawn.tree.children(at);
            let children = children.map(|child| Unlisted {
                above: at,
                at: child,
            });
            self.waiting.extend(children);
            self.waiting[first..].reverse();
            let children = self.waiting.len() - first;
            if children > 0 {
                push_digits::<36>(text, children as u64);
            }
            text.push('.');
            if drawn.tree.get(at).tag != drawn.tree.get(above).tag {
                push_digits::<36>(text, drawn.tree.get(at).tag.unwrap_or(Tag::Host) as u64);
            }
            text.push('.');
            if drawn.kind_of(at) != drawn.kind_of(above) {
                push_digits::<36>(text, drawn.kind_of(at) as u64);
            }
            self.own_weights.clear();
            weights(at, &mut self.own_weights);
            for &weight in &self.own_weights {
                text.push('.');
                push_digits::<36>(text, weight);
            }
            self.bytes += text.len() - before;
        }
    }

    fn number_of(&mut self, drawn: DrawnTree<'_>, node: NodeIx) -> usize {
        let frame = drawn.tree.get(node).frame;
        let known = &mut self.numbers[frame.as_usize()];
        if let Some(number) = known.checked_sub(1) {
            return number;
        }
        let next = self.named;
        self.named += 1;
        *known = self.named;
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

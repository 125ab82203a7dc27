//! The lines that inferno draws boxes of, one for each stretch of the x axis, and where it draws them.
//!
//! Each stripe of rows is a picture of its own for inferno: its time goes with the depth of stacks, which
//! it compares from the ground up.

use crate::stack::NodeIx;
use crate::text::push_number;

/// What boxes are called, in turn among those of one caller.
const NAMES: [&str; 2] = ["-", "--"];
/// Stands for weight that has no box on the ground of a stripe.
const NOBODY: &str = "_";

/// What is added to the last stretch in inferno's drawing: more than all weight.
///
/// What is read of that are whole numbers. Each box has fractions besides, whose digits would take most of
/// the time, and fewer where they are next to nothing: so nearly all boxes lie at the left edge of a picture of
/// which they are no part that could be seen.
const BEYOND: u64 = 1 << 62;

/// Where a box lies in a stripe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BoxPlace {
    /// `None` for what is no box of the picture.
    pub(super) node: Option<NodeIx>,
    /// How many boxes it stands on; 0 for the ground.
    pub(super) depth: usize,
    /// The weight at which it begins.
    pub(super) first: u64,
    /// How much weight it stands for.
    pub(super) weight: u64,
}

/// A box that has not ended.
#[derive(Debug)]
struct OpenBox {
    node: Option<NodeIx>,
    /// Length of the path without it.
    path_len: usize,
    /// The weight at which it begins.
    first: u64,
    /// How many stand on it so far.
    above: usize,
}

/// Lines from left to right. Boxes begin and end at weights that never go back.
#[derive(Debug)]
pub(super) struct StretchLines {
    /// The ground of the stripe, and the boxes that stand on each other.
    open: Vec<OpenBox>,
    /// What the open boxes are called, as in a line.
    path: String,
    /// The lines, one behind the other, and where each ends.
    lines: String,
    line_ends: Vec<usize>,
    /// Where the last line ends.
    at: u64,
    /// Boxes that have ended since the last line, callees first.
    ended: Vec<BoxPlace>,
    boxes: Vec<BoxPlace>,
}

impl StretchLines {
    /// Begins a stripe; its ground is a box of the picture, or stands for those of the stripe below.
    pub(super) fn on(ground: Option<NodeIx>) -> Self {
        Self {
            open: vec![OpenBox {
                node: ground,
                path_len: 0,
                first: 0,
                above: 0,
            }],
            path: String::new(),
            lines: String::new(),
            line_ends: Vec::new(),
            at: 0,
            ended: Vec::new(),
            boxes: Vec::new(),
        }
    }

    /// Begins a box on the one that began last.
    pub(super) fn begin(&mut self, node: NodeIx, at: u64) {
        self.draw_up_to(at);
        let path_len = self.path.len();
        if let Some(below) = self.open.last_mut() {
            if path_len > 0 {
                self.path.push(';');
            }
            self.path.push_str(NAMES[below.above % NAMES.len()]);
            below.above += 1;
        }
        self.open.push(OpenBox {
            node: Some(node),
            path_len,
            first: at,
            above: 0,
        });
    }

    /// Ends the box that began last, or the ground.
    pub(super) fn end(&mut self, at: u64) {
        self.draw_up_to(at);
        let Some(open) = self.open.pop() else {
            return;
        };
        self.path.truncate(open.path_len);
        self.ended.push(BoxPlace {
            node: open.node,
            depth: self.open.len(),
            first: open.first,
            weight: at.saturating_sub(open.first),
        });
        if self.open.is_empty() {
            self.draw_ended();
        }
    }

    /// What inferno draws, in its order.
    pub(super) fn boxes(&self) -> &[BoxPlace] {
        &self.boxes
    }

    /// The lines from left to right.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        let ends = &self.line_ends;
        let start_of = |line: usize| line.checked_sub(1).map_or(0, |before| ends[before]);
        (0..ends.len()).map(move |line| &self.lines[start_of(line)..ends[line]])
    }

    /// The last line with the weight beyond all boxes, which inferno draws as [`Self::weight_of`] tells.
    pub(super) fn lengthened(&self) -> Option<String> {
        let (path, weight) = self.lines().next_back()?.rsplit_once(' ')?;
        let weight: u64 = weight.parse().ok()?;
        Some(format!("{path} {}", weight.saturating_add(BEYOND)))
    }

    /// What a box weighs that inferno drew with this weight.
    pub(super) const fn weight_of(drawn: u64) -> u64 {
        if drawn < BEYOND {
            drawn
        } else {
            drawn - BEYOND
        }
    }

    /// Ends the stretch at the present path.
    fn draw_up_to(&mut self, at: u64) {
        let weight = at.saturating_sub(self.at);
        if weight == 0 {
            return;
        }
        self.draw_ended();
        if self.path.is_empty() {
            self.lines.push_str(NOBODY);
            self.ended.push(BoxPlace {
                node: None,
                depth: 1,
                first: self.at,
                weight,
            });
        } else {
            self.lines.push_str(&self.path);
        }
        self.lines.push(' ');
        push_number(&mut self.lines, weight);
        self.line_ends.push(self.lines.len());
        self.at = at;
    }

    /// As inferno reads a line it draws what ended with the one before, callers first.
    ///
    /// Source: `flow`, inferno 0.12.8, src/flamegraph/merge.rs.
    fn draw_ended(&mut self) {
        self.boxes.extend(self.ended.drain(..).rev());
    }
}

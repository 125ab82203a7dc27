//! The lines that inferno draws boxes of, one for each stretch of the x axis, and where it draws them.

use std::io;

use crate::stack::NodeIx;
use crate::text::push_number;

/// What boxes are called, in turn among those of one caller.
const NAMES: [&str; 2] = ["-", "--"];
/// Stands for weight right above the root that has no box.
const NOBODY: &str = "_";
/// JavaScript counts exactly up to here.
const MAX_WEIGHT: u64 = 1 << 53;

/// Where a box lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BoxPlace {
    /// `None` for a stretch that has no box here.
    pub(crate) node: Option<NodeIx>,
    /// How many boxes it stands on; 0 for the one for everything.
    pub(crate) depth: usize,
    /// The weight at which it begins.
    pub(crate) first: u64,
    /// How much weight it stands for.
    pub(crate) weight: u64,
}

/// A box that has not ended.
#[derive(Debug)]
struct OpenBox {
    node: NodeIx,
    /// Length of the path without it.
    path_len: usize,
    /// The weight at which it begins.
    first: u64,
    /// How many stand on it so far.
    above: usize,
}

/// Lines from left to right. Boxes begin and end, and weight is added to the one that began last.
#[derive(Debug, Default)]
pub(super) struct StretchLines {
    open: Vec<OpenBox>,
    /// What the open boxes are called, as in a line.
    path: String,
    /// The lines, one behind the other, and where each ends.
    lines: String,
    line_ends: Vec<usize>,
    /// Weight that ends at the present path and is not yet in a line.
    pending: u64,
    total: u64,
    /// Boxes that have ended since the last line, callees first.
    ended: Vec<BoxPlace>,
    boxes: Vec<BoxPlace>,
}

impl StretchLines {
    /// Begins a box on the one that began last, or that for everything.
    pub(super) fn begin(&mut self, node: NodeIx) {
        self.flush();
        let (path_len, first) = (self.path.len(), self.total);
        if let Some(below) = self.open.last_mut() {
            if path_len > 0 {
                self.path.push(';');
            }
            self.path.push_str(NAMES[below.above % NAMES.len()]);
            below.above += 1;
        }
        self.open.push(OpenBox {
            node,
            path_len,
            first,
            above: 0,
        });
    }

    /// Adds weight that has no box of its own.
    ///
    /// # Errors
    /// When the weights add up to more than a browser can count.
    pub(super) fn add(&mut self, weight: u64) -> io::Result<()> {
        self.pending = self.pending.saturating_add(weight);
        self.total = self.total.saturating_add(weight);
        if self.total > MAX_WEIGHT {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the weights add up to more than a browser can count (2^53)",
            ));
        }
        Ok(())
    }

    /// Ends the box that began last.
    pub(super) fn end(&mut self) {
        self.flush();
        let Some(open) = self.open.pop() else {
            return;
        };
        self.path.truncate(open.path_len);
        self.ended.push(BoxPlace {
            node: Some(open.node),
            depth: self.open.len(),
            first: open.first,
            weight: self.total - open.first,
        });
        if self.open.is_empty() {
            self.draw_ended();
        }
    }

    /// What all lines weigh.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// Whether there is no line.
    pub(super) fn is_empty(&self) -> bool {
        self.line_ends.is_empty()
    }

    /// The boxes that have ended, in the order in which inferno draws them.
    pub(super) fn boxes(&self) -> &[BoxPlace] {
        &self.boxes
    }

    /// The lines, as inferno reads them.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        let ends = &self.line_ends;
        let start_of = |line: usize| line.checked_sub(1).map_or(0, |before| ends[before]);
        (0..ends.len()).map(move |line| &self.lines[start_of(line)..ends[line]])
    }

    /// Ends the stretch at the present path.
    fn flush(&mut self) {
        if self.pending == 0 {
            return;
        }
        self.draw_ended();
        if self.path.is_empty() {
            self.lines.push_str(NOBODY);
            self.ended.push(BoxPlace {
                node: None,
                depth: 1,
                first: self.total - self.pending,
                weight: self.pending,
            });
        } else {
            self.lines.push_str(&self.path);
        }
        self.lines.push(' ');
        push_number(&mut self.lines, self.pending);
        self.line_ends.push(self.lines.len());
        self.pending = 0;
    }

    /// As inferno reads a line it draws what ended with the one before, callers first.
    ///
    /// Source: `flow`, inferno 0.12.8, src/flamegraph/merge.rs.
    fn draw_ended(&mut self) {
        self.boxes.extend(self.ended.drain(..).rev());
    }
}

//! The annotation pass: inferno's drawing in, ours out, box by box.
//!
//! inferno decides in which row and at which weight each box begins. This pass gives the box its
//! text, colour, tooltip and attributes, and puts our own head around all boxes.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use super::chrome::Chrome;
use super::drawing::{Drawing, DrawnBox, unexpected};
use super::extent::Growth;
use super::label::{TEXT_PADDING, label_of};
use super::layout::Layout;
use super::measures::{FRAME_HEIGHT, FRAME_PADDING, FRAMES_WIDTH, INFERNO_FOOT, INFERNO_HEAD};
use super::pixels::push_pixels;
use super::stretches::BoxPlace;
use crate::stack::NodeIx;
use crate::text::{has_any, push_attribute, push_escaped, push_number};

/// From the upper edge of a box to the baseline of its text, so that underscores keep off the lower edge.
const TEXT_DOWN: u64 = 10;

/// What one box shows. Filled anew for each box.
#[derive(Debug, Default)]
pub(crate) struct Look<'a> {
    /// Text of the box and first part of the tooltip; safe for one line.
    pub(crate) name: String,
    /// Rest of the tooltip, shown in parentheses; parentheses inside become brackets, because
    /// inferno's script takes everything before the last opening one as the name.
    pub(crate) facts: String,
    /// Class that gives the box its colour.
    pub(crate) class: String,
    /// The colour where style sheets are not read: `#rrggbb`.
    pub(crate) fill: String,
    /// Further attributes of the box, such as `data-tag`.
    pub(crate) attributes: Vec<(&'static str, Cow<'a, str>)>,
}

impl Look<'_> {
    fn clear(&mut self) {
        self.name.clear();
        self.facts.clear();
        self.class.clear();
        self.fill.clear();
        self.attributes.clear();
    }
}

/// What a picture shows besides places.
pub(crate) trait Looks {
    /// What surrounds the boxes.
    fn chrome(&self) -> &Chrome;

    /// What the box of a node shows; `look` is empty before.
    fn fill<'s>(&'s self, node: NodeIx, look: &mut Look<'s>);
}

/// Takes what inferno draws, block by block.
struct Pen(SyncSender<Vec<u8>>);

impl Write for Pen {
    fn write(&mut self, drawn: &[u8]) -> io::Result<usize> {
        // Nobody reads any more.
        let sent = self.0.send(drawn.to_vec());
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(drawn.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Pass<'p, L> {
    layout: &'p Layout,
    looks: &'p L,
    out: &'p mut dyn Write,
    /// Height of the boxes.
    base: usize,
    /// Pixels that a weight of one is wide.
    scale: f64,
    look: Look<'p>,
    buffer: String,
}

/// Has inferno draw `layout` and writes what it draws, with what `make` makes.
///
/// That is made while inferno draws, and boxes are written while later ones are still drawn.
///
/// # Errors
/// When `out` fails, when inferno refuses, or when it draws in another way than this pass expects.
pub(crate) fn write<L: Looks>(
    layout: &Layout,
    make: impl FnOnce() -> L,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (pen, drawing) = sync_channel(WAITING_BLOCKS);
    thread::scope(|scope| {
        let drawn = scope.spawn(move || {
            let mut pen = BufWriter::with_capacity(BLOCK_BYTES, Pen(pen));
            layout.draw(&mut pen)?;
            pen.flush()
        });
        let looks = make();
        let pass = Pass {
            layout,
            looks: &looks,
            out,
            base: 0,
            scale: FRAMES_WIDTH / layout.total().max(1) as f64,
            look: Look::default(),
            buffer: String::new(),
        };
        let written = pass.annotate(Drawing::new(drawing));
        let drawn = match drawn.join() {
            Ok(drawn) => drawn,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        match written {
            // Then the drawing says why it ends.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => drawn.and(Err(error)),
            // Who stops reading stops the drawing: the first error is that of the reader.
            written => written.and(drawn),
        }
    })
}

/// How much is drawn before it is passed on. With more, the annotation begins later and has more left to
/// do in the end.
const BLOCK_BYTES: usize = 1 << 13;
/// How many blocks may wait for the annotation, which begins late: as many as a picture of the usual size
/// has. Larger ones wait for their reader, so that memory does not grow with them.
const WAITING_BLOCKS: usize = 400;

impl<L: Looks> Pass<'_, L> {
    fn annotate(mut self, mut drawing: Drawing) -> io::Result<()> {
        let height = drawing.read_head()?;
        let height = usize::try_from(height).map_err(|_| unexpected())?;
        self.base = height.saturating_sub(INFERNO_HEAD + INFERNO_FOOT).max(1);
        self.start()?;
        for placed in self.layout.boxes() {
            let drawn = drawing.read_box()?;
            self.check(placed, &drawn)?;
            if let Some(node) = placed.node {
                self.write_box(node, &drawn)?;
            }
        }
        self.looks.chrome().push_end(&mut self.buffer, self.base);
        self.flush()?;
        drawing.finish()
    }

    /// Of inferno's head only the height is taken: what surrounds the boxes is ours.
    fn start(&mut self) -> io::Result<()> {
        let (text, chrome) = (&mut self.buffer, self.looks.chrome());
        text.push_str("<?xml version=\"1.0\" standalone=\"no\"?>\n");
        chrome.push_start(text, self.base);
        chrome.push_head(text);
        let total = self.layout.total();
        chrome.push_frames_start(text, total, self.base);
        self.flush()
    }

    /// Boxes have no names in inferno's drawing: one that lies elsewhere is another one.
    fn check(&self, placed: &BoxPlace, drawn: &DrawnBox) -> io::Result<()> {
        let rows = (placed.depth + 1).saturating_mul(FRAME_HEIGHT);
        let up = self.base.saturating_sub(rows) + FRAME_PADDING;
        let is_it = drawn.y == (INFERNO_HEAD + up) as u64
            && drawn.first == placed.first
            && Layout::weight_of(drawn.weight) == placed.weight;
        if is_it { Ok(()) } else { Err(unexpected()) }
    }

    fn write_box(&mut self, node: NodeIx, drawn: &DrawnBox) -> io::Result<()> {
        let weight = Layout::weight_of(drawn.weight);
        self.look.clear();
        self.looks.fill(node, &mut self.look);
        let y = self.row_of(drawn);
        let left = drawn.first as f64 * self.scale;
        let width = weight as f64 * self.scale;
        let (look, text) = (&self.look, &mut self.buffer);
        text.push_str("<g");
        push_attribute(text, "class", &look.class);
        for (name, value) in &look.attributes {
            push_attribute(text, name, value);
        }
        text.push_str("><title>");
        push_escaped(text, &look.name);
        text.push_str(" (");
        push_escaped(text, &without_parentheses(&look.facts));
        text.push_str(")</title><rect x=\"");
        push_pixels(text, left);
        text.push_str("\" y=\"");
        push_number(text, y);
        text.push_str("\" width=\"");
        push_pixels(text, width);
        text.push_str("\" height=\"");
        push_number(text, drawn.height);
        text.push_str("\" fill=\"");
        text.push_str(&look.fill);
        text.push_str("\" fg:x=\"");
        push_number(text, drawn.first);
        text.push_str("\" fg:w=\"");
        push_number(text, weight);
        text.push_str("\"/>");
        // Thousands of empty elements would slow the browser down: the script makes what it needs.
        if let Some(label) = label_of(&look.name, width) {
            text.push_str("<text x=\"");
            push_pixels(text, left + TEXT_PADDING);
            text.push_str("\" y=\"");
            push_number(text, y + TEXT_DOWN);
            text.push_str("\">");
            push_escaped(text, &label);
            text.push_str("</text>");
        }
        text.push_str("</g>\n");
        self.flush()
    }

    /// The y of a box in the element that holds all boxes, which begins with the uppermost.
    fn row_of(&self, drawn: &DrawnBox) -> u64 {
        let up = drawn.y.saturating_sub(INFERNO_HEAD as u64);
        let below = (FRAME_HEIGHT - FRAME_PADDING) as u64;
        match self.layout.direction() {
            Growth::Up => up,
            Growth::Down => (self.base as u64).saturating_sub(up).saturating_sub(below),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(self.buffer.as_bytes())?;
        self.buffer.clear();
        Ok(())
    }
}

fn without_parentheses(facts: &str) -> Cow<'_, str> {
    if has_any(facts, |byte| matches!(byte, b'(' | b')')) {
        Cow::Owned(facts.replace('(', "[").replace(')', "]"))
    } else {
        Cow::Borrowed(facts)
    }
}

//! The annotation pass: inferno's drawing in, ours out, box by box.
//!
//! inferno decides in which row and at which weight each box begins. This pass gives the box its
//! text, colour, tooltip and attributes, and puts our own head around all boxes.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::thread;

use super::chrome::Chrome;
use super::drawing::{Drawing, DrawnBox};
use super::extent::Growth;
use super::label::{TEXT_PADDING, label_of};
use super::layout::Layout;
use super::measures::{FRAME_HEIGHT, FRAMES_WIDTH, INFERNO_FOOT, INFERNO_HEAD};
use super::pixels::push_pixels;
use crate::stack::NodeIx;
use crate::text::{push_attribute, push_escaped, push_number};

/// From the upper edge of a box to the baseline of its text, so that underscores keep off the lower edge.
const TEXT_DOWN: usize = 10;

/// What one box shows. Filled anew for each box by the caller of [`write()`].
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

struct Pass<'p, 'l> {
    layout: &'p Layout,
    chrome: &'p Chrome,
    look_of: &'p mut dyn FnMut(NodeIx, &mut Look<'l>),
    out: &'p mut dyn Write,
    /// Height of the boxes.
    base: usize,
    /// Pixels that a weight of one is wide.
    scale: f64,
    look: Look<'l>,
    buffer: String,
}

/// Has inferno draw `layout` and writes what it draws, with the look that `look_of` gives each node.
///
/// Boxes are written while later ones are still drawn.
///
/// # Errors
/// When `out` fails, when inferno refuses, or when it draws in another way than this pass expects.
pub(crate) fn write<'l>(
    layout: &Layout,
    chrome: &Chrome,
    look_of: &mut dyn FnMut(NodeIx, &mut Look<'l>),
    out: &mut dyn Write,
) -> io::Result<()> {
    let (drawing, pen) = io::pipe()?;
    thread::scope(|scope| {
        let drawn = scope.spawn(move || {
            let mut pen = BufWriter::with_capacity(PASSED_BYTES, pen);
            layout.draw(&mut pen)?;
            pen.flush()
        });
        let drawing = Drawing::new(BufReader::with_capacity(PASSED_BYTES, drawing));
        let pass = Pass {
            layout,
            chrome,
            look_of,
            out,
            base: 0,
            scale: FRAMES_WIDTH / layout.total().max(1) as f64,
            look: Look::default(),
            buffer: String::new(),
        };
        let written = pass.annotate(drawing);
        let drawn = match drawn.join() {
            Ok(drawn) => drawn,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        match written {
            // Then the drawing says why it ends.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => drawn.and(Err(error)),
            // Whoever stops reading breaks the pipe: the first error is that of the reader.
            written => written.and(drawn),
        }
    })
}

/// How much is drawn before it is passed on. The pipe holds several times as much; with more, the
/// annotation begins later and has more left to do in the end.
const PASSED_BYTES: usize = 1 << 13;

impl Pass<'_, '_> {
    fn annotate(mut self, mut drawing: Drawing<impl BufRead>) -> io::Result<()> {
        let height = drawing.read_head()?;
        self.base = height.saturating_sub(INFERNO_HEAD + INFERNO_FOOT).max(1);
        self.start()?;
        let mut drawn = DrawnBox::default();
        while drawing.read_box(&mut drawn)? {
            self.write_box(&drawn)?;
        }
        self.chrome.push_end(&mut self.buffer, self.base);
        self.flush()?;
        drawing.finish()
    }

    /// Of inferno's head only the height is taken: what surrounds the boxes is ours.
    fn start(&mut self) -> io::Result<()> {
        let text = &mut self.buffer;
        text.push_str("<?xml version=\"1.0\" standalone=\"no\"?>\n");
        self.chrome.push_start(text, self.base);
        self.chrome.push_head(text);
        let total = self.layout.total();
        self.chrome.push_frames_start(text, total, self.base);
        self.flush()
    }

    fn write_box(&mut self, drawn: &DrawnBox) -> io::Result<()> {
        let Some(node) = self.layout.node_of(&drawn.name) else {
            return Ok(());
        };
        let weight = Layout::weight_of(drawn.weight);
        self.look.clear();
        (self.look_of)(node, &mut self.look);
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
        push_number(text, y as u64);
        text.push_str("\" width=\"");
        push_pixels(text, width);
        text.push_str("\" height=\"");
        push_number(text, drawn.height as u64);
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
            push_number(text, (y + TEXT_DOWN) as u64);
            text.push_str("\">");
            push_escaped(text, &label);
            text.push_str("</text>");
        }
        text.push_str("</g>\n");
        self.flush()
    }

    /// The y of a box in the element that holds all boxes, which begins with the uppermost.
    fn row_of(&self, drawn: &DrawnBox) -> usize {
        let up = drawn.y.saturating_sub(INFERNO_HEAD);
        match self.layout.direction() {
            Growth::Up => up,
            Growth::Down => (self.base.saturating_sub(up)).saturating_sub(FRAME_HEIGHT - 1),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(self.buffer.as_bytes())?;
        self.buffer.clear();
        Ok(())
    }
}

fn without_parentheses(facts: &str) -> Cow<'_, str> {
    if facts.contains(['(', ')']) {
        Cow::Owned(facts.replace('(', "[").replace(')', "]"))
    } else {
        Cow::Borrowed(facts)
    }
}

//! The annotation pass: inferno's drawing in, ours out, box by box.
//!
//! inferno decides in which row and at which weight each box begins. This pass gives the box its
//! text, colour, tooltip and attributes, and puts our own head around all boxes.

use std::borrow::Cow;
use std::io::{self, Write};

use super::chrome::Chrome;
use super::drawing::{DrawnBox, DrawnStripe, unexpected};
use super::extent::Growth;
use super::label::{TEXT_PADDING, label_of};
use super::layout::{Layout, OrderedBox};
use super::measures::{FRAMES_WIDTH, INFERNO_FOOT, INFERNO_HEAD};
use super::pixels::push_pixels;
use crate::parallel::{PieceQueue, at_once};
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

/// What boxes show beside what inferno's drawing tells, each in three parts: what is before its place,
/// its colour, and its label with what ends it.
#[derive(Debug, Default)]
struct BoxTexts {
    text: String,
    ends: Vec<[usize; 3]>,
}

impl BoxTexts {
    /// Adds a box that is so many pixels wide.
    fn push(&mut self, look: &Look<'_>, width: f64) {
        let text = &mut self.text;
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
        let head = text.len();
        text.push_str(&look.fill);
        let fill = text.len();
        if let Some(label) = label_of(&look.name, width) {
            push_escaped(text, &label);
            text.push_str("</text>");
        }
        self.ends.push([head, fill, text.len()]);
    }

    /// The parts of a box; `None` when it has not been added.
    fn get(&self, at: usize) -> Option<[&str; 3]> {
        let &[head, fill, label] = self.ends.get(at)?;
        let before = at.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.map_or(0, |&[_, _, end]| end);
        let part = |from, to| self.text.get(from..to);
        Some([part(start, head)?, part(head, fill)?, part(fill, label)?])
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }
}

/// What is made of boxes before any is written.
#[derive(Clone, Copy)]
struct ReadyBoxes<'b> {
    /// The texts of those that are written first.
    texts: &'b BoxTexts,
    /// What inferno drew.
    stripes: &'b [DrawnStripe],
}

/// Gives the boxes of a layout their texts.
struct Pass<'p, L> {
    looks: &'p L,
    /// Pixels that a weight of one is wide.
    scale: f64,
    look: Look<'p>,
}

/// Has inferno draw `layout` and writes what it draws, with what `make` makes.
///
/// That is made while inferno draws, and so are the texts of the boxes; what is then left of the drawing is
/// divided between both threads.
///
/// # Errors
/// When `out` fails, when inferno refuses, or when it draws in another way than this pass expects.
pub(crate) fn write<L: Looks>(
    layout: &Layout,
    make: impl FnOnce() -> L,
    out: &mut dyn Write,
) -> io::Result<()> {
    let queue = PieceQueue::new(layout.stripes());
    let draw = || {
        let stripes = std::iter::from_fn(|| queue.take());
        let drawn = stripes.map(|stripe| Ok((stripe, layout.draw(stripe)?)));
        drawn.collect::<io::Result<Vec<_>>>()
    };
    let (beside, (looks, texts, own)) = at_once(2, draw, || {
        let looks = make();
        let texts = first_texts(layout, &looks);
        (looks, texts, draw())
    });
    let mut stripes = beside?;
    stripes.extend(own?);
    stripes.sort_unstable_by_key(|&(stripe, _)| stripe);
    let stripes: Vec<DrawnStripe> = stripes.into_iter().map(|(_, drawn)| drawn).collect();
    let ready = ReadyBoxes {
        texts: &texts,
        stripes: &stripes,
    };
    write_drawn(layout, &looks, ready, out)
}

/// The texts of the boxes that are written first.
fn first_texts<L: Looks>(layout: &Layout, looks: &L) -> BoxTexts {
    let mut texts = BoxTexts::default();
    let mut pass = Pass::new(layout, looks);
    for placed in layout.boxes().iter().take(MOST_TEXTS) {
        pass.push(placed, &mut texts);
    }
    texts
}

/// Writes what inferno drew, with the texts that are made already and those of further boxes. Of the
/// first ones a thread of its own puts the second half together, while the first is written.
fn write_drawn<L: Looks>(
    layout: &Layout,
    looks: &L,
    ready: ReadyBoxes<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let ReadyBoxes { texts, stripes } = ready;
    let heights = stripes.iter().map(|stripe| stripe.height);
    let height = usize::try_from(heights.max().unwrap_or_default()).map_err(|_| unexpected())?;
    let frame = PictureFrame {
        direction: layout.direction(),
        base: height.saturating_sub(INFERNO_HEAD + INFERNO_FOOT).max(1),
        scale: scale_of(layout),
    };
    let mut document = WrittenPicture {
        out,
        buffer: String::with_capacity(2 * WRITTEN_BYTES),
    };
    let boxes = layout.boxes();
    let (early, late) = boxes.split_at(boxes.len().min(MOST_TEXTS));
    let (first, second) = early.split_at(early.len() / 2);
    let mut drawn = DrawnBoxes::of(stripes);
    let mut behind = drawn.clone();
    for placed in first {
        behind.next(placed)?;
    }
    let beside = move || {
        let mut text = String::new();
        for (placed, at) in second.iter().zip(first.len()..) {
            frame.push_box(&mut text, texts.get(at), behind.next(placed)?)?;
        }
        Ok::<_, io::Error>((text, behind))
    };
    let own = || {
        document.start(looks.chrome(), layout.total(), frame.base)?;
        for (placed, at) in first.iter().zip(0..) {
            frame.push_box(&mut document.buffer, texts.get(at), drawn.next(placed)?)?;
            document.write_from(WRITTEN_BYTES)?;
        }
        document.write_from(0)
    };
    let threads = if early.len() < MIN_BESIDE { 1 } else { 2 };
    let (beside, own) = at_once(threads, beside, own);
    own?;
    let (text, mut drawn) = beside?;
    document.out.write_all(text.as_bytes())?;
    let mut pass = Pass::new(layout, looks);
    let mut texts = BoxTexts::default();
    for placed in late {
        texts.clear();
        pass.push(placed, &mut texts);
        frame.push_box(&mut document.buffer, texts.get(0), drawn.next(placed)?)?;
        document.write_from(WRITTEN_BYTES)?;
    }
    looks.chrome().push_end(&mut document.buffer, frame.base);
    document.write_from(0)
}

/// Fewer boxes are not worth a thread.
const MIN_BESIDE: usize = 1 << 10;
/// How many boxes get their texts before all is drawn, which a picture of the usual size has at most: the
/// texts of larger ones are made as they are written, so that memory does not grow with them.
const MOST_TEXTS: usize = 1 << 14;
/// How much is written at once.
const WRITTEN_BYTES: usize = 1 << 16;

fn scale_of(layout: &Layout) -> f64 {
    FRAMES_WIDTH / layout.total().max(1) as f64
}

impl<'p, L: Looks> Pass<'p, L> {
    fn new(layout: &Layout, looks: &'p L) -> Self {
        Self {
            looks,
            scale: scale_of(layout),
            look: Look::default(),
        }
    }

    /// Adds the texts of a box.
    fn push(&mut self, placed: &OrderedBox, texts: &mut BoxTexts) {
        self.look.clear();
        self.looks.fill(placed.node, &mut self.look);
        texts.push(&self.look, placed.weight as f64 * self.scale);
    }
}

/// The boxes that inferno drew, stripe by stripe.
#[derive(Clone)]
struct DrawnBoxes<'d> {
    stripes: Vec<std::slice::Iter<'d, DrawnBox>>,
}

impl<'d> DrawnBoxes<'d> {
    fn of(stripes: &'d [DrawnStripe]) -> Self {
        let stripes = stripes.iter().map(|stripe| stripe.boxes.iter());
        Self {
            stripes: stripes.collect(),
        }
    }

    /// The next box of the stripe in which this one lies.
    fn next(&mut self, placed: &OrderedBox) -> io::Result<&'d DrawnBox> {
        let stripe = self.stripes.get_mut(placed.stripe());
        stripe.and_then(Iterator::next).ok_or_else(unexpected)
    }
}

/// How boxes lie in the picture.
#[derive(Clone, Copy)]
struct PictureFrame {
    direction: Growth,
    /// Height of the boxes.
    base: usize,
    /// Pixels that a weight of one is wide.
    scale: f64,
}

impl PictureFrame {
    fn push_box(
        self,
        text: &mut String,
        parts: Option<[&str; 3]>,
        drawn: &DrawnBox,
    ) -> io::Result<()> {
        let [head, fill, label] = parts.ok_or_else(unexpected)?;
        let y = self.row_of(drawn);
        let left = drawn.first as f64 * self.scale;
        text.push_str(head);
        push_pixels(text, left);
        text.push_str("\" y=\"");
        push_number(text, y);
        text.push_str("\" width=\"");
        push_pixels(text, drawn.weight as f64 * self.scale);
        text.push_str("\" height=\"");
        push_number(text, drawn.height);
        text.push_str("\" fill=\"");
        text.push_str(fill);
        text.push_str("\" fg:x=\"");
        push_number(text, drawn.first);
        text.push_str("\" fg:w=\"");
        push_number(text, drawn.weight);
        text.push_str("\"/>");
        // Thousands of empty elements would slow the browser down: the script makes what it needs.
        if !label.is_empty() {
            text.push_str("<text x=\"");
            push_pixels(text, left + TEXT_PADDING);
            text.push_str("\" y=\"");
            push_number(text, y + TEXT_DOWN);
            text.push_str("\">");
            text.push_str(label);
        }
        text.push_str("</g>\n");
        Ok(())
    }

    /// The y of a box in the element that holds all boxes, which begins with the uppermost.
    fn row_of(self, drawn: &DrawnBox) -> u64 {
        match self.direction {
            Growth::Up => (self.base as u64).saturating_sub(drawn.y),
            Growth::Down => drawn.y.saturating_sub(drawn.height),
        }
    }
}

/// The document that is written.
struct WrittenPicture<'d> {
    out: &'d mut dyn Write,
    buffer: String,
}

impl WrittenPicture<'_> {
    /// Of inferno's head only the height is taken: what surrounds the boxes is ours.
    fn start(&mut self, chrome: &Chrome, total: u64, base: usize) -> io::Result<()> {
        let text = &mut self.buffer;
        text.push_str("<?xml version=\"1.0\" standalone=\"no\"?>\n");
        chrome.push_start(text, base);
        chrome.push_head(text);
        chrome.push_frames_start(text, total, base);
        self.write_from(WRITTEN_BYTES)
    }

    /// Writes what there is once it is so much.
    fn write_from(&mut self, least: usize) -> io::Result<()> {
        if self.buffer.len() >= least {
            self.out.write_all(self.buffer.as_bytes())?;
            self.buffer.clear();
        }
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

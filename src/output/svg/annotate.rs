//! The annotation pass: inferno's drawing in, ours out, in one pass over its elements.
//!
//! inferno decides in which row and at which weight each box begins. This pass gives the box its
//! text, colour, tooltip and attributes, and puts our own head around all boxes.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::thread;

use quick_xml::Writer;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::chrome::Chrome;
use super::extent::Growth;
use super::label::{TEXT_PADDING, label_of};
use super::layout::Layout;
use super::measures::{FRAME_HEIGHT, FRAMES_WIDTH, INFERNO_FOOT, INFERNO_HEAD};
use super::pixels::push_pixels;
use crate::stack::NodeIx;
use crate::text::{push_attribute, push_escaped, push_format};

/// From the upper edge of a box to the baseline of its text, so that underscores keep off the lower edge.
const TEXT_DOWN: f64 = 10.0;

/// What one box shows. Filled anew for each box by the caller of [`write()`].
#[derive(Debug, Default)]
pub(crate) struct Look {
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
    pub(crate) attributes: Vec<(&'static str, String)>,
}

impl Look {
    fn clear(&mut self) {
        self.name.clear();
        self.facts.clear();
        self.class.clear();
        self.fill.clear();
        self.attributes.clear();
    }
}

/// Which part of inferno's document the pass reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DocumentPart {
    Head,
    /// Inside an element of the head that is not taken over.
    Skipped {
        depth: usize,
    },
    Boxes,
    /// Inside a box's `title`, which holds the number of its node.
    Name,
}

/// inferno's attributes of one box. Its places are percentages with four digits behind the point,
/// which is too coarse for a zoom: those written are made of the weights.
#[derive(Default)]
struct Drawn {
    /// `None` for a stretch without a node.
    node: Option<NodeIx>,
    y: String,
    height: String,
    first: String,
    weight: String,
}

struct Pass<'a> {
    layout: &'a Layout,
    chrome: &'a Chrome,
    look_of: &'a mut dyn FnMut(NodeIx, &mut Look),
    out: Writer<&'a mut dyn Write>,
    part: DocumentPart,
    /// Height of the boxes.
    base: usize,
    /// Pixels that a weight of one is wide.
    scale: f64,
    /// Whether the boxes are over.
    is_ended: bool,
    drawn: Drawn,
    look: Look,
    buffer: String,
}

/// Has inferno draw `layout` and writes what it draws, with the look that `look_of` gives each node.
///
/// Boxes are written while later ones are still drawn.
///
/// # Errors
/// When `out` fails, when inferno refuses, or when it draws in another way than this pass expects.
pub(crate) fn write(
    layout: &Layout,
    chrome: &Chrome,
    look_of: &mut dyn FnMut(NodeIx, &mut Look),
    out: &mut dyn Write,
) -> io::Result<()> {
    let (drawing, pen) = io::pipe()?;
    thread::scope(|scope| {
        let drawn = scope.spawn(move || {
            let mut pen = BufWriter::with_capacity(PASSED_BYTES, pen);
            layout.draw(&mut pen)?;
            pen.flush()
        });
        let drawing = BufReader::with_capacity(PASSED_BYTES, drawing);
        let written = annotate(drawing, layout, chrome, look_of, out);
        let drawn = match drawn.join() {
            Ok(drawn) => drawn,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        // Whoever stops reading breaks the pipe: the first error is that of the reader.
        written.and(drawn)
    })
}

/// How much is drawn before it is passed on. The pipe holds several times as much; with more, the
/// annotation begins later and has more left to do in the end.
const PASSED_BYTES: usize = 1 << 13;

fn annotate(
    drawing: impl BufRead,
    layout: &Layout,
    chrome: &Chrome,
    look_of: &mut dyn FnMut(NodeIx, &mut Look),
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut reader = Reader::from_reader(drawing);
    let mut buffer = Vec::new();
    let mut pass = Pass {
        layout,
        chrome,
        look_of,
        out: Writer::new(out),
        part: DocumentPart::Head,
        base: 0,
        scale: 0.0,
        is_ended: false,
        drawn: Drawn::default(),
        look: Look::default(),
        buffer: String::new(),
    };
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        let event = event.map_err(io::Error::other)?;
        if matches!(event, Event::Eof) {
            return Ok(());
        }
        match pass.part {
            DocumentPart::Head => pass.head(event)?,
            DocumentPart::Skipped { depth } => pass.skip(&event, depth),
            DocumentPart::Boxes => pass.boxes(&event)?,
            DocumentPart::Name => pass.name(&event)?,
        }
    }
}

impl Pass<'_> {
    /// Of inferno's head only the height is taken: what surrounds the boxes is ours.
    fn head(&mut self, event: Event<'_>) -> io::Result<()> {
        match &event {
            Event::Decl(_) => self.out.write_event(event),
            Event::Start(element) => match element.name().as_ref() {
                b"svg" if self.base == 0 => {
                    let height = number(element, b"height")?;
                    self.base = height.saturating_sub(INFERNO_HEAD + INFERNO_FOOT).max(1);
                    Ok(())
                }
                b"svg" => self.start_boxes(element),
                _ => {
                    self.part = DocumentPart::Skipped { depth: 1 };
                    Ok(())
                }
            },
            Event::Empty(_)
            | Event::End(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::DocType(_)
            | Event::PI(_)
            | Event::GeneralRef(_)
            | Event::Eof => Ok(()),
        }
    }

    fn start_boxes(&mut self, element: &BytesStart<'_>) -> io::Result<()> {
        let total = number(element, b"total_samples")?;
        let total = u64::try_from(total).map_err(io::Error::other)?;
        self.scale = FRAMES_WIDTH / total.max(1) as f64;
        self.part = DocumentPart::Boxes;
        self.buffer.push('\n');
        self.chrome.push_start(&mut self.buffer, self.base);
        self.chrome.push_head(&mut self.buffer);
        self.chrome
            .push_frames_start(&mut self.buffer, total, self.base);
        self.flush()
    }

    fn skip(&mut self, event: &Event<'_>, depth: usize) {
        let depth = match event {
            Event::Start(_) => depth + 1,
            Event::End(_) => depth - 1,
            Event::Empty(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_)
            | Event::Eof => depth,
        };
        self.part = if depth == 0 {
            DocumentPart::Head
        } else {
            DocumentPart::Skipped { depth }
        };
    }

    /// Every element between boxes is a box: `g` around `title`, `rect` and a `text` that is not read.
    fn boxes(&mut self, event: &Event<'_>) -> io::Result<()> {
        if let Event::Start(element) = event {
            if element.name().as_ref() == b"title" {
                self.part = DocumentPart::Name;
            }
        } else if let Event::Empty(element) = event {
            self.drawn.read(element)?;
        } else if let Event::End(element) = event {
            match element.name().as_ref() {
                b"g" => return self.write_box(),
                b"svg" => return self.end(),
                _ => {}
            }
        }
        Ok(())
    }

    /// Ends the document with the boxes; inferno's own end follows them.
    fn end(&mut self) -> io::Result<()> {
        if !self.is_ended {
            self.is_ended = true;
            self.chrome.push_end(&mut self.buffer, self.base);
        }
        self.flush()
    }

    fn name(&mut self, event: &Event<'_>) -> io::Result<()> {
        if let Event::Text(text) = event {
            let text = std::str::from_utf8(text).map_err(io::Error::other)?;
            let name = text.split(' ').next().unwrap_or_default();
            self.drawn.node = match name {
                "all" => Some(NodeIx::ROOT),
                number => self.layout.node_of(number),
            };
        } else if let Event::End(_) = event {
            self.part = DocumentPart::Boxes;
        }
        Ok(())
    }

    fn write_box(&mut self) -> io::Result<()> {
        let drawn = &self.drawn;
        let Some(node) = drawn.node else {
            return Ok(());
        };
        self.look.clear();
        (self.look_of)(node, &mut self.look);
        let y = self.row_of(drawn)?;
        let left = pixels(&drawn.first, self.scale)?;
        let width = pixels(&drawn.weight, self.scale)?;
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
        push_format(text, format_args!("\" y=\"{y}\" width=\""));
        push_pixels(text, width);
        push_format(
            text,
            format_args!(
                "\" height=\"{}\" fill=\"{}\" fg:x=\"{}\" fg:w=\"{}\"/>",
                drawn.height, look.fill, drawn.first, drawn.weight,
            ),
        );
        // Thousands of empty elements would slow the browser down: the script makes what it needs.
        if let Some(label) = label_of(&look.name, width) {
            text.push_str("<text x=\"");
            push_pixels(text, left + TEXT_PADDING);
            push_format(text, format_args!("\" y=\"{}\">", y as f64 + TEXT_DOWN));
            push_escaped(text, &label);
            text.push_str("</text>");
        }
        text.push_str("</g>\n");
        self.flush()
    }

    /// The y of a box in the element that holds all boxes, which begins with the uppermost.
    fn row_of(&self, drawn: &Drawn) -> io::Result<usize> {
        let y: usize = drawn.y.parse().map_err(io::Error::other)?;
        let up = y.saturating_sub(INFERNO_HEAD);
        Ok(match self.layout.direction() {
            Growth::Up => up,
            Growth::Down => (self.base.saturating_sub(up)).saturating_sub(FRAME_HEIGHT - 1),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.get_mut().write_all(self.buffer.as_bytes())?;
        self.buffer.clear();
        Ok(())
    }
}

impl Drawn {
    /// Takes over the attributes of a `rect`.
    fn read(&mut self, element: &BytesStart<'_>) -> io::Result<()> {
        for attribute in element.attributes().with_checks(false) {
            let attribute = attribute.map_err(io::Error::other)?;
            let slot = match attribute.key.as_ref() {
                b"y" => &mut self.y,
                b"height" => &mut self.height,
                b"fg:x" => &mut self.first,
                b"fg:w" => &mut self.weight,
                _ => continue,
            };
            slot.clear();
            slot.push_str(std::str::from_utf8(&attribute.value).map_err(io::Error::other)?);
        }
        Ok(())
    }
}

/// How wide a weight is that stands in an attribute.
fn pixels(weight: &str, scale: f64) -> io::Result<f64> {
    let weight: u64 = weight.parse().map_err(io::Error::other)?;
    Ok(weight as f64 * scale)
}

fn without_parentheses(facts: &str) -> Cow<'_, str> {
    if facts.contains(['(', ')']) {
        Cow::Owned(facts.replace('(', "[").replace(')', "]"))
    } else {
        Cow::Borrowed(facts)
    }
}

/// The integer in an attribute.
fn number(element: &BytesStart<'_>, name: &[u8]) -> io::Result<usize> {
    let attribute = element
        .try_get_attribute(name)
        .map_err(io::Error::other)?
        .ok_or_else(|| io::Error::other("inferno's drawing lacks an attribute"))?;
    let value = std::str::from_utf8(&attribute.value).map_err(io::Error::other)?;
    value.parse().map_err(io::Error::other)
}

//! inferno's drawing, read box by box while it draws.
//!
//! Elements stand one behind the other, attributes in double quotes, no `>` in them, and what is read of
//! boxes are numbers: no XML reader is needed for that, and one would take several times as long.

use std::io::{self, Write};
use std::ops::Range;

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter};

/// How much is drawn before it is read.
const BLOCK_BYTES: usize = 1 << 13;

/// What is read of one box.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct DrawnBox {
    /// Where its upper edge is, in pixels: in inferno's document from its upper edge on, in the picture
    /// from the ground up.
    pub(super) y: u64,
    /// In pixels.
    pub(super) height: u64,
    /// The weight at which it begins.
    pub(super) first: u64,
    /// How much weight it stands for.
    pub(super) weight: u64,
}

/// What is read of a drawing.
#[derive(Debug, Default)]
pub(super) struct DrawnStripe {
    /// Height of the document in pixels.
    pub(super) height: u64,
    /// The boxes in the order in which they are drawn.
    pub(super) boxes: Vec<DrawnBox>,
}

/// An attribute, its name with what stands before it.
struct RectAttribute<'m> {
    name: &'m [u8],
    value: &'m [u8],
}

/// What is to be read next.
#[derive(Clone, Copy, Debug)]
enum NextElement {
    Document,
    /// Boxes are in a document of their own.
    BoxDocument,
    Box,
}

/// inferno's drawing, as far as it has been read.
#[derive(Debug)]
pub(super) struct Drawing {
    /// What was drawn and is not yet read.
    drawn: Vec<u8>,
    /// How long that is when it is read.
    enough: usize,
    next: NextElement,
    /// How documents begin, and boxes.
    svg: Finder<'static>,
    rect: Finder<'static>,
    stripe: DrawnStripe,
}

impl Drawing {
    /// Nothing is drawn yet.
    pub(super) fn new() -> Self {
        Self {
            drawn: Vec::with_capacity(2 * BLOCK_BYTES),
            enough: BLOCK_BYTES,
            next: NextElement::Document,
            svg: Finder::new("<svg "),
            rect: Finder::new("<rect "),
            stripe: DrawnStripe::default(),
        }
    }

    /// What was drawn.
    ///
    /// # Errors
    /// When the drawing is another than expected.
    pub(super) fn finish(mut self) -> io::Result<DrawnStripe> {
        self.read_on()?;
        match self.next {
            NextElement::Box => Ok(self.stripe),
            NextElement::Document | NextElement::BoxDocument => Err(unexpected()),
        }
    }

    /// Reads the elements that are there as a whole.
    fn read_on(&mut self) -> io::Result<()> {
        let mut read = 0;
        loop {
            let element = match self.next {
                NextElement::Document | NextElement::BoxDocument => &self.svg,
                NextElement::Box => &self.rect,
            };
            let Some(found) = find(&self.drawn, read, element) else {
                break;
            };
            read = found.end;
            let markup = self.drawn.get(found).unwrap_or_default();
            match self.next {
                NextElement::Document => {
                    self.stripe.height = height(markup)?;
                    self.next = NextElement::BoxDocument;
                }
                NextElement::BoxDocument => self.next = NextElement::Box,
                NextElement::Box => self.stripe.boxes.push(drawn_box(markup)?),
            }
        }
        self.drawn.drain(..read);
        self.enough = self.drawn.len() + BLOCK_BYTES;
        Ok(())
    }
}

impl Write for Drawing {
    fn write(&mut self, drawn: &[u8]) -> io::Result<usize> {
        self.drawn.extend_from_slice(drawn);
        if self.drawn.len() >= self.enough {
            self.read_on()?;
        }
        Ok(drawn.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the next element of a kind has its attributes; `None` unless all of it is there.
fn find(drawn: &[u8], from: usize, element: &Finder<'_>) -> Option<Range<usize>> {
    let rest = drawn.get(from..)?;
    let start = element.find(rest)?;
    let len = memchr(b'>', rest.get(start..)?)?;
    // The space before the first attribute is that of the others.
    Some(from + start + element.needle().len() - 1..from + start + len)
}

/// A box is a `g` around `title`, `rect` and `text`, of which the second is read.
fn drawn_box(rect: &[u8]) -> io::Result<DrawnBox> {
    let mut drawn = DrawnBox::default();
    for RectAttribute { name, value } in attributes(rect) {
        match name {
            b" y=" => drawn.y = number(value)?,
            b" height=" => drawn.height = number(value)?,
            b" fg:x=" => drawn.first = number(value)?,
            b" fg:w=" => drawn.weight = number(value)?,
            _ => {}
        }
    }
    Ok(drawn)
}

fn height(document: &[u8]) -> io::Result<u64> {
    attributes(document)
        .find(|attribute| attribute.name == b" height=")
        .ok_or_else(unexpected)
        .and_then(|height| number(height.value))
}

fn attributes(markup: &[u8]) -> impl Iterator<Item = RectAttribute<'_>> {
    let mut quotes = memchr_iter(b'"', markup);
    let mut start = 0;
    std::iter::from_fn(move || {
        let (opening, closing) = (quotes.next()?, quotes.next()?);
        let attribute = RectAttribute {
            name: markup.get(start..opening)?,
            value: markup.get(opening + 1..closing)?,
        };
        start = closing + 1;
        Some(attribute)
    })
}

fn number(digits: &[u8]) -> io::Result<u64> {
    let more = |number: u64, &digit: &u8| {
        let digit = char::from(digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    };
    let number = digits.iter().try_fold(0, more);
    number.filter(|_| !digits.is_empty()).ok_or_else(unexpected)
}

/// It was made by another inferno than the one that this is written for.
pub(super) fn unexpected() -> io::Error {
    io::Error::other("inferno draws in another way than expected")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As inferno 0.12.8 draws, shortened.
    const DRAWN: &str = concat!(
        r#"<?xml version="1.0" standalone="no"?><svg version="1.1" width="1200" height="102">"#,
        r#"<rect x="0" y="0" width="100%" height="102" fill="url(#background)"/>"#,
        r#"<svg id="frames" x="10" width="1180" total_samples="9"><g><title>- (0 , NaN%)</title>"#,
        r#"<rect x="0.0000%" y="37" width="55.5556%" height="15" fill="rgb(1,2,3)" fg:x="4" fg:w="5"/>"#,
        r#"<text x="0.0000%" y="47.50"></text></g></svg></svg>"#,
    );

    fn drawing(block: usize) -> io::Result<DrawnStripe> {
        let mut drawing = Drawing::new();
        for block in DRAWN.as_bytes().chunks(block) {
            drawing.write_all(block)?;
            drawing.read_on()?;
        }
        drawing.finish()
    }

    #[test]
    fn a_drawing_is_read_wherever_its_blocks_end() {
        let expected = DrawnBox {
            y: 37,
            height: 15,
            first: 4,
            weight: 5,
        };
        for block in 1..=DRAWN.len() {
            let drawn = drawing(block).unwrap();
            assert_eq!(drawn.height, 102);
            assert_eq!(drawn.boxes, [expected], "{block}");
        }
    }

    #[test]
    fn a_drawing_without_boxes_is_told() {
        assert!(Drawing::new().finish().is_err());
        let mut drawing = Drawing::new();
        drawing.write_all(b"<svg height=\"high\"><svg>").unwrap();
        assert!(drawing.finish().is_err());
    }
}

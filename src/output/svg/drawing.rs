//! inferno's drawing, read box by box.
//!
//! Elements stand one behind the other, attributes in double quotes, no `>` in them, and what is read of
//! boxes are numbers: no XML reader is needed for that, and one would take several times as long.

use std::io;
use std::ops::Range;
use std::sync::mpsc::Receiver;

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter};

/// What is read of one box.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DrawnBox {
    /// From the upper edge of inferno's document to that of the box, in pixels.
    pub(super) y: u64,
    /// In pixels.
    pub(super) height: u64,
    /// The weight at which it begins.
    pub(super) first: u64,
    /// How much weight it stands for.
    pub(super) weight: u64,
}

/// An attribute, its name with what stands before it.
struct RectAttribute<'m> {
    name: &'m [u8],
    value: &'m [u8],
}

/// inferno's drawing, as far as it has been read.
#[derive(Debug)]
pub(super) struct Drawing {
    source: Receiver<Vec<u8>>,
    /// What was drawn and is not yet read, behind what is.
    drawn: Vec<u8>,
    /// How much of it is read.
    read: usize,
    /// How boxes begin.
    rect: Finder<'static>,
}

impl Drawing {
    /// The drawing that comes from `source`, block by block.
    pub(super) fn new(source: Receiver<Vec<u8>>) -> Self {
        Self {
            source,
            drawn: Vec::new(),
            read: 0,
            rect: Finder::new("<rect "),
        }
    }

    /// Reads what is before the boxes; returns the height of the document in pixels.
    ///
    /// # Errors
    /// When the drawing ends, or is another than expected.
    pub(super) fn read_head(&mut self) -> io::Result<u64> {
        let svg = Finder::new("<svg ");
        let document = self.find(&svg)?;
        let height = attributes(self.drawn.get(document).unwrap_or_default())
            .find(|attribute| attribute.name == b" height=")
            .ok_or_else(unexpected)
            .and_then(|height| number(height.value))?;
        // Boxes are in a document of their own.
        self.find(&svg)?;
        Ok(height)
    }

    /// Reads the next box: a `g` around `title`, `rect` and `text`, of which the second is read.
    ///
    /// # Errors
    /// When the drawing ends, or is another than expected.
    pub(super) fn read_box(&mut self) -> io::Result<DrawnBox> {
        let rect = self.rect.clone();
        let found = self.find(&rect)?;
        let mut drawn = DrawnBox::default();
        for RectAttribute { name, value } in attributes(self.drawn.get(found).unwrap_or_default()) {
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

    /// Reads on to the end.
    ///
    /// # Errors
    /// When there are more boxes.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let rect = self.rect.clone();
        match self.find(&rect) {
            Ok(_) => Err(unexpected()),
            Err(_) => Ok(()),
        }
    }

    /// Where the next element of this kind has its attributes.
    fn find(&mut self, element: &Finder<'_>) -> io::Result<Range<usize>> {
        loop {
            let rest = self.drawn.get(self.read..).unwrap_or_default();
            if let Some(start) = element.find(rest)
                && let Some(len) = memchr(b'>', rest.get(start..).unwrap_or_default())
            {
                // The space before the first attribute is that of the others.
                let first = self.read + start + element.needle().len() - 1;
                self.read += start + len;
                return Ok(first..self.read);
            }
            let block = self.source.recv();
            let block = block.map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
            self.drawn.drain(..self.read);
            self.read = 0;
            self.drawn.extend_from_slice(&block);
        }
    }
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
    use std::sync::mpsc::channel;

    /// As inferno 0.12.8 draws, shortened.
    const DRAWN: &str = concat!(
        r#"<?xml version="1.0" standalone="no"?><svg version="1.1" width="1200" height="102">"#,
        r#"<rect x="0" y="0" width="100%" height="102" fill="url(#background)"/>"#,
        r#"<svg id="frames" x="10" width="1180" total_samples="9"><g><title>- (0 , NaN%)</title>"#,
        r#"<rect x="0.0000%" y="37" width="55.5556%" height="15" fill="rgb(1,2,3)" fg:x="4" fg:w="5"/>"#,
        r#"<text x="0.0000%" y="47.50"></text></g></svg></svg>"#,
    );

    fn drawing(block: usize) -> Drawing {
        let (pen, drawing) = channel();
        for block in DRAWN.as_bytes().chunks(block) {
            pen.send(block.to_vec()).unwrap();
        }
        Drawing::new(drawing)
    }

    #[test]
    fn a_drawing_is_read_wherever_its_blocks_end() {
        for block in 1..=DRAWN.len() {
            let mut drawing = drawing(block);
            assert_eq!(drawing.read_head().unwrap(), 102);
            let drawn = drawing.read_box().unwrap();
            let DrawnBox {
                y,
                height,
                first,
                weight,
            } = drawn;
            assert_eq!([y, height, first, weight], [37, 15, 4, 5], "{block}");
            assert!(drawing.finish().is_ok());
        }
    }

    #[test]
    fn boxes_that_are_missing_or_too_many_are_told() {
        let mut read = drawing(100);
        read.read_head().unwrap();
        read.read_box().unwrap();
        let missing = read.read_box().unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::UnexpectedEof);
        let mut unread = drawing(100);
        unread.read_head().unwrap();
        assert!(unread.finish().is_err());
    }
}

//! inferno's drawing, read box by box.
//!
//! Elements stand one behind the other, attributes in double quotes, and what is read of boxes are
//! numbers: no XML reader is needed for that, and one would take several times as long.

use std::io::{self, BufRead};

/// What is read of one box.
#[derive(Debug, Default)]
pub(super) struct DrawnBox {
    /// What inferno was told to call it, or `all`.
    pub(super) name: String,
    /// From the upper edge of inferno's document to that of the box, in pixels.
    pub(super) y: usize,
    /// In pixels.
    pub(super) height: usize,
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
pub(super) struct Drawing<R> {
    source: R,
    /// What was read last: from behind a `<` up to the next one.
    markup: Vec<u8>,
}

impl<R: BufRead> Drawing<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            markup: Vec::new(),
        }
    }

    /// Reads what is before the boxes; returns the height of the document in pixels.
    ///
    /// # Errors
    /// When the drawing ends, is another than expected, or cannot be read.
    pub(super) fn read_head(&mut self) -> io::Result<usize> {
        let mut height = None;
        loop {
            self.read_markup()?;
            if !self.markup.starts_with(b"svg ") {
                continue;
            }
            if let Some(height) = height {
                return Ok(height);
            }
            let mut all = attributes(&self.markup);
            let found = all.find(|attribute| attribute.name.ends_with(b" height="));
            height = Some(number(found.ok_or_else(unexpected)?.value)?);
        }
    }

    /// Reads the next box; false when there is none. A box is a `g` around `title`, `rect` and a
    /// `text` that is not read.
    ///
    /// # Errors
    /// When the drawing ends, is another than expected, or cannot be read.
    pub(super) fn read_box(&mut self, drawn: &mut DrawnBox) -> io::Result<bool> {
        loop {
            self.read_markup()?;
            if let Some(title) = self.markup.strip_prefix(b"title>") {
                let name = title.split(|&byte| byte == b' ').next();
                let name = str::from_utf8(name.unwrap_or_default());
                drawn.name.clear();
                drawn.name.push_str(name.map_err(io::Error::other)?);
            } else if self.markup.starts_with(b"rect ") {
                drawn.read(&self.markup)?;
            } else if self.markup.starts_with(b"/g>") {
                return Ok(true);
            } else if self.markup.starts_with(b"/svg>") {
                return Ok(false);
            }
        }
    }

    /// Reads on to the end.
    ///
    /// # Errors
    /// When the drawing cannot be read.
    pub(super) fn finish(mut self) -> io::Result<()> {
        io::copy(&mut self.source, &mut io::sink()).map(|_| ())
    }

    fn read_markup(&mut self) -> io::Result<()> {
        self.markup.clear();
        match self.source.read_until(b'<', &mut self.markup)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl DrawnBox {
    /// Takes over the attributes of a `rect`.
    fn read(&mut self, markup: &[u8]) -> io::Result<()> {
        for RectAttribute { name, value } in attributes(markup) {
            if name.ends_with(b" fg:x=") {
                self.first = number(value)?;
            } else if name.ends_with(b" fg:w=") {
                self.weight = number(value)?;
            } else if name.ends_with(b" y=") {
                self.y = number(value)?;
            } else if name.ends_with(b" height=") {
                self.height = number(value)?;
            }
        }
        Ok(())
    }
}

fn attributes(markup: &[u8]) -> impl Iterator<Item = RectAttribute<'_>> {
    let mut parts = markup.split(|&byte| byte == b'"');
    std::iter::from_fn(move || {
        Some(RectAttribute {
            name: parts.next()?,
            value: parts.next()?,
        })
    })
}

fn number<N: std::str::FromStr>(digits: &[u8]) -> io::Result<N> {
    let digits = str::from_utf8(digits).map_err(io::Error::other)?;
    digits.parse().map_err(|_| unexpected())
}

fn unexpected() -> io::Error {
    io::Error::other("inferno draws in another way than expected")
}

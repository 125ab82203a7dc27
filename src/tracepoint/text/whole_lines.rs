//! The lines of a text, those that were folded put together.

use std::borrow::Cow;

use memchr::memchr;

use super::layout::{TextLayout, goes_on};

/// A line as it was before it was folded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct WholeLine<'b> {
    /// With the marks of quotes, without its end.
    pub(super) text: Cow<'b, str>,
    /// Of how many lines of the text it consists.
    pub(super) lines: u64,
    /// Whether its last word may be a part of one.
    pub(super) is_cut: bool,
}

/// Most lines that are put together: a long call of a hypervisor's interface takes a dozen.
const MOST_LINES: u64 = 64;

/// The lines of a text.
#[derive(Debug)]
pub(super) struct WholeLines<'b> {
    rest: &'b [u8],
    layout: TextLayout,
}

/// A line of the text.
struct FoldedPiece<'b> {
    text: Cow<'b, str>,
    /// Whether the text ends before the line does.
    is_cut: bool,
    behind: &'b [u8],
}

impl<'b> WholeLines<'b> {
    pub(super) const fn new(bytes: &'b [u8], layout: TextLayout) -> Self {
        Self {
            rest: bytes,
            layout,
        }
    }

    fn piece(&self) -> Option<FoldedPiece<'b>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr(b'\n', self.rest);
        let (line, behind) = self.rest.split_at(end.map_or(self.rest.len(), |at| at + 1));
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Some(FoldedPiece {
            text: String::from_utf8_lossy(line),
            // A text that ends within a line may end within a number.
            is_cut: end.is_none(),
            behind,
        })
    }
}

impl<'b> Iterator for WholeLines<'b> {
    type Item = WholeLine<'b>;

    fn next(&mut self) -> Option<WholeLine<'b>> {
        let first = self.piece()?;
        self.rest = first.behind;
        let mut line = WholeLine {
            text: first.text,
            lines: 1,
            is_cut: first.is_cut,
        };
        let width = match self.layout {
            TextLayout::Free => return Some(line),
            TextLayout::Cut(width) => {
                line.is_cut |= width.is_full(&line.text);
                return Some(line);
            }
            TextLayout::Folded(width) => width,
        };
        let mut is_full = width.is_full(&line.text);
        while is_full && line.lines < MOST_LINES {
            let Some(next) = self.piece().filter(|next| goes_on(&next.text)) else {
                break;
            };
            is_full = width.is_full(&next.text);
            line.text.to_mut().push_str(width.of.part(&next.text));
            line.lines += 1;
            line.is_cut = next.is_cut;
            self.rest = next.behind;
        }
        Some(line)
    }
}

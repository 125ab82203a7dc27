//! How wide a text was made by what it came through: folded like `fold -w 72` does, or cut like
//! `cut -c1-80`.
//!
//! ```text
//! folded        CPU 0/KVM-753   [000]   570.095594: kvm_exit: vcpu 0 reason io rip 0x1
//!        0205 info1 0x0000000000200010 info2 0x0000000000010207 intr_info 0x000000
//!        20 error_code 0x00000000
//! cut           CPU 0/KVM-753   [000]   570.095594: kvm_exit: vcpu 0 reason io rip 0x1
//!               CPU 0/KVM-753   [000]   570.095811: kvm_pio: pio_write at 0x20 size 1
//! ```
//!
//! Mail programs that wrap between words leave lines of different widths: those are put together by
//! what they say (`lines`).

use std::cmp::Reverse;

use super::clean::unquoted;
use super::event_line::{TracedLine, has_head};

/// How much of a text is looked at, in bytes.
const LOOKED_AT: usize = 1 << 20;

/// The narrowest that a text is taken for folded or cut: within fewer columns there is no event.
const NARROWEST: usize = 40;

/// How often what tells must be seen.
const SEEN: usize = 2;

/// How the lines of a text are laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TextLayout {
    /// As they were written, or wrapped between words.
    Free,
    /// A line of so many columns goes on in the next one, from the very next character on.
    Folded(TextWidth),
    /// What stood behind so many columns is missing.
    Cut(TextWidth),
}

/// A width, and of what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TextWidth {
    pub(super) columns: usize,
    pub(super) of: MeasuredPart,
}

/// Of which part of a line the width is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MeasuredPart {
    /// Without the marks of quotes, `> ` each: it was made narrow first, and quoted then.
    Unquoted,
    /// The same of marks without a space behind them.
    UnquotedTight,
    /// With them.
    Whole,
}

impl MeasuredPart {
    /// That part of a line, which has its line end no more.
    pub(super) fn part(self, line: &str) -> &str {
        match self {
            Self::UnquotedTight => unquoted(line),
            Self::Unquoted => {
                let text = unquoted(line);
                let is_quoted = text.len() < line.len();
                text.strip_prefix(' ').filter(|_| is_quoted).unwrap_or(text)
            }
            Self::Whole => line,
        }
    }
}

impl TextWidth {
    /// Whether a line takes all of it.
    pub(super) fn is_full(self, line: &str) -> bool {
        columns(self.of.part(line)) >= self.columns
    }
}

impl TextLayout {
    /// What the beginning of a text tells. `says` is how many values a line tells of an event;
    /// `None` of one whose values nobody reads.
    pub(super) fn of(text: &[u8], says: impl Fn(&TracedLine<'_>) -> Option<usize>) -> Self {
        let text = String::from_utf8_lossy(text.get(..LOOKED_AT).unwrap_or(text));
        let says = |line: &str| says(&TracedLine::parse(unquoted(line.trim_end()))?);
        let lines: Vec<&str> = text.lines().collect();
        let seen = [
            MeasuredPart::Unquoted,
            MeasuredPart::UnquotedTight,
            MeasuredPart::Whole,
        ]
        .map(|of| {
            let heads = lines.iter().filter(|line| has_head(unquoted(line)));
            let widest = heads.map(|line| columns(of.part(line))).max();
            let columns = widest.unwrap_or(0);
            let width = TextWidth { columns, of };
            (width, Signs::of(&lines, width, &says))
        });
        let wide = seen.iter().filter(|(width, _)| width.columns >= NARROWEST);
        let folded = wide.clone().filter(|(_, signs)| signs.is_folded());
        // Of equal ones the first: without marks all three are the same.
        let best = folded.min_by_key(|(_, signs)| Reverse(signs.gain_directly));
        if let Some((width, _)) = best {
            return Self::Folded(*width);
        }
        let cut = wide.clone().find(|(_, signs)| signs.is_cut());
        cut.map_or(Self::Free, |(width, _)| Self::Cut(*width))
    }
}

/// What the lines as wide as the widest tell.
#[derive(Debug, Default)]
struct Signs {
    /// Those that tell more with the next line behind them, and not less than with a space between.
    gain_directly: usize,
    /// Those that tell more with a space between.
    gain_spaced: usize,
    /// Those whose last word says nothing.
    broken: usize,
    /// Those whose last word says something.
    whole: usize,
}

impl Signs {
    fn of(lines: &[&str], width: TextWidth, says: &impl Fn(&str) -> Option<usize>) -> Self {
        let mut signs = Self::default();
        let next = lines.iter().skip(1).map(Some).chain([None]);
        for (line, next) in lines.iter().zip(next) {
            if !width.is_full(line) || !has_head(unquoted(line)) {
                continue;
            }
            let line = width.of.part(line);
            let alone = says(line);
            if let Some(next) = next.filter(|next| goes_on(next)) {
                let next = width.of.part(next);
                let directly = says(&format!("{line}{next}"));
                let spaced = says(&format!("{} {}", line.trim_end(), next.trim_start()));
                signs.gain_directly += usize::from(directly > alone && directly >= spaced);
                signs.gain_spaced += usize::from(spaced > directly);
            } else if alone.is_some() {
                // Without its last word it may be no event's any more.
                let is_broken = alone == says(without_last_word(line)).or(Some(0));
                signs.broken += usize::from(is_broken);
                signs.whole += usize::from(!is_broken);
            }
        }
        signs
    }

    const fn is_folded(&self) -> bool {
        self.gain_directly >= SEEN && self.gain_directly > 4 * self.gain_spaced
    }

    const fn is_cut(&self) -> bool {
        self.broken >= SEEN && 4 * self.broken >= self.whole
    }
}

/// Whether a line may go on with the one before it: it is neither the beginning of an event nor of a
/// frame or comment, nor empty.
pub(super) fn goes_on(line: &str) -> bool {
    let line = unquoted(line);
    let is_other = line.starts_with(['\t', '#'])
        || line.trim_start().starts_with("=>")
        || line.starts_with("CPU:")
        || line.trim().is_empty();
    !is_other && !has_head(line)
}

/// A text without its last word.
pub(super) fn without_last_word(text: &str) -> &str {
    text.rsplit_once([' ', '\t']).map_or("", |(front, _)| front)
}

/// How many columns a line takes.
fn columns(line: &str) -> usize {
    line.chars().fold(0, |columns, c| match c {
        '\t' => (columns / 8 + 1) * 8,
        _ => columns + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracepoint::text::values::Reader;
    use crate::tracepoint::text::whole_lines::WholeLines;

    /// Lines of perf script, 60 to 170 columns wide.
    fn script() -> Vec<String> {
        let head = "       CPU 0/KVM   753 [000]   505.6809";
        let lines = (10..40).flat_map(|number| {
            [
                format!(
                    "{head}{number}: kvm:kvm_exit: vcpu 0 reason io rip 0x{number}205 info1 \
                     0x0000000000200010 info2 0x0000000000010207 intr_info 0x00000020 error_code \
                     0x00000000"
                ),
                format!(
                    "{head}{number}: kvm:kvm_pio: pio_write at 0x6{number} size 1 count 1 val 0x20"
                ),
                format!("{head}{number}: kvm:kvm_entry: vcpu 0, rip 0x{number}207"),
            ]
        });
        lines.collect()
    }

    fn layout(text: &str) -> TextLayout {
        let reader = Reader::new();
        TextLayout::of(text.as_bytes(), |line| {
            reader.count(line.event, line.values)
        })
    }

    /// What `fold -w` prints for a line of ASCII.
    fn folded(lines: &[String], width: usize) -> Vec<String> {
        let pieces = lines.iter().flat_map(|line| line.as_bytes().chunks(width));
        pieces
            .map(|piece| String::from_utf8_lossy(piece).into_owned())
            .collect()
    }

    fn put_together(text: &str) -> Vec<String> {
        let lines = WholeLines::new(text.as_bytes(), layout(text));
        lines
            .map(|line| MeasuredPart::Unquoted.part(&line.text).to_owned())
            .collect()
    }

    /// Folded at any width, as it is and quoted afterwards: each line is what it was.
    #[test]
    fn folded_lines_are_what_they_were() {
        let lines = script();
        for width in [60, 72, 76, 79, 80, 100, 132] {
            for mark in ["", "> ", "> > "] {
                let pieces = folded(&lines, width);
                let text: String = pieces
                    .iter()
                    .map(|line| format!("{mark}{line}\n"))
                    .collect();
                assert!(
                    matches!(layout(&text), TextLayout::Folded(_)),
                    "{width} {mark:?}"
                );
                assert_eq!(put_together(&text), lines, "{width} {mark:?}");
            }
        }
    }

    /// A text whose widest lines are whole is left alone; one of which ends are missing is cut.
    #[test]
    fn cut_and_whole_texts_are_told_apart() {
        let lines = script();
        assert_eq!(layout(&lines.join("\n")), TextLayout::Free);
        let cut = |width| {
            let lines = lines.iter().map(|line| line.get(..width).unwrap_or(line));
            lines.collect::<Vec<_>>().join("\n")
        };
        for columns in [72, 80, 100, 120] {
            let of = MeasuredPart::Unquoted;
            assert_eq!(
                layout(&cut(columns)),
                TextLayout::Cut(TextWidth { columns, of })
            );
        }
    }
}

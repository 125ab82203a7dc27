//! Lines to stacks with weights.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::encoding::{LOOKED_AT, decode, is_text};
use super::weight::{Decimal, WrongWeight};

/// Folded text that was read.
#[derive(Debug, Default)]
pub struct FoldedText<'t> {
    text: Cow<'t, str>,
    /// Where each stack stands in the text, and its weight.
    stacks: Vec<(Range<usize>, u64)>,
    /// Weights are in units of 10 to the power of minus this.
    pub decimals: u32,
    /// Whether weights had more digits than that.
    pub is_rounded: bool,
    /// Comments that end in a number, so that other tools may take them for stacks.
    pub numbered_comments: usize,
}

/// What is wrong with folded text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WrongText {
    /// A line, counted from 1, with what is wrong about it.
    Line(u64, String),
    /// The same of the first line with anything in it: perhaps the text is no folded text.
    FirstLine(u64, String),
    /// All of it.
    All(&'static str),
}

/// More decimals than these are rounded: no clock is that fine.
const MOST_DECIMALS: u32 = 18;
/// What the weights of a text may sum up to, in its units: two texts can be added.
const MOST_WEIGHT: u128 = (u64::MAX / 2) as u128;
/// Letters of a line that an error shows.
const SHOWN: usize = 60;

impl FoldedText<'_> {
    /// Stacks, root first and frames separated by `;`, with their weights.
    pub fn stacks(&self) -> impl Iterator<Item = (&str, u64)> {
        let stacks = self.stacks.iter();
        stacks.map(|(range, weight)| (self.text.get(range.clone()).unwrap_or_default(), *weight))
    }
}

impl fmt::Display for WrongText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number, what) => write!(f, "line {number} of the folded text {what}"),
            Self::FirstLine(number, what) => write!(
                f,
                "neither a perf.data file nor folded text: line {number} {what}"
            ),
            Self::All(what) => write!(f, "the folded text {what}"),
        }
    }
}

/// What a line is.
enum Line<'t> {
    Nothing,
    /// A comment; whether it ends in a number.
    Comment(bool),
    Stack(&'t str, Decimal),
    Wrong(Wrong),
}

impl<'t> Line<'t> {
    fn of(line: &'t str) -> Self {
        let line = line.trim_end();
        if line.is_empty() {
            return Self::Nothing;
        }
        let parts = split(line);
        let after_hash = line.strip_prefix('#');
        if after_hash.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace)) {
            return Self::Comment(parts.is_ok());
        }
        match parts {
            Ok((stack, weight)) => Self::Stack(stack, weight),
            Err(Wrong::NoWeight) if after_hash.is_some() && !line.contains(';') => {
                Self::Comment(false)
            }
            Err(wrong) => Self::Wrong(wrong),
        }
    }
}

/// The weight of a line, as it is written.
struct NumberedWeight {
    /// The line, counted from 1.
    number: u64,
    weight: Decimal,
}

/// Why a line is no stack.
enum Wrong {
    NoWeight,
    NoStack,
    Weight(WrongWeight),
}

impl Wrong {
    fn words(&self, line: &str) -> String {
        let what = match self {
            Self::NoWeight => "does not end in a weight",
            Self::NoStack => "has no stack before its weight",
            Self::Weight(WrongWeight::Negative) => "has a negative weight",
            Self::Weight(WrongWeight::NotFinite) => "has a weight that is no finite number",
            Self::Weight(WrongWeight::NoNumber) => "has a weight that is no number",
        };
        format!("{what}: {}", quoted(line))
    }
}

/// A line as errors show it.
fn quoted(line: &str) -> String {
    let shown: String = line.chars().take(SHOWN).collect();
    let more = if shown.len() < line.len() { "…" } else { "" };
    format!("{shown:?}{more}")
}

/// A line's stack and weight.
fn split(line: &str) -> Result<(&str, Decimal), Wrong> {
    let (stack, word) = line.rsplit_once(char::is_whitespace).unwrap_or(("", line));
    let weight = Decimal::parse(word).map_err(|wrong| match wrong {
        WrongWeight::NoNumber => Wrong::NoWeight,
        WrongWeight::Negative | WrongWeight::NotFinite => Wrong::Weight(wrong),
    })?;
    let stack = stack.trim_end();
    if stack.is_empty() {
        return Err(Wrong::NoStack);
    }
    Ok((stack, weight))
}

/// Whether `bytes` are folded text: the first line that is neither empty nor a comment ends in a
/// weight, be it a wrong one.
pub fn is_folded(bytes: &[u8]) -> bool {
    if !is_text(bytes) {
        return false;
    }
    // As much as it takes to have that line: it may be long.
    let mut len = LOOKED_AT;
    loop {
        let head = bytes.get(..len).unwrap_or(bytes);
        let is_all = head.len() == bytes.len();
        let Some(text) = decode(head) else {
            return false;
        };
        let whole_lines = if is_all {
            &text
        } else {
            text.rsplit_once('\n').map_or("", |(lines, _)| lines)
        };
        let told = whole_lines.lines().find_map(|line| match Line::of(line) {
            Line::Stack(..) => Some(true),
            Line::Wrong(wrong) => Some(matches!(wrong, Wrong::Weight(_))),
            Line::Nothing | Line::Comment(_) => None,
        });
        if told.is_some() || is_all {
            return told == Some(true);
        }
        len = len.saturating_mul(4);
    }
}

/// Reads folded text.
///
/// # Errors
/// When a line is no stack with its weight, or the weights are too large.
pub fn parse(bytes: &[u8]) -> Result<FoldedText<'_>, WrongText> {
    let Some(text) = decode(bytes) else {
        return Err(WrongText::All(
            "is in UTF-32, which is not read: convert it to UTF-8",
        ));
    };
    let mut found = FoldedText::default();
    let mut lines: Vec<NumberedWeight> = Vec::new();
    let mut doubled = 0;
    for (line, number) in text.lines().zip(1..) {
        match Line::of(line) {
            Line::Nothing => {}
            Line::Comment(is_numbered) => found.numbered_comments += usize::from(is_numbered),
            Line::Wrong(wrong) => {
                let what = wrong.words(line.trim_end());
                let is_first = lines.is_empty() && !matches!(wrong, Wrong::Weight(_));
                return Err(if is_first {
                    WrongText::FirstLine(number, what)
                } else {
                    WrongText::Line(number, what)
                });
            }
            Line::Stack(stack, weight) => {
                doubled += usize::from(split(stack).is_ok());
                let start = stack.as_ptr().addr() - text.as_ptr().addr();
                found.stacks.push((start..start + stack.len(), 0));
                lines.push(NumberedWeight { number, weight });
            }
        }
    }
    if doubled > 0 && doubled == lines.len() {
        return Err(WrongText::All(
            "has two weights on each line, as a diff of two texts: compare the texts themselves",
        ));
    }
    weigh(&mut found, &lines)?;
    found.text = text;
    Ok(found)
}

/// Brings all weights to the unit of the finest one, or to the finest that leaves room for their
/// sum.
fn weigh(found: &mut FoldedText<'_>, lines: &[NumberedWeight]) -> Result<(), WrongText> {
    let decimals = lines.iter().map(|line| line.weight.decimals()).max();
    let mut decimals = decimals.unwrap_or(0).min(MOST_DECIMALS);
    loop {
        match in_units(lines, decimals) {
            Ok((weights, is_rounded)) => {
                for (stack, weight) in found.stacks.iter_mut().zip(weights) {
                    stack.1 = weight;
                }
                found.decimals = decimals;
                found.is_rounded = is_rounded;
                return Ok(());
            }
            Err(number) if decimals == 0 => {
                let most = MOST_WEIGHT as f64;
                let what = format!("brings the sum of all weights above {most:.1e}");
                return Err(WrongText::Line(number, what));
            }
            Err(_) => decimals -= 1,
        }
    }
}

/// All weights, and whether any was rounded; the line with which they become too large.
fn in_units(lines: &[NumberedWeight], decimals: u32) -> Result<(Vec<u64>, bool), u64> {
    let (mut sum, mut is_rounded) = (0_u128, false);
    let mut weights = Vec::with_capacity(lines.len());
    for &NumberedWeight { number, weight } in lines {
        let (units, is_exact) = weight.in_units(decimals).ok_or(number)?;
        sum = sum.saturating_add(units);
        if sum > MOST_WEIGHT {
            return Err(number);
        }
        is_rounded |= !is_exact;
        weights.push(u64::try_from(units).map_err(|_| number)?);
    }
    Ok((weights, is_rounded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stacks(text: &str) -> Vec<(String, u64)> {
        let found = parse(text.as_bytes()).unwrap();
        let stacks = found.stacks();
        stacks
            .map(|(stack, weight)| (stack.to_owned(), weight))
            .collect()
    }

    fn wrong(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    /// `flamegraph.pl` splits at `\s+?(\d+(?:\.\d*)?)$`; inferno leaves out lines that begin with
    /// `# `.
    #[test]
    fn lines_are_split_as_the_tools_split_them() {
        let ten = |stack: &str| vec![(stack.to_owned(), 10)];
        assert_eq!(stacks("a;b\t10\n"), ten("a;b"));
        assert_eq!(stacks("a;b \t  10 \r\n\r\n"), ten("a;b"));
        assert_eq!(stacks("CPU 0/KVM;a b 10"), ten("CPU 0/KVM;a b"));
        assert_eq!(stacks("#c;x 10\n"), ten("#c;x"));
        assert_eq!(stacks("#c 10\n"), ten("#c"));
        assert_eq!(stacks("# made by x\n#\n#!/bin/x\na 10\n"), ten("a"));
        assert_eq!(stacks("a;b 1e1\n"), ten("a;b"));
        let numbered = parse(b"# weights in 1000\na 1\n").unwrap();
        assert_eq!(numbered.numbered_comments, 1);
    }

    #[test]
    fn fractions_are_whole_units() {
        let text = parse(b"a 1.25\nb 3\nc 0.5\n").unwrap();
        let weights: Vec<u64> = text.stacks().map(|stack| stack.1).collect();
        assert_eq!((weights, text.decimals), (vec![125, 300, 50], 2));
        assert!(!text.is_rounded);
        // 3e18 with a fraction of 1: sums have room for no decimal.
        let large = parse(b"a 3000000000000000000\nb 0.1\n").unwrap();
        assert_eq!((large.decimals, large.is_rounded), (0, true));
    }

    #[test]
    fn errors_name_the_line_and_what_the_text_is() {
        assert_eq!(
            wrong("a 1\n\nhello world\n"),
            "line 3 of the folded text does not end in a weight: \"hello world\""
        );
        assert!(wrong("a -1\n").starts_with("line 1 of the folded text has a negative weight"));
        assert!(
            wrong("a 1\na NaN\n").contains("line 2 of the folded text has a weight that is no")
        );
        assert!(wrong("#c;x nan\n").contains("no finite number"));
        assert!(wrong("#c;x\n").contains("folded text: line 1 does not end in a weight"));
        assert!(wrong("12\n").contains("has no stack before its weight"));
        assert!(wrong("a 1\nb 1e300\n").contains("line 2 of the folded text brings the sum"));
        assert!(wrong(&"a 9000000000000000000\n".repeat(2)).contains("line 2"));
        assert!(wrong("a;b 1 2\na;c 3 4\n").contains("two weights on each line"));
        assert_eq!(stacks("worker 3 5\na 2\n").len(), 2);
    }

    /// Lines of any length.
    #[test]
    fn folded_text_is_told_by_its_first_line() {
        assert!(is_folded(b"# comment\n\na;b 12\n"));
        assert!(is_folded(b"a b 3.5\n"));
        assert!(is_folded(b"\xff\xfea\0 \x001\0\n\0"));
        assert!(!is_folded(b"PERFILE2\0\0\0"));
        assert!(!is_folded(b"hello world\n"));
        assert!(!is_folded(b""));
        let long = "frame;".repeat(100_000);
        assert!(is_folded(format!("{long}leaf 1\n").as_bytes()));
        assert!(is_folded(format!("# {long}\n{long}leaf 1\nb 2").as_bytes()));
        assert!(!is_folded(format!("{long}leaf\nb 2").as_bytes()));
    }
}

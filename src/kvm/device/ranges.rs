//! Ranges of numbers, as the tables spell them.

use std::ops::RangeInclusive;

/// The range of two hexadecimal columns; `None` when they are none.
pub(super) fn parse(first: &str, last: &str) -> Option<RangeInclusive<u64>> {
    let number = |text: &str| u64::from_str_radix(text, 16).ok();
    let range = number(first)?..=number(last)?;
    (!range.is_empty()).then_some(range)
}

/// The same, where two dashes stand for all numbers.
pub(super) fn parse_or_all(first: &str, last: &str) -> Option<RangeInclusive<u64>> {
    if first == "-" && last == "-" {
        Some(0..=u64::MAX)
    } else {
        parse(first, last)
    }
}

/// Lines of a table that are rows.
pub(super) fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#'))
}

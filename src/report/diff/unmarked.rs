//! The rows of what is not marked.

use std::fmt::Write as _;

use super::row_layout::RowLayout;
use crate::diff::{
    Change, Comparison, UNMARKED, change_words, largest_unmarked, relative_words, value_words,
};

/// Writes the largest changes that are not marked, with their intervals: how much may have changed
/// without being seen.
pub(crate) fn write_unmarked(
    out: &mut String,
    comparison: &Comparison,
    most: usize,
    row: RowLayout,
) -> std::fmt::Result {
    let functions = largest_unmarked(comparison, most.min(UNMARKED));
    if functions.is_empty() {
        return Ok(());
    }
    let (short, behind) = if row.is_wide {
        ("", "  interval, by itself")
    } else {
        ("±", "")
    };
    writeln!(
        out,
        "\n  {} {:>11}  {:>11}  {:>12}  {short:>7}{behind}",
        row.name("functions not marked, the largest changes"),
        "before",
        "after",
        "change",
    )?;
    let unit = comparison.unit;
    for function in functions {
        let change = function.inclusive;
        let frame = comparison.union.frames.get(function.frame);
        let (short, behind) = if row.is_wide {
            let relative = relative_words(change.values);
            (relative, format!("  {}", interval(change)))
        } else {
            (half_words(change), String::new())
        };
        writeln!(
            out,
            "  {} {:>11}  {:>11}  {:>12}  {short:>7}{behind}",
            row.name(&frame.name),
            value_words(change.values.before, unit),
            value_words(change.values.after, unit),
            change_words(change.difference(), unit),
        )?;
    }
    Ok(())
}

/// Digits behind the point that tell a width.
fn digits(half: f64) -> usize {
    if half < 1.0 { 2 } else { 1 }
}

fn half_words(change: &Change) -> String {
    change.half_width.map_or_else(
        || "-".to_owned(),
        |half| {
            let digits = digits(half);
            format!("{half:.digits$}")
        },
    )
}

/// The interval, and why a change is not marked that lies beyond it.
fn interval(change: &Change) -> String {
    let Some(half) = change.half_width else {
        return "-".to_owned();
    };
    let (low, high) = (change.difference() - half, change.difference() + half);
    let digits = digits(half);
    let why = if change.beats_noise { " too small" } else { "" };
    format!("[{low:+.digits$}, {high:+.digits$}]{why}")
}

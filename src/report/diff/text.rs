//! The rows that people read.

use std::fmt::Write as _;

use super::exits::{write_exits, write_ready};
use super::labels::Labels;
use super::row_layout::RowLayout;
use super::unmarked::write_unmarked;
use crate::before_after::{SideRole, Sides};
use crate::diff::{
    Change, Comparison, SideOrigin, Subject, Unit, change_words, changed_functions, describe,
    noise, relative_words, value_words,
};
use crate::folded_text::decimal_words;
use crate::text::{grouped, one_line, with_commas};

/// The comparison as text; at most `most` functions. Rows fit into so many `columns`, lines of
/// words do not care.
pub fn as_text(comparison: &Comparison, most: usize, columns: Option<usize>) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let written = write_text(&mut text, comparison, most, RowLayout::fitting(columns));
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    text
}

fn write_text(
    out: &mut String,
    comparison: &Comparison,
    most: usize,
    row: RowLayout,
) -> std::fmt::Result {
    for (role, origin) in comparison.origins.each_ref().with_roles() {
        writeln!(out, "{:<7} {}", role.as_str(), describe(origin))?;
    }
    writeln!(out, "values  {}", comparison.unit.words())?;
    writeln!(out, "noise   {}", noise(comparison))?;
    for note in &comparison.notes {
        writeln!(out, "note    {}", one_line(note))?;
    }
    write_heads(out, comparison, row)?;
    write_events(out, comparison, row)?;
    if let Ok(exits) = &comparison.exits {
        write_exits(out, exits, row)?;
        write_ready(out, &exits.ready, row)?;
    }
    write_functions(out, comparison, most, row)?;
    write_unmarked(out, comparison, most, row)
}

const fn mark(is_significant: bool) -> char {
    if is_significant { '*' } else { ' ' }
}

/// What the samples tell of: of an event that goes by with time, what the CPUs did.
fn subject(origins: &Sides<SideOrigin>) -> String {
    let Sides { before, after } = origins;
    match (&before.event, &after.event) {
        (Some(event), Some(other)) if before.is_no_time && event == other => {
            format!("where {event} occurred")
        }
        _ if before.is_no_time || after.is_no_time => "where the events occurred".to_owned(),
        _ => "what the CPUs did".to_owned(),
    }
}

fn write_heads(out: &mut String, comparison: &Comparison, row: RowLayout) -> std::fmt::Result {
    let Some(total) = comparison
        .head(Subject::Total)
        .filter(|total| total.exists())
    else {
        return Ok(());
    };
    let heading = "before        after        change";
    let origins = &comparison.origins;
    writeln!(out, "\n  {}      {heading}", row.name(&subject(origins)))?;
    let has_decimals = origins.iter().any(|origin| origin.decimals > 0);
    let shown = |role: SideRole| {
        let (count, origin) = (total.counts[role], &origins[role]);
        if has_decimals {
            decimal_words(count.weight, origin.decimals)
        } else {
            grouped(count.samples)
        }
    };
    writeln!(
        out,
        "  {} {:>11}  {:>11}  {:>12}  {:>7}",
        row.name(if has_decimals { "weight" } else { "samples" }),
        shown(SideRole::Before),
        shown(SideRole::After),
        "",
        relative_words(total.counts.map(|count| count.samples as f64)),
    )?;
    let head = |out: &mut String, name: &str, change: &Change| {
        write_head(out, row, name, change, comparison.unit)
    };
    if comparison.unit != Unit::Percent {
        head(out, "total", total)?;
    }
    let exits = comparison.head(Subject::Exits);
    let several = comparison.tags().filter(|(tag, _)| tag.is_exit()).count() > 1;
    let mut waiting = exits.filter(|_| several);
    for (tag, change) in comparison.tags() {
        if tag.is_exit()
            && let Some(exits) = waiting.take()
        {
            head(out, "exits, all", exits)?;
        }
        head(out, tag.as_str(), change)?;
    }
    Ok(())
}

fn write_head(
    out: &mut String,
    row: RowLayout,
    name: &str,
    change: &Change,
    unit: Unit,
) -> std::fmt::Result {
    let half = change.half_width.filter(|_| row.is_wide);
    let interval = half.map_or(String::new(), |half| {
        let (low, high) = (change.difference() - half, change.difference() + half);
        format!("  [{low:+.1}, {high:+.1}]")
    });
    writeln!(
        out,
        "{} {} {:>11}  {:>11}  {:>12}  {:>7}{interval}",
        mark(change.is_significant),
        row.name(name),
        value_words(change.values.before, unit),
        value_words(change.values.after, unit),
        change_words(change.difference(), unit),
        relative_words(change.values),
    )
}

fn write_events(out: &mut String, comparison: &Comparison, row: RowLayout) -> std::fmt::Result {
    if comparison.events.is_empty() {
        return Ok(());
    }
    let heading = if row.is_wide {
        "before        after        before/s      after/s   change"
    } else {
        "before        after                     change"
    };
    writeln!(out, "\n  {}      {heading}", row.name("events"))?;
    for event in &comparison.events {
        let suffix = if row.is_wide { "" } else { "/s" };
        let rates = event.rates.map(|rates| {
            rates.map(|rate| format!("{}{suffix}", with_commas(&format!("{rate:.1}"))))
        });
        let counts = event.counts.map(grouped);
        let (left, right) = match (row.is_wide, rates) {
            (true, rates) => (
                counts,
                rates.unwrap_or_else(|| Sides::from_fn(|_| "-".to_owned())),
            ),
            (false, rates) => (rates.unwrap_or(counts), Sides::default()),
        };
        write!(
            out,
            "{} {} {:>11}  {:>11}  {:>12}  ",
            mark(event.is_significant),
            row.name(&event.name),
            left.before,
            left.after,
            right.before,
        )?;
        if row.is_wide {
            write!(out, "{:>11}  ", right.after)?;
        }
        writeln!(out, "{:>7}", relative_words(event.values()))?;
    }
    Ok(())
}

fn write_functions(
    out: &mut String,
    comparison: &Comparison,
    most: usize,
    row: RowLayout,
) -> std::fmt::Result {
    if !comparison.inclusive.iter().any(Change::exists) {
        return Ok(());
    }
    let functions = changed_functions(comparison);
    if functions.is_empty() {
        return writeln!(out, "\n  no function changed significantly");
    }
    let (unit, labels) = (comparison.unit, Labels::of(&comparison.union));
    let heading = if row.is_wide {
        "             self before → after"
    } else {
        ""
    };
    writeln!(
        out,
        "\n  {} {:>11}  {:>11}  {:>12}{heading}",
        row.name("functions, with what they call"),
        "before",
        "after",
        "change",
    )?;
    for function in functions.iter().take(most) {
        let (all, own) = (function.inclusive, function.own);
        let label = labels.label(function.frame);
        write!(
            out,
            "{} {} {:>11}  {:>11}  {:>12}  {:>7}",
            mark(all.is_significant),
            row.name(&label),
            value_words(all.values.before, unit),
            value_words(all.values.after, unit),
            change_words(all.difference(), unit),
            relative_words(all.values),
        )?;
        if row.is_wide {
            let mark = mark(own.is_significant);
            let before = value_words(own.values.before, unit);
            let after = value_words(own.values.after, unit);
            write!(out, "   {mark} {before} → {after}")?;
        }
        writeln!(out)?;
    }
    if functions.len() > most {
        let rest = functions.len() - most;
        writeln!(out, "  and {rest} more (--top N shows more)")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shares of exits say nothing of how much time the CPUs spent.
    #[test]
    fn heads_are_of_what_was_counted() {
        let origin = |event: &str, is_no_time| SideOrigin {
            event: Some(event.to_owned()),
            is_no_time,
            ..SideOrigin::default()
        };
        let subject_of = |before: &SideOrigin, after: &SideOrigin| {
            subject(&Sides {
                before: before.clone(),
                after: after.clone(),
            })
        };
        let [clock, exits] = [origin("cpu-clock", false), origin("kvm:kvm_exit", true)];
        assert_eq!(subject_of(&clock, &clock), "what the CPUs did");
        assert_eq!(subject_of(&exits, &exits), "where kvm:kvm_exit occurred");
        assert_eq!(subject_of(&clock, &exits), "where the events occurred");
    }
}

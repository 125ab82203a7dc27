//! The rows that people read.

use std::fmt::Write as _;

use super::compare::{Change, Comparison};
use super::normalise::Unit;
use super::quantities::Subject;
use super::side::Origin;
use crate::output::{one_line, shortened, with_spaces};
use crate::stack::FrameIx;

/// Widest name of a row; longer ones are cut.
const NAME: usize = 44;

/// The comparison as text; at most `most` functions.
pub fn as_text(comparison: &Comparison, most: usize) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let written = write_text(&mut text, comparison, most);
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    text
}

fn write_text(out: &mut String, comparison: &Comparison, most: usize) -> std::fmt::Result {
    for (origin, side) in comparison.origins.iter().zip(["before", "after"]) {
        writeln!(out, "{side:<7} {}", describe(origin))?;
    }
    writeln!(out, "values  {}", comparison.unit.words())?;
    writeln!(out, "noise   {}", noise(comparison))?;
    for note in &comparison.notes {
        writeln!(out, "note    {}", one_line(note))?;
    }
    write_heads(out, comparison)?;
    write_events(out, comparison)?;
    write_functions(out, comparison, most)
}

/// What is known of a side, in one line.
pub(crate) fn describe(origin: &Origin) -> String {
    let mut parts = vec![one_line(&origin.name).into_owned()];
    if let Some(host) = &origin.host {
        parts.push(format!("host {}", one_line(host)));
    }
    if let Some(seconds) = origin.seconds {
        parts.push(format!("{seconds:.1} s"));
    }
    if let Some(event) = &origin.event {
        let rate = origin.frequency;
        let rate = rate.map_or(String::new(), |hertz| format!(" {hertz} Hz"));
        // The settings of the event say the frequency once more.
        let event = event.split('/').next().unwrap_or(event);
        parts.push(format!("{}{rate}", one_line(event)));
    }
    if let Some(kernel) = &origin.kernel {
        parts.push(format!("Linux {}", one_line(kernel)));
    }
    if let Some(cpus) = origin.cpus {
        parts.push(format!("{cpus} CPU{}", if cpus == 1 { "" } else { "s" }));
    }
    parts.join(", ")
}

/// How changes were tested, in one line.
pub(crate) fn noise(comparison: &Comparison) -> String {
    let model = if comparison.knows_times {
        "samples and slices of time"
    } else {
        "samples as if independent, for want of times"
    };
    format!(
        "* marks changes beyond the noise of {model}, with a risk of {:.2} % that any mark is false",
        (1.0 - comparison.confidence) * 100.0
    )
}

/// A value with its unit.
pub(crate) fn value_words(value: f64, unit: Unit) -> String {
    let suffix = unit.suffix();
    if value == 0.0 {
        return format!("0{suffix}");
    }
    let digits = match value.abs() {
        size if size < 0.005 => return format!("<0.01{suffix}"),
        size if size < 1.0 => 2,
        size if size < 1000.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}{suffix}")
}

/// A difference with its unit and sign.
pub(crate) fn change_words(change: f64, unit: Unit) -> String {
    let digits = match change.abs() {
        size if size < 1.0 => 2,
        size if size < 1000.0 => 1,
        _ => 0,
    };
    let number = format!("{change:+.digits$}");
    // No sign before a zero.
    let is_zero = number
        .bytes()
        .all(|b| matches!(b, b'+' | b'-' | b'0' | b'.'));
    let number = if is_zero { "0" } else { &number };
    format!("{number}{}", unit.change_suffix())
}

/// The change in percent of the value before, or that it is new or gone.
pub(crate) fn relative_words(before: f64, after: f64) -> String {
    if before == 0.0 && after == 0.0 {
        return "-".to_owned();
    }
    if before == 0.0 {
        return "new".to_owned();
    }
    if after == 0.0 {
        return "gone".to_owned();
    }
    let percent = (after - before) / before * 100.0;
    if percent.abs() < 0.5 {
        return "0 %".to_owned();
    }
    if percent >= 1000.0 {
        return format!("x{:.0}", after / before);
    }
    format!("{percent:+.0} %")
}

const fn mark(is_significant: bool) -> char {
    if is_significant { '*' } else { ' ' }
}

fn name_column(name: &str) -> String {
    let name = one_line(name);
    format!("{:<NAME$}", shortened(&name, NAME))
}

fn write_heads(out: &mut String, comparison: &Comparison) -> std::fmt::Result {
    let Some(total) = comparison
        .head(Subject::Total)
        .filter(|total| total.exists())
    else {
        return Ok(());
    };
    let heading = "before        after        change";
    writeln!(
        out,
        "\n  {}      {heading}",
        name_column("what the CPUs did")
    )?;
    writeln!(
        out,
        "  {} {:>11}  {:>11}  {:>12}  {:>7}",
        name_column("samples"),
        with_spaces(total.before.samples),
        with_spaces(total.after.samples),
        "",
        relative_words(total.before.samples as f64, total.after.samples as f64),
    )?;
    if comparison.unit != Unit::Percent {
        write_head(out, comparison, "total", total)?;
    }
    let exits = comparison.head(Subject::Exits);
    let several = comparison.tags().filter(|(tag, _)| tag.is_exit()).count() > 1;
    let mut waiting = exits.filter(|_| several);
    for (tag, change) in comparison.tags() {
        if tag.is_exit()
            && let Some(exits) = waiting.take()
        {
            write_head(out, comparison, "exits, all", exits)?;
        }
        write_head(out, comparison, tag.as_str(), change)?;
    }
    Ok(())
}

fn write_head(
    out: &mut String,
    comparison: &Comparison,
    name: &str,
    change: &Change,
) -> std::fmt::Result {
    let unit = comparison.unit;
    let interval = change.half_width.map_or(String::new(), |half| {
        let (low, high) = (change.difference() - half, change.difference() + half);
        format!("  [{low:+.1}, {high:+.1}]")
    });
    writeln!(
        out,
        "{} {} {:>11}  {:>11}  {:>12}  {:>7}{interval}",
        mark(change.is_significant),
        name_column(name),
        value_words(change.value_before, unit),
        value_words(change.value_after, unit),
        change_words(change.difference(), unit),
        relative_words(change.value_before, change.value_after),
    )
}

fn write_events(out: &mut String, comparison: &Comparison) -> std::fmt::Result {
    if comparison.events.is_empty() {
        return Ok(());
    }
    let heading = "before        after        before/s      after/s   change";
    writeln!(out, "\n  {}      {heading}", name_column("tracepoints"))?;
    for event in &comparison.events {
        let rates = event
            .rates
            .map_or(["-".to_owned(), "-".to_owned()], |rates| {
                rates.map(|rate| format!("{rate:.1}"))
            });
        let [before, after] = event.values();
        writeln!(
            out,
            "{} {} {:>11}  {:>11}  {:>12}  {:>11}  {:>7}",
            mark(event.is_significant),
            name_column(&event.name),
            with_spaces(event.counts[0]),
            with_spaces(event.counts[1]),
            rates[0],
            rates[1],
            relative_words(before, after),
        )?;
    }
    Ok(())
}

/// What changed of a function.
#[derive(Clone, Copy, Debug)]
pub struct FunctionChange<'a> {
    /// The function.
    pub frame: FrameIx,
    /// With what it calls.
    pub inclusive: &'a Change,
    /// By itself.
    pub own: &'a Change,
}

impl FunctionChange<'_> {
    /// The size by which rows are ordered: the largest significant change.
    fn size(&self) -> f64 {
        [self.inclusive, self.own]
            .into_iter()
            .filter(|change| change.is_significant)
            .map(|change| change.difference().abs())
            .fold(0.0, f64::max)
    }
}

/// Functions with a significant change, largest first.
pub fn changed_functions(comparison: &Comparison) -> Vec<FunctionChange<'_>> {
    let pairs = comparison.inclusive.iter().zip(&comparison.own);
    let mut functions: Vec<FunctionChange<'_>> = pairs
        .filter_map(|(inclusive, own)| match inclusive.subject {
            Subject::Inclusive(frame) if inclusive.is_significant || own.is_significant => {
                Some(FunctionChange {
                    frame,
                    inclusive,
                    own,
                })
            }
            Subject::Inclusive(_)
            | Subject::Own(_)
            | Subject::Total
            | Subject::Tag(_)
            | Subject::Exits
            | Subject::Box(_) => None,
        })
        .collect();
    let frames = &comparison.union.frames;
    functions.sort_by(|a, b| {
        b.size()
            .total_cmp(&a.size())
            .then_with(|| frames.get(a.frame).cmp(frames.get(b.frame)))
    });
    functions
}

fn write_functions(out: &mut String, comparison: &Comparison, most: usize) -> std::fmt::Result {
    if !comparison.inclusive.iter().any(Change::exists) {
        return Ok(());
    }
    let functions = changed_functions(comparison);
    if functions.is_empty() {
        return writeln!(out, "\n  no function changed significantly");
    }
    let unit = comparison.unit;
    writeln!(
        out,
        "\n  {} {:>11}  {:>11}  {:>12}  {:>7}     self before → after",
        name_column("functions, with what they call"),
        "before",
        "after",
        "change",
        "",
    )?;
    for function in functions.iter().take(most) {
        let (all, own) = (function.inclusive, function.own);
        let frame = comparison.union.frames.get(function.frame);
        writeln!(
            out,
            "{} {} {:>11}  {:>11}  {:>12}  {:>7}   {} {} → {}",
            mark(all.is_significant),
            name_column(&frame.name),
            value_words(all.value_before, unit),
            value_words(all.value_after, unit),
            change_words(all.difference(), unit),
            relative_words(all.value_before, all.value_after),
            mark(own.is_significant),
            value_words(own.value_before, unit),
            value_words(own.value_after, unit),
        )?;
    }
    if functions.len() > most {
        let rest = functions.len() - most;
        writeln!(out, "  and {rest} more (--top N shows more)")?;
    }
    Ok(())
}

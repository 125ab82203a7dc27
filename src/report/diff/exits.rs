//! The exits of a comparison, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::row_layout::RowLayout;
use crate::before_after::Sides;
use crate::diff::{
    ExitChange, ExitComparison, ExitFigures, ReadyChange, ReadyFigures, SubjectKind, Unit,
    change_words, relative_words,
};
use crate::text::{grouped, with_commas};

/// Rows of each kind that the text shows.
const SHOWN: usize = 10;

/// Writes how long vCPUs were ready as rows: parts of the time in which they wanted to run.
pub(super) fn write_ready(
    out: &mut String,
    ready: &[ReadyChange],
    row: RowLayout,
) -> std::fmt::Result {
    if ready.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n  {} {:>11}  {:>11}  {:>12}  {:>7}",
        row.name("ready, not running (steal in guests)"),
        "before",
        "after",
        "change",
        "",
    )?;
    for change in ready.iter().take(SHOWN) {
        let mark = if change.is_significant() { '*' } else { ' ' };
        let shown = |figures: &Option<ReadyFigures>| {
            figures.map_or_else(dash, |figures| format!("{:.2} %", figures.percent()))
        };
        let Sides { before, after } = change.figures.each_ref().map(shown);
        let [difference, relative] = match change.percents() {
            Some(values) => {
                let difference = values.after - values.before;
                [
                    change_words(difference, Unit::Percent),
                    relative_words(values),
                ]
            }
            None => [String::new(), String::new()],
        };
        let name = row.name(&change.subject.to_string());
        writeln!(
            out,
            "{mark} {name} {before:>11}  {after:>11}  {difference:>12}  {relative:>7}"
        )?;
    }
    if ready.len() > SHOWN {
        let rest = grouped((ready.len() - SHOWN) as u64);
        writeln!(out, "  and {rest} more (--json has all)")?;
    }
    Ok(())
}

/// Writes the exits as rows: how many in a second, and how long they took.
pub(super) fn write_exits(
    out: &mut String,
    exits: &ExitComparison,
    row: RowLayout,
) -> std::fmt::Result {
    if exits.changes.is_empty() {
        return Ok(());
    }
    let has_rates = exits.changes.iter().all(|change| change.rates.is_some());
    let unit = if has_rates { "/s" } else { "" };
    let times = if row.is_wide {
        "    p99 before → after"
    } else {
        ""
    };
    let [before, after] = ["before", "after"].map(|side| format!("{side}{unit}"));
    writeln!(
        out,
        "\n  {} {before:>11}  {after:>11}  {:>12}  {:>7}{times}",
        row.name("exits"),
        "change",
        "",
    )?;
    for (_, kind) in SubjectKind::ALL {
        let all = exits.changes.iter();
        let of_kind: Vec<&ExitChange> = all.filter(|change| change.subject.kind == kind).collect();
        for change in of_kind.iter().take(SHOWN) {
            write_exit(out, change, row)?;
        }
        if of_kind.len() > SHOWN {
            let rest = grouped((of_kind.len() - SHOWN) as u64);
            let kind = kind.as_str();
            writeln!(out, "  and {rest} more of {kind}: (--json has all)")?;
        }
    }
    Ok(())
}

fn write_exit(out: &mut String, change: &ExitChange, row: RowLayout) -> std::fmt::Result {
    let values = change.values();
    let shown = values.map(|value| with_commas(&format!("{value:.1}")));
    let mark = if change.is_significant { '*' } else { ' ' };
    write!(
        out,
        "{mark} {} {:>11}  {:>11}  {:>12}  {:>7}",
        row.name(&change.subject.to_string()),
        shown.before,
        shown.after,
        change_words(values.after - values.before, Unit::Plain),
        relative_words(values),
    )?;
    if row.is_wide {
        let p99 = |figures: &ExitFigures| figures.percentile_ns(0.99).map_or_else(dash, micros);
        let Sides { before, after } = change.figures.each_ref().map(p99);
        write!(out, "    {before} → {after}")?;
    }
    writeln!(out)
}

fn dash() -> String {
    "-".to_owned()
}

fn micros(nanos: u64) -> String {
    format!("{} µs", with_commas(&format!("{:.1}", nanos as f64 / 1e3)))
}

/// The exits as JSON: every subject, with counts, rates, totals and percentiles of both sides. Times
/// are nanoseconds; what has none is null.
pub(super) fn exits_json(exits: &ExitComparison) -> Value {
    let change = |change: &ExitChange| {
        json!({
            "subject": change.subject.to_string(),
            "kind": change.subject.kind.as_str(),
            "name": change.subject.name,
            "counts": change.figures.each_ref().map(|figures| figures.count).into_array(),
            "per_second": change.rates.map(Sides::into_array),
            "probability": change.probability,
            "significant": change.is_significant,
            "before": figures_json(&change.figures.before),
            "after": figures_json(&change.figures.after),
        })
    };
    json!({
        "seconds": exits.sides.each_ref().map(|side| side.span_ns as f64 / 1e9).into_array(),
        "confidence": exits.confidence(),
        "changes": exits.changes.iter().map(change).collect::<Vec<_>>(),
        "ready": exits.ready.iter().map(ready_json).collect::<Vec<_>>(),
    })
}

/// The ready time of vCPUs; null on a side that has no such vCPUs.
fn ready_json(change: &ReadyChange) -> Value {
    let figures = |figures: &Option<ReadyFigures>| {
        figures.map(|figures| {
            json!({
                "running_ns": figures.running_ns,
                "ready_ns": figures.ready_ns,
                "percent": figures.percent(),
            })
        })
    };
    let Sides { before, after } = change.figures.each_ref().map(figures);
    json!({
        "subject": change.subject.to_string(),
        "before": before,
        "after": after,
        "significant": change.is_significant(),
    })
}

fn figures_json(figures: &ExitFigures) -> Value {
    let is_timed = figures.stats.timed > 0;
    json!({
        "count": figures.count,
        "timed": figures.stats.timed,
        "total_ns": is_timed.then(|| figures.total_ns()),
        "min_ns": is_timed.then_some(figures.stats.least),
        "p50_ns": figures.percentile_ns(0.5),
        "p90_ns": figures.percentile_ns(0.9),
        "p99_ns": figures.percentile_ns(0.99),
        "p999_ns": figures.percentile_ns(0.999),
        "max_ns": is_timed.then_some(figures.stats.greatest),
    })
}

//! The table of what changed between two cohorts.

use super::two_cohorts::MeasuredCohorts;
use crate::before_after::Sides;
use crate::dataset::{COMPARED_FUNCTIONS, COMPARED_REGISTERS, LEAST_TIMED};
use crate::diff::{CohortChange, CohortComparison, HostPairing, KeyKind, WantedHosts};
use crate::report::table::{Cell, Column, Fact, Quantity, Table, TableReport};
use crate::text::counted;

/// Rows without a mark that people see.
const SHOWN_UNMARKED: usize = 12;

fn columns() -> Vec<Column> {
    let mut columns = value_columns();
    columns.extend(noise_columns());
    columns
}

/// What is compared, and by how much it changed.
fn value_columns() -> Vec<Column> {
    let text = |key, heading, meaning| Column::new(key, heading, Quantity::Text, meaning);
    let number = |key, heading, meaning| Column::new(key, heading, Quantity::Number, meaning);
    vec![
        text(
            "mark",
            "",
            "`*` for a change beyond what hosts differ by anyway.",
        ),
        text(
            "kind",
            "of",
            "What is compared: share of samples of a tag, a function (frame) or a function by itself \
             (self); exits in a second, their time in ms of each second, their median and 99th \
             percentile in µs, by reason, register or device.",
        ),
        text("name", "name", "Whose."),
        number("before", "before", "Mean of the hosts before."),
        number("after", "after", "Mean of the hosts after."),
        text("unit", "", "The unit of the values.").ranked(1),
        number("change", "change", "After less before."),
        number(
            "half_width",
            "±",
            "Half of the width of the interval of the change, taken by itself.",
        )
        .or_absent("there are fewer than two hosts or pairs"),
        Column::new(
            "relative",
            "relative",
            Quantity::Share,
            "The change as a part of before.",
        )
        .or_absent("there was nothing before")
        .ranked(1),
    ]
}

/// How well it is known.
fn noise_columns() -> Vec<Column> {
    let text = |key, heading, meaning| Column::new(key, heading, Quantity::Text, meaning);
    let number = |key, heading, meaning| Column::new(key, heading, Quantity::Number, meaning);
    let count = |key, heading, meaning| Column::new(key, heading, Quantity::Count, meaning);
    vec![
        text(
            "probability",
            "p",
            "Probability of such a change where there is none.",
        ),
        number(
            "detectable",
            "findable",
            "The change that would be marked in four of five such comparisons.",
        )
        .or_absent("none would, for want of hosts")
        .ranked(2),
        count("hosts_before", "hosts", "Hosts before that are compared.").ranked(3),
        count("hosts_after", "hosts", "Hosts after that are compared.").ranked(3),
        text(
            "paired",
            "paired",
            "Whether hosts are compared with themselves.",
        )
        .ranked(4),
        number(
            "between",
            "host sd",
            "Deviation between hosts; of pairs, between their changes.",
        )
        .ranked(4),
        number(
            "within",
            "rec. sd",
            "Deviation between recordings of a host.",
        )
        .or_absent("each host was recorded once")
        .ranked(4),
    ]
}

/// The comparison of two cohorts, as a table: marked changes first, of each the least probable first.
/// Of the rest people see as many as `shown` says.
pub fn cohort_changes(
    compared: &CohortComparison,
    measured: &MeasuredCohorts,
    conditions: &[String; 2],
    source: &str,
    shown: Option<usize>,
) -> TableReport {
    let mut table = Table::new("changes", "changes, marked ones first", columns());
    let mut changes: Vec<&CohortChange> = compared.changes.iter().collect();
    changes.sort_by(|a, b| {
        let marks = b.is_significant.cmp(&a.is_significant);
        let by_chance = a.probability.total_cmp(&b.probability);
        marks.then(by_chance).then_with(|| a.key.cmp(&b.key))
    });
    for change in &changes {
        table.push(row(change));
    }
    let marked = changes
        .iter()
        .filter(|change| change.is_significant)
        .count();
    let seen = marked + shown.unwrap_or(SHOWN_UNMARKED);
    table.hidden_rows = changes.len().saturating_sub(seen);
    table.notes = notes(compared, marked);
    let mut facts = Vec::new();
    let [before, after] = conditions;
    let sides = [("before", before), ("after", after)];
    let of_sides = [&measured.facts.before, &measured.facts.after];
    for ((label, condition), side) in sides.into_iter().zip(of_sides) {
        let (captures, hosts) = (
            counted(side.captures, "capture"),
            counted(side.hosts, "host"),
        );
        let value = Cell::Text(format!("{condition}: {captures} of {hosts}"));
        let key = label;
        facts.push(Fact { key, label, value });
    }
    TableReport {
        kind: "diff",
        source: source.to_owned(),
        facts,
        tables: vec![table],
        warnings: measured.warnings(),
    }
}

fn row(change: &CohortChange) -> Vec<Cell> {
    let Sides { before, after } = change.values;
    let mark = if change.is_significant { "*" } else { "" };
    let is_paired = matches!(change.pairing, HostPairing::Pairs(_));
    let relative = (before != 0.0).then(|| change.difference() / before);
    vec![
        Cell::Text(mark.to_owned()),
        Cell::Text(change.key.kind.as_str().to_owned()),
        Cell::Text(change.key.name.clone()),
        Cell::Number(before),
        Cell::Number(after),
        Cell::Text(change.key.kind.unit().to_owned()),
        Cell::Number(change.difference()),
        Cell::of(change.half_width, Cell::Number),
        Cell::of(relative, Cell::Share),
        Cell::Text(probability(change.probability)),
        Cell::of(change.detectable, Cell::Number),
        Cell::Count(change.hosts.before as u64),
        Cell::Count(change.hosts.after as u64),
        Cell::Text(if is_paired { "yes" } else { "no" }.to_owned()),
        Cell::Number(change.between),
        Cell::of(change.within, Cell::Number),
    ]
}

/// Two digits, and what is too small for the model told as a bound.
fn probability(probability: f64) -> String {
    if probability < 1e-12 {
        "<1e-12".to_owned()
    } else if probability < 0.001 {
        format!("{probability:.1e}")
    } else {
        format!("{probability:.3}")
    }
}

fn notes(compared: &CohortComparison, marked: usize) -> Vec<String> {
    let risk = (1.0 - compared.confidence) * 100.0;
    let mut notes = vec![format!(
        "* marks {marked} of {} beyond what hosts differ by, with a risk of {risk:.2} % that any mark \
         is false; each host weighs the same",
        counted(compared.changes.len() as u64, "change")
    )];
    if let Some(wanted) = compared.hosts_wanted() {
        let wanted = match wanted {
            WantedHosts::Pairs(hosts) => format!("{hosts} hosts that are on both sides"),
            WantedHosts::EachSide(hosts) => format!("{hosts} hosts on each side"),
        };
        notes.push(format!(
            "too few hosts: with so many questions a mark takes {wanted}; of fewer any difference may \
             be chance"
        ));
    }
    let is_of = |kind: KeyKind| {
        compared
            .changes
            .iter()
            .any(|change| change.key.kind == kind)
    };
    let mut left_out = Vec::new();
    if is_of(KeyKind::Own) {
        left_out.push(format!(
            "functions: the {COMPARED_FUNCTIONS} with most samples"
        ));
    }
    if is_of(KeyKind::RegisterRate) {
        left_out.push(format!(
            "registers: the {COMPARED_REGISTERS} with most time"
        ));
    }
    if is_of(KeyKind::ReasonP50) {
        let [of_median, of_last] = LEAST_TIMED;
        left_out.push(format!(
            "percentiles: of recordings with {of_median} timed exits, p99 with {of_last}, as ends of \
             buckets an eighth wide"
        ));
    }
    if !left_out.is_empty() {
        notes.push(left_out.join("; "));
    }
    notes
}

//! How often rules spoke in a cohort.

use super::answers::EngineAnswers;
use super::facts::CohortFacts;
use crate::dataset::CohortCondition;
use crate::report::table::{Cell, Column, Quantity, Table, TableReport};

fn columns() -> Vec<Column> {
    let text = |key, heading, meaning| Column::new(key, heading, Quantity::Text, meaning);
    let count = |key, heading, meaning| Column::new(key, heading, Quantity::Count, meaning);
    let share = |key, heading, meaning| Column::new(key, heading, Quantity::Share, meaning);
    vec![
        text(
            "rule",
            "rule",
            "The rule: advise --explain RULE says how it concludes, and its sources.",
        ),
        text("kind", "kind", "cost, unclear, recording or expected.").ranked(2),
        text("title", "finding", "What was found."),
        count("hosts", "hosts", "Hosts in which it was found."),
        share(
            "of_hosts",
            "of hosts",
            "Their part of the hosts of the cohort.",
        )
        .or_absent("no host is named"),
        count("captures", "captures", "Captures in which it was found.").ranked(1),
        count(
            "vms",
            "VMs",
            "VMs in which it was found, by host and process.",
        )
        .ranked(1),
        count("certain", "certain", "Findings of high certainty.").ranked(3),
        share(
            "median_share",
            "median share",
            "Median of its part of the vCPUs' time.",
        )
        .or_absent("it was not measured"),
        share(
            "greatest_gain",
            "gain up to",
            "The most that can be gained of the vCPUs' time, where it is most.",
        )
        .or_absent("it is not known, or nothing can be gained"),
        text("greatest_host", "there", "The host of that most.")
            .or_absent("no gain is known, or the host is not named"),
    ]
}

/// The advice of a cohort as tables.
pub fn cohort_advice(
    answers: &EngineAnswers,
    condition: &CohortCondition,
    source: &str,
) -> TableReport {
    let facts = CohortFacts::of(answers);
    let title = "findings, those that cost time first, by hosts";
    let mut table = Table::new("advice", title, columns());
    for row in answers.rows(1) {
        let text = |column: &str| Cell::of(row.text(column), |text| Cell::Text(text.to_owned()));
        let count = |column: &str| Cell::Count(row.count(column));
        table.push(vec![
            text("rule"),
            text("kind"),
            text("title"),
            count("hosts"),
            Cell::share(row.count("hosts"), facts.hosts),
            count("captures"),
            count("vms"),
            count("certain"),
            Cell::of(row.number("median_share"), Cell::Share),
            Cell::of(row.number("greatest_gain"), Cell::Share),
            text("greatest_host"),
        ]);
    }
    if table.rows.is_empty() {
        table.notes.push("no rule found anything".to_owned());
    }
    table.notes.push(
        "what helps is said of one capture: vmflame advise CAPTURE; datasets keep findings alone"
            .to_owned(),
    );
    TableReport {
        kind: "advise",
        source: source.to_owned(),
        facts: facts.told(&condition.text),
        warnings: facts.warnings(),
        tables: vec![table],
    }
}

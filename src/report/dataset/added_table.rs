//! What became of each case that was to be added.

use crate::report::table::{Cell, Column, Fact, Quantity, Table, TableReport};

/// What became of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CaseFate {
    /// Its rows are in the dataset since this run.
    Added,
    /// They were there before.
    There,
    /// They are not: why.
    Failed(String),
}

impl CaseFate {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::There => "there",
            Self::Failed(_) => "failed",
        }
    }
}

/// A case that was to be added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToldCase {
    /// The path that was given.
    pub path: String,
    /// What became of it.
    pub fate: CaseFate,
    /// Whether something of it could not be read.
    pub is_damaged: bool,
}

/// The cases in the order in which they were given; `files` and `bytes` are those written.
pub fn added_tables(cases: &[ToldCase], files: u64, bytes: u64, folder: &str) -> TableReport {
    let columns = vec![
        Column::new("case", "case", Quantity::Text, "the path that was given"),
        Column::new(
            "outcome",
            "outcome",
            Quantity::Text,
            "`added`; `there`, as it was before; or `failed`",
        ),
        Column::new(
            "damaged",
            "damaged",
            Quantity::Text,
            "`yes` where something of it could not be read, and the rest was",
        ),
        Column::new("error", "error", Quantity::Text, "why it failed").or_absent("it did not"),
    ];
    let mut table = Table::new("cases", "cases", columns);
    for case in cases {
        let error = match &case.fate {
            CaseFate::Failed(error) => Cell::Text(error.clone()),
            CaseFate::Added | CaseFate::There => Cell::Absent,
        };
        let is_damaged = if case.is_damaged { "yes" } else { "no" };
        table.push(vec![
            Cell::Text(case.path.clone()),
            Cell::Text(case.fate.as_str().to_owned()),
            Cell::Text(is_damaged.to_owned()),
            error,
        ]);
    }
    let fact = |key, count| Fact {
        key,
        label: key,
        value: Cell::Count(count),
    };
    TableReport {
        kind: "dataset add",
        source: folder.to_owned(),
        facts: vec![fact("files", files), fact("bytes", bytes)],
        tables: vec![table],
        warnings: Vec::new(),
    }
}

//! What a case holds, member by member.

use crate::analysis::case::CaseContents;
use crate::report::table::{Cell, Column, Fact, Quantity, Table, TableReport};

fn columns() -> Vec<Column> {
    vec![
        Column::new(
            "bytes",
            "bytes",
            Quantity::Count,
            "How many bytes it has before it is compressed.",
        )
        .or_absent("The file cannot be looked at any more."),
        Column::new(
            "member",
            "member",
            Quantity::Text,
            "Its path in the archive.",
        ),
        Column::new(
            "what",
            "what it is",
            Quantity::Text,
            "What it is there for.",
        ),
    ]
}

/// The table of a case's members; `source` is the capture as the user knows it.
pub fn case_tables(contents: &CaseContents, source: &str) -> TableReport {
    let mut table = Table::new("members", "What the case holds", columns());
    let mut sum = 0_u64;
    for packed in &contents.members {
        let bytes = packed.member.content.len().ok();
        sum = sum.saturating_add(bytes.unwrap_or(0));
        table.push(vec![
            Cell::of(bytes, Cell::Count),
            Cell::Text(packed.member.name.display().to_string()),
            Cell::Text(packed.what.clone()),
        ]);
    }
    let fact = |key, label, value| Fact {
        key,
        label,
        value: Cell::Count(value),
    };
    TableReport {
        kind: "pack",
        source: source.to_owned(),
        facts: vec![
            fact("members", "members", contents.members.len() as u64),
            fact("bytes", "bytes, not compressed", sum),
        ],
        tables: vec![table],
        warnings: contents
            .missing
            .iter()
            .map(|what| format!("not in the case: {what}"))
            .collect(),
    }
}

//! A row for each function.

use std::cmp::Reverse;

use crate::analysis::{Profile, TopFunction};
use crate::report::table::{Cell, Column, Quantity, Table};
use crate::stack::Tag;

/// How many tags of a function are told to people.
const SHOWN_TAGS: usize = 3;

fn columns() -> Vec<Column> {
    vec![
        Column::new(
            "self_share",
            "self",
            Quantity::Share,
            "The part of all samples that were taken in it.",
        ),
        Column::new(
            "total_share",
            "total",
            Quantity::Share,
            "The part of all samples in whose stacks it occurs, once each.",
        ),
        Column::new("self", "self", Quantity::Count, "What those in it weigh.").ranked(3),
        Column::new("total", "total", Quantity::Count, "What all of them weigh.").ranked(4),
        Column::new("function", "function", Quantity::Text, "The function."),
        Column::new(
            "object",
            "object",
            Quantity::Text,
            "The file that holds it, in brackets the kernel and its modules.",
        )
        .or_absent("it lies in none")
        .ranked(1),
        Column::new(
            "tags",
            "of its total",
            Quantity::Text,
            "What its stacks were doing: the three tags of the most weight, with their parts of its \
             total.",
        )
        .or_absent("stacks were not tagged")
        .ranked(2),
    ]
}

/// The functions in their order.
pub(super) fn function_table(
    profile: &Profile,
    functions: &[TopFunction],
    shown_rows: usize,
) -> Table {
    let mut table = Table::new("functions", "functions", columns());
    for function in functions {
        let object = &function.key.object;
        table.push(vec![
            Cell::share(function.own, profile.total),
            Cell::share(function.total, profile.total),
            Cell::Count(function.own),
            Cell::Count(function.total),
            Cell::Text(function.key.name.clone()),
            Cell::of((!object.is_empty()).then(|| object.clone()), Cell::Text),
            Cell::of(tags(function), Cell::Text),
        ]);
    }
    table.hidden_rows = table.rows.len().saturating_sub(shown_rows);
    table
}

fn tags(function: &TopFunction) -> Option<String> {
    let mut tags: Vec<(&Tag, &u64)> = function.by_tag.iter().collect();
    tags.sort_by_key(|&(tag, weight)| (Reverse(*weight), *tag));
    let words = tags
        .iter()
        .take(SHOWN_TAGS)
        .filter(|(_, weight)| **weight > 0);
    let words = words.map(|(tag, weight)| {
        let share = **weight as f64 / function.total as f64 * 100.0;
        format!("{} {share:.0}%", tag.as_str())
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}

//! A row for each tag.

use std::cmp::Reverse;

use crate::analysis::Profile;
use crate::report::table::{Cell, Column, Quantity, Table};

/// The tags of a profile's stacks, those of the most weight first.
pub(super) fn tag_table(profile: &Profile) -> Table {
    let columns = vec![
        Column::new(
            "share",
            "share",
            Quantity::Share,
            "Its part of all samples.",
        ),
        Column::new(
            "weight",
            "weight",
            Quantity::Count,
            "What its samples weigh.",
        ),
        Column::new("tag", "tag", Quantity::Text, "What the stacks were doing."),
    ];
    let mut table = Table::new("tags", "tags", columns);
    let mut totals = profile.totals.clone();
    totals.sort_by_key(|&(tag, weight)| (Reverse(weight), tag));
    for (tag, weight) in totals {
        table.push(vec![
            Cell::share(weight, profile.total),
            Cell::Count(weight),
            Cell::Text(tag.as_str().to_owned()),
        ]);
    }
    table
}

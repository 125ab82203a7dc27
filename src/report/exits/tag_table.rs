//! What call stacks alone tell of exits.

use crate::analysis::Profile;
use crate::report::table::{Cell, Column, Quantity, Table};

/// The tags of a profile's stacks: shares of samples, of a capture without kvm tracepoints.
pub fn tag_table(profile: &Profile) -> Table {
    let columns = vec![
        Column::new(
            "tag",
            "what the host did",
            Quantity::Text,
            "The tag of the stacks.",
        ),
        Column::new(
            "weight",
            "weight",
            Quantity::Count,
            "What their samples weigh.",
        ),
        Column::new(
            "share",
            "share",
            Quantity::Share,
            "Their part of all samples.",
        ),
    ];
    let title = format!("exits by call stacks of {}", profile.event_name);
    let mut table = Table::new("tags", title, columns);
    let mut totals = profile.totals.clone();
    totals.sort_by_key(|&(tag, weight)| (std::cmp::Reverse(weight), tag));
    for (tag, weight) in totals.into_iter().filter(|&(_, weight)| weight > 0) {
        table.push(vec![
            Cell::Text(tag.as_str().to_owned()),
            Cell::Count(weight),
            Cell::share(weight, profile.total),
        ]);
    }
    table.notes.push(
        "the capture tells of no kvm tracepoints: these are shares of samples by what their stacks show; \
         how many exits there were, what they reached and how long each took is not known"
            .to_owned(),
    );
    table
}

//! Functions, tags and exits as tables, for people without a browser: the answer of `info --top`.
//!
//! | file | what is in it |
//! |---|---|
//! | `function_table` | a row for each function |
//! | `tag_table` | a row for each tag |

mod function_table;
mod tag_table;

use function_table::function_table;
use tag_table::tag_table;

use crate::analysis::{Profile, TopFunction};
use crate::report::table::{Cell, Fact, Table, TableReport};

/// What the tables are made of.
#[derive(Clone, Debug)]
pub struct TopAnswer<'t> {
    /// The profile.
    pub profile: &'t Profile,
    /// Its functions, in the order in which they are shown.
    pub functions: &'t [TopFunction],
    /// How many of them people are shown.
    pub shown_rows: usize,
    /// The exits by reason, where tracepoints tell them.
    pub exits: Option<Table>,
    /// The capture, as the user knows it.
    pub source: &'t str,
}

/// The tables: functions, tags, exits.
pub fn top_tables(answer: TopAnswer<'_>) -> TableReport {
    let profile = answer.profile;
    let mut tables = vec![function_table(profile, answer.functions, answer.shown_rows)];
    if !profile.totals.is_empty() {
        tables.push(tag_table(profile));
    }
    tables.extend(answer.exits);
    let fact = |key, label, value| Fact { key, label, value };
    TableReport {
        kind: "top",
        source: answer.source.to_owned(),
        facts: vec![
            fact("event", "event", Cell::Text(profile.event_name.clone())),
            fact("unit", "weights are", Cell::Text(profile.unit.clone())),
            fact("total", "all together", Cell::Count(profile.total)),
            fact(
                "samples",
                "samples",
                Cell::Count(profile.account.tally.folded),
            ),
        ],
        tables,
        warnings: Vec::new(),
    }
}

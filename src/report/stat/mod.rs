//! How often events occurred: the answer of `stat`.
//!
//! In: [`EventStat`](crate::analysis::stat::EventStat), and what VMs are called. Out: a
//! [`TableReport`](crate::report::table::TableReport).
//!
//! | file | what it does |
//! |---|---|
//! | `answer` | **the list of tables**, and what is said above them |
//! | `event_table` | a row for each VM and event |
//! | `time_table` | a row for each stretch of time and VM |
//! | `count_table` | a row for each stretch of time, VM and event |
//! | `labels` | what VMs and events are called |
//! | `doubts` | what should be known before the tables are believed, and why one is empty |

mod answer;
mod count_table;
mod doubts;
mod event_table;
mod labels;
mod time_table;

pub use answer::{StatAnswer, stat_tables};

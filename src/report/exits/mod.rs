//! The exits of a capture: the answer of `exits`.
//!
//! In: [`RecordedExits`](crate::analysis::exits::RecordedExits) and what devices are called. Out: a
//! [`TableReport`](crate::report::table::TableReport).
//!
//! | file | what it does |
//! |---|---|
//! | `answer` | **the list of tables**, and what is said above them |
//! | `columns` | what the columns of a view are |
//! | `view_table` | a view as a table |
//! | `graph`, `graph_row` | exits as a flame graph |
//! | `shares` | exits shared out among the places that their time went to |
//! | `kernel_handler` | what the kernel did for an exit, of a call stack |
//! | `labels` | what values of dimensions are called |
//! | `slow_table` | the slowest exits |
//! | `halt_table` | what halts did |
//! | `schedule_table` | how vCPUs got their host CPUs, and who had them meanwhile |
//! | `interrupt_table` | how long interrupts took |
//! | `tag_table` | what call stacks alone tell |
//! | `doubts` | what should be known before the tables are believed, and why one is empty |

mod answer;
mod columns;
mod doubts;
mod graph;
mod graph_row;
mod halt_table;
mod interrupt_table;
mod kernel_handler;
mod labels;
mod schedule_table;
mod shares;
mod slow_table;
mod tag_table;
mod view_table;

pub use answer::{ASSUMPTION, ExitAnswer, exit_tables, exit_tables_of};
pub(in crate::report) use graph::tag_of_exit;
pub use graph::{ExitGraph, ExitGraphRequest, ExitStack, ExitWidth, exit_graph, graph_views};
pub use graph_row::{ExitCell, ExitPlace, ReachedPlace};
pub(in crate::report) use labels::ExitLabels;
pub use tag_table::tag_table;

//! How long threads ran, and on what: the answer of `threads`.
//!
//! In: [`ThreadTimes`](crate::analysis::threads::ThreadTimes). Out: tables.
//!
//! | file | what it does |
//! |---|---|
//! | `answer` | the tables, and what is said above them |
//! | `measure` | what running time is told in: shares of a CPU, or of all samples |
//! | `columns` | what columns hold |
//! | `thread_table` | a row for each thread |
//! | `vm_table` | a row for each VM, and for each node that it ran on |
//! | `sorting` | the order of threads |
//! | `doubts` | what should be known before the tables are believed |

mod answer;
mod columns;
mod doubts;
mod measure;
mod sorting;
mod thread_table;
mod vm_table;

pub use answer::thread_tables;
pub use sorting::ThreadOrder;

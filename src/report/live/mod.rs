//! What running VMs do: the answer of `stat --live`, once for each interval.
//!
//! In: [`CounterChanges`](crate::kvm::counter::CounterChanges). Out: a
//! [`TableReport`](crate::report::table::TableReport).
//!
//! | file | what it does |
//! |---|---|
//! | `answer` | **the list of tables**, and what is said above them |
//! | `vm_table` | a row for each VM |
//! | `counter_table` | a row for each VM and counter |
//! | `halt_table` | a row for each VM and histogram |

mod answer;
mod counter_table;
mod halt_table;
mod vm_table;

pub use answer::{LiveAnswer, live_tables};

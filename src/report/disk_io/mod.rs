//! Requests to disks: the answer of `blockio`.
//!
//! In: [`DiskIo`](crate::analysis::disk_io::DiskIo). Out: a
//! [`TableReport`](crate::report::table::TableReport).
//!
//! | file | what it does |
//! |---|---|
//! | `answer` | **the list of tables**, and what is said above them |
//! | `stream_table` | a row for each disk and direction |
//! | `interval_table` | a row for each second |
//! | `slow_request_table` | the slowest requests |
//! | `names` | what disks and directions are called |

mod answer;
mod interval_table;
mod names;
mod slow_request_table;
mod stream_table;

pub use answer::disk_tables;

//! What viewers with threads and times are given of a profile and of the exits beside it.
//!
//! | file | what it does |
//! |---|---|
//! | `make` | **the entry**: a profile as a recording |
//! | `exit_graph` | a flame graph of exits as a recording |
//! | `exits` | the exits of its vCPUs, by kind |
//! | `told` | what is said of the recording as a whole |

mod exit_graph;
mod exits;
mod make;
mod told;

pub use exit_graph::recording_of_exits;
pub use exits::NamedExits;
pub use make::{RecordingSource, recording};

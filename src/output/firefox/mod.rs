//! Firefox Profiler's processed profiles.
//!
//! | file | what it writes |
//! |---|---|
//! | `profile` | **the file**: what is said of it as a whole, and its threads |
//! | `categories` | tags as categories |
//! | `markers` | exits as markers |
//! | `thread` | a thread: its tables of stacks, its samples |

mod categories;
mod markers;
mod profile;
mod thread;

pub use profile::write_firefox;

//! `vmflame stat --live`: what running VMs do, again and again.
//!
//! Nothing of the host is changed: counters are read where they are, or are the program's own.
//!
//! | file | what is in it |
//! |---|---|
//! | `options` | what can be asked for |
//! | `request` | what is watched, and how |
//! | `round` | one reading, on its way |
//! | `watching` | **the loop**: read, compare, show |
//! | `source` | where counters are read, and which of the places are open to this user |
//! | `debugfs` | the kernel's counters of each VM |
//! | `monitors` | the same, as QEMUs tell them |
//! | `tracepoints` | counters of tracepoints |
//! | `not_watched` | why nothing is watched |
//! | `screen` | a terminal that is drawn anew, or blocks one below the other |

mod debugfs;
mod monitors;
mod not_watched;
mod options;
mod request;
mod round;
mod screen;
mod source;
mod tracepoints;
mod watching;

pub(super) use not_watched::NotWatched;
pub(super) use options::LiveOptions;
pub(super) use request::LiveRequest;
pub(super) use screen::LiveFormat;
pub(super) use watching::watch_live;

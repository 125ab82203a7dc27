//! The error of the library: the run cannot go on.
//!
//! What comes in is what went wrong, as a value that callers tell apart; what goes out is one line
//! for the user and, where something helps, a hint. Each value has its line and its hint beside its
//! declaration, and nowhere else.
//!
//! | file | what is in it |
//! |---|---|
//! | `with_hint` | [`Error`]: a problem, and a hint that whoever knows more has given |
//! | `problem` | [`Problem`]: all that can go wrong, sorted by what it is about |
//! | `bad_file` | [`BadFile`]: what a file is not, or lacks |
//! | `dataset_fault` | [`DatasetFault`]: why a dataset cannot be used |
//! | `trace_dat_fault` | [`TraceDatFault`]: why a trace.dat cannot be read |
//! | `bad_request` | [`BadRequest`]: what a capture does not carry; [`NothingLeft`]: filters leave nothing |
//! | `monitor_fault` | [`MonitorFault`]: what is wrong with a monitor of QEMU's |
//! | `not_comparable` | [`NotComparable`]: why two sides cannot be compared so |

mod bad_file;
mod bad_request;
mod dataset_fault;
mod monitor_fault;
mod not_comparable;
mod problem;
mod trace_dat_fault;
mod with_hint;

pub(crate) use bad_file::MORE_UNPACKED;
pub use bad_file::{BadFile, FoundInstead};
pub use bad_request::{BadRequest, NothingLeft};
pub use dataset_fault::DatasetFault;
pub use monitor_fault::MonitorFault;
pub use not_comparable::NotComparable;
pub use problem::Problem;
pub use trace_dat_fault::TraceDatFault;
pub use with_hint::{Error, Result};

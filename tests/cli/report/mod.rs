//! `vmflame report`: the page as whoever opens it gets it.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod data;
mod hostile;
mod page;
mod reading;

//! `vmflame report`: the page as whoever opens it gets it.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod hostile;
mod page;
mod reading;

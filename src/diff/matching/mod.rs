//! Which frames of both sides are the same.

mod left_out;
mod loose_name;
mod pairing;
#[cfg(test)]
mod pairing_tests;
mod union;

pub use left_out::Matching;
pub(crate) use loose_name::{NameStep, as_written_elsewhere, loose_name, loose_object};
pub(crate) use union::{Count, Labels, Place, Union};

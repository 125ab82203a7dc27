//! Which frames of both sides are the same.

mod left_out;
mod loose_name;
mod pairing;
#[cfg(test)]
mod pairing_tests;
mod union;

pub(crate) use loose_name::{NameStep, as_written_elsewhere, loose_name, loose_object};
pub use pairing::Matching;
pub(crate) use union::{PlacedStack, Union};

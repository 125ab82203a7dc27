//! Which frames of both sides are the same.
//!
//! In: two sides. Out: a `Union`, one call tree in which every frame of either side has its place.
//!
//! | file | what it does |
//! |---|---|
//! | `loose_name` | names without what another build, boot or run writes differently |
//! | `pairing` | one table for the frames of both sides, **the law of matching** |
//! | `left_out` | frames that one side does not have because it inlines or tail-calls them |
//! | `union` | the tree |

mod left_out;
mod loose_name;
mod pairing;
#[cfg(test)]
mod pairing_tests;
mod union;

pub(crate) use loose_name::{NameStep, as_written_elsewhere, loose_name, loose_object};
pub use pairing::Matching;
pub(crate) use union::{PlacedStack, Union};

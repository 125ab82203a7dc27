//! Which frames of both sides are the same.
//!
//! In: two sides. Out: a `Union`, one call tree in which every frame of either side has its place.
//!
//! | file | what it does |
//! |---|---|
//! | `loose_name` | names without what another build, boot or run writes differently |
//! | `pairing` | one table for the frames of both sides, **the law of matching** |
//! | `left_out` | frames that one side does not have because it inlines or tail-calls them |
//! | `uneven_inlines` | inlined functions that debug information tells on one side only |
//! | `union` | the tree |

mod left_out;
mod loose_name;
mod pairing;
#[cfg(test)]
mod pairing_tests;
mod uneven_inlines;
mod union;

pub(crate) use loose_name::{NameStep, as_written_elsewhere, loose_name, loose_object};
pub use pairing::Matching;
pub use uneven_inlines::leave_out_uneven_inlines;
pub(crate) use union::{PlacedStack, Union, UnitedSide};

//! What changed between two profiles, and whether it is more than noise.
//!
//! Input: two `Side`s, made of captures or of folded text. Output: a `Comparison` of
//! everything, tags, functions, boxes and events, which tables, pictures and gates are made of.
//!
//! | file | what it does |
//! |---|---|
//! | `side`, `folded_input` | what is compared |
//! | `loose_name`, `pairing` | which frames are the same |
//! | `matching`, `union` | which frames are left out; one tree for both sides |
//! | `normalise`, `idle` | what both sides are divided by |
//! | `significance`, `slices`, `distribution` | whether a change is more than noise: **the model** |
//! | `quantities`, `event_name`, `events`, `compare`, `notes` | the comparison |
//! | `judgement` | which changes are significant among all |
//! | `functions`, `table`, `unmarked` | the rows that people read |
//! | `picture` | the boxes that are drawn |
//! | `gate`, `gate_value`, `coverage` | conditions that fail a build, and whether they can be judged |

mod compare;
mod coverage;
mod distribution;
mod event_name;
mod events;
mod folded_input;
mod functions;
mod gate;
#[cfg(test)]
mod gate_tests;
mod gate_value;
mod idle;
mod judgement;
mod loose_name;
mod matching;
mod normalise;
mod notes;
mod pairing;
#[cfg(test)]
mod pairing_tests;
mod picture;
mod quantities;
mod side;
pub mod significance;
#[cfg(test)]
mod simulation;
mod slices;
mod table;
#[cfg(test)]
mod tests;
mod union;
mod unmarked;

pub use compare::{Change, Comparison, Options};
pub use events::EventChange;
pub use folded_input::{FoldedSide, parse_folded};
pub use functions::{FunctionChange, changed_functions, largest_unmarked};
pub use gate::{Gate, Verdict};
pub use idle::leave_out_uneven_idle;
pub use matching::Matching;
pub use normalise::Normalise;
pub use picture::{box_facts, own_weights, picture_of};
pub use quantities::Subject;
pub use side::{LeftOut, Origin, Side};
pub use significance::SLICES;
pub use table::as_text;
pub use unmarked::UNMARKED;

//! What changed between two profiles, and whether it is more than noise.
//!
//! Input: two `Side`s, made of captures or of folded text. Output: a `Comparison` of
//! everything, tags, functions, boxes and events, which tables, pictures and gates are made of.
//!
//! | folder or file | what it does |
//! |---|---|
//! | `model` | whether a change is more than noise: **the model** |
//! | `sides` | what is compared |
//! | `matching` | which frames are the same; one tree for both sides |
//! | `comparison` | what both sides are divided by; every quantity of both, and which changed |
//! | `words` | values, changes and sides in words |
//! | `table`, `unmarked` | the rows that people read |
//! | `picture` | the boxes that are drawn |
//! | `gate` | conditions that fail a build |

mod comparison;
mod gate;
mod labels;
mod matching;
mod model;
mod picture;
mod row;
mod sides;
mod table;
#[cfg(test)]
mod testing;
mod unmarked;
mod words;

pub use comparison::{
    Change, Comparison, EventChange, FunctionChange, Normalise, Options, Subject, UNMARKED,
    changed_functions, largest_unmarked,
};
pub use gate::{Gate, Verdict};
pub use matching::Matching;
pub use model::SLICES;
pub use picture::{box_facts, own_weights, picture_of};
pub use sides::{FoldedSide, LeftOut, Origin, Side, leave_out_uneven_idle, parse_folded};
pub use table::as_text;

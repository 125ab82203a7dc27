//! Every quantity of both sides, and which of them changed.
//!
//! In: two sides and the options of the user. Out: a `Comparison`.
//!
//! | file | what it does |
//! |---|---|
//! | `options`, `normalise` | how to compare |
//! | `bases` | what both sides are divided by |
//! | `quantities` | everything, tags, functions and boxes, with what each has on both sides |
//! | `slice_sums` | what quantities weigh by slice of time |
//! | `change` | a quantity that was measured |
//! | `measuring` | how much every quantity changed |
//! | `events` | rates of events |
//! | `judgement` | which changes are significant among all of their family |
//! | `coverage` | what of a side was measured, and why the rest was not |
//! | `notes` | what the reader should know, and what cannot be compared at all |
//! | `compare` | the comparison |
//! | `functions` | functions by how much they changed |
//!
//! `tests` holds laws of the whole comparison, `simulation` how often noise is taken for a change.

mod bases;
mod change;
mod compare;
mod coverage;
mod events;
mod functions;
mod judgement;
mod measuring;
mod normalise;
mod notes;
mod options;
mod quantities;
#[cfg(test)]
mod simulation;
mod slice_sums;
#[cfg(test)]
mod tests;

pub use change::Change;
pub use compare::{Asked, Comparison};
pub use events::EventChange;
pub use functions::{FunctionChange, UNMARKED, changed_functions, largest_unmarked};
pub(crate) use judgement::SlicedCount;
pub use normalise::Normalise;
pub(crate) use normalise::Unit;
pub use options::Options;
pub use quantities::Subject;

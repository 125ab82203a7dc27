//! The comparison.

mod compare;
mod coverage;
mod events;
mod functions;
mod judgement;
mod normalise;
mod notes;
mod quantities;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub use compare::{Change, Comparison, Options};
pub use events::EventChange;
pub use functions::{FunctionChange, changed_functions, largest_unmarked};
pub use normalise::Normalise;
pub(crate) use normalise::Unit;
pub use quantities::Subject;
#[cfg(test)]
pub(crate) use tests::{compare, folded, timed};

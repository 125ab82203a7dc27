//! The comparison.

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

//! Whether a change is more than noise.

mod distribution;
mod significance;
mod slices;

pub use significance::SLICES;
pub(crate) use significance::{
    ConfidenceLevel, Divisor, Question, SideQuantity, SliceValues, Threshold, exact_probability,
    least_probability, test,
};

//! Whether a change is more than noise.
//!
//! In: a quantity on both sides, with its slices of time. Out: how likely chance alone changes it as
//! much, and which of many such answers are significant.
//!
//! | file | what it does |
//! |---|---|
//! | `significance` | **the model**, explained at its head; the tests |
//! | `slices` | what slices of time tell of a ratio and of its variance |
//! | `threshold` | which of many answers are significant |
//! | `distribution` | distribution functions |

mod distribution;
mod significance;
mod slices;
mod threshold;

#[cfg(feature = "fleet")]
pub(crate) use distribution::{t_quantile, t_two_sided};
pub use significance::SLICES;
pub(crate) use significance::{
    ConfidenceLevel, Divisor, SideQuantity, SliceValues, exact_probability, least_probability,
    test, test_knowing,
};
pub(crate) use threshold::{Question, Threshold};

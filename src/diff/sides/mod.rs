//! What is compared.
//!
//! In: a profile, the events of a capture, or folded text. Out: a `Side`.
//!
//! | file | what it does |
//! |---|---|
//! | `side` | stacks with their samples |
//! | `count` | samples and what they weigh |
//! | `origin` | what is known of where a side comes from |
//! | `event_series`, `event_name` | events that were counted beside the stacks, and which are the same |
//! | `folded_input` | folded text as a side |
//! | `idle` | idle CPUs that one side sampled less than the other |

mod count;
mod event_name;
mod event_series;
mod folded_input;
mod idle;
mod origin;
mod side;

pub use count::Count;
pub(crate) use event_name::plain_event;
pub(crate) use event_series::EventSeries;
pub use folded_input::{FoldedSide, parse_folded};
pub use idle::leave_out_uneven_idle;
pub(crate) use idle::uneven_cpus;
pub use origin::SideOrigin;
pub(crate) use side::SliceRange;
pub use side::{CountedStack, LeftOut, Side};

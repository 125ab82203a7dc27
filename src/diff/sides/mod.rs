//! What is compared.

mod event_name;
mod folded_input;
mod idle;
mod side;

pub(crate) use event_name::plain_event;
pub use folded_input::{FoldedSide, parse_folded};
pub use idle::leave_out_uneven_idle;
pub(crate) use idle::uneven_cpus;
pub(crate) use side::EventSeries;
pub use side::{LeftOut, Origin, Side};

//! What is compared.

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
pub use side::{LeftOut, Side};

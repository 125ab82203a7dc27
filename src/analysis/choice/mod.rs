//! Which samples of a capture are meant.
//!
//! Input: a capture and a request. Output: a `Chosen`, the folded samples with what was asked of
//! folding; and what the capture has instead where no sample passes the filters.
//!
//! | file | what it does |
//! |---|---|
//! | `chosen` | the entry: from a request to folded samples |
//! | `event` | the event that was named, or else the one that tells most |
//! | `times` | ranges of time on the clock of the capture, and slices |
//! | `carried` | whether samples carry what a request tells them apart by |
//! | `present` | what there is of all that filters look at |

mod carried;
mod chosen;
mod event;
mod present;
mod times;

pub(super) use chosen::{Chosen, fold_any, fold_chosen, fold_in_slices};
pub(super) use event::preferred;
pub use event::{choose_event, event_names, is_flat, is_of_branches, why_not_stitched};
pub(super) use present::{advice, nothing_left};
pub(super) use times::{is_timed, resolve_times, resolve_within};

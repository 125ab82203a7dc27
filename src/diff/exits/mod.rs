//! VM exits of both sides, told apart by reason and by what they reach.
//!
//! In: the exits of a capture ([`RecordedExits`](crate::analysis::exits::RecordedExits)). Out: an
//! [`ExitSide`], and of two of them an [`ExitComparison`].
//!
//! | file | what it does |
//! |---|---|
//! | `subject` | a reason or a register, and how conditions call it |
//! | `ready` | how long vCPUs were ready and did not run |
//! | `exit_side` | the exits of one side, and what of them was measured |
//! | `exit_comparison` | what changed from one side to the other |
//!
//! Times are those that the guest was kept waiting: what it slept by itself is left out.

mod exit_comparison;
mod exit_side;
mod ready;
mod subject;

pub use exit_comparison::{ExitChange, ExitComparison};
pub use exit_side::{ExitFigures, ExitSide, exit_request};
pub use ready::{ReadyChange, ReadyFigures, ReadyOf};
pub use subject::{ExitSubject, SubjectKind};

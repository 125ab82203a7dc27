//! The thread in which something happened.

use crate::units::{Pid, Tid};

/// The thread in which something happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Task {
    /// Its process; `None` when the source does not say.
    pub pid: Option<Pid>,
    /// Its own id.
    pub tid: Tid,
}

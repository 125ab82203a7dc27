//! What exits reach, as the column `register` has it.

use crate::kvm::exit::{Access, Target};
use crate::report::exits::ExitLabels;

/// What was reached. Pages of memory are too many to be told apart.
pub(super) fn register_of(access: Access) -> String {
    if matches!(access.target, Target::Fault(_)) {
        "memory".to_owned()
    } else {
        ExitLabels::target(access.target)
    }
}

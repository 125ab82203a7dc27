//! Which kernel modules lay where.

use std::ops::Range;

use crate::units::Avma;

/// Where a kernel module lay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleRange {
    /// The module's name as the kernel spells it, without brackets: `kvm_intel`.
    pub name: Box<str>,
    /// The addresses it covered.
    pub range: Range<Avma>,
}

//! Sideband records as a part of the walk finds them.

use crate::perf::Sideband;
use crate::space::SidebandItem;
use crate::units::{FilePosition, RecordOrder};

/// A sideband record of which an earlier part of the walk may still tell the time.
#[derive(Debug)]
pub(super) struct RawSideband<'a> {
    /// `None` when neither it nor any earlier record of its part carries a time.
    pub(super) order: Option<RecordOrder>,
    pub(super) position: FilePosition,
    pub(super) sideband: Sideband<'a>,
}

impl<'a> RawSideband<'a> {
    /// The record; without a time it comes before all others.
    pub(super) fn into_item(self) -> SidebandItem<'a> {
        SidebandItem {
            order: self.order.unwrap_or_default(),
            position: self.position,
            sideband: self.sideband,
        }
    }
}

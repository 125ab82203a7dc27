//! What stacks are kept apart by, and time cut into slices.

use crate::units::{Cpu, RecordOrder};

/// What stacks are kept apart by beyond thread and chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Split {
    /// Nothing.
    #[default]
    Nothing,
    /// The host CPU.
    Cpu,
    /// The cgroup's id.
    Cgroup,
}

impl Split {
    /// What a sample's stacks are kept apart by.
    #[inline]
    pub(super) fn value(self, cpu: Option<Cpu>) -> u64 {
        match self {
            // The cgroup is behind the call chain: it is read with what else is needed there.
            Self::Nothing | Self::Cgroup => 0,
            Self::Cpu => cpu.map_or(u64::MAX, |cpu| u64::from(cpu.0)),
        }
    }
}

/// Time cut into slices of equal length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slicing {
    /// Where the first slice begins.
    pub origin: RecordOrder,
    /// Length of a slice in nanoseconds (in bytes of the file for samples without times); not 0.
    pub len: u64,
    /// Number of slices; what comes later belongs to the last one.
    pub slices: u32,
}

impl Slicing {
    /// The slice that a record lies in.
    #[inline]
    pub(super) fn slice_of(&self, order: RecordOrder) -> u32 {
        let since = order.since(self.origin);
        let slice = u32::try_from(since / self.len.max(1)).unwrap_or(u32::MAX);
        slice.min(self.slices.saturating_sub(1))
    }

    /// Where a slice begins; everything earlier belongs to the first one.
    fn begin_of(&self, slice: u32) -> RecordOrder {
        let since = self.len.max(1).saturating_mul(u64::from(slice));
        self.origin.plus(since)
    }
}

/// Remembers the slice of the last sample: samples mostly follow each other in time, and a division
/// for each would take longer than all else about slices.
#[derive(Debug, Default)]
pub(super) struct SliceCursor {
    /// Where it begins.
    begin: RecordOrder,
    /// Where the next one begins.
    end: RecordOrder,
    slice: u32,
}

impl SliceCursor {
    /// [`Slicing::slice_of`], of the same slicing at every call.
    #[inline]
    pub(super) fn slice_of(&mut self, slicing: &Slicing, order: RecordOrder) -> u32 {
        if !(self.begin..self.end).contains(&order) {
            let slice = slicing.slice_of(order);
            let is_last = slice.saturating_add(1) >= slicing.slices;
            *self = Self {
                begin: if slice == 0 {
                    RecordOrder::default()
                } else {
                    slicing.begin_of(slice)
                },
                end: if is_last {
                    RecordOrder::END
                } else {
                    slicing.begin_of(slice + 1)
                },
                slice,
            };
        }
        self.slice
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// By definition a slice is the quotient of the time since the origin, held to the ends.
        #[test]
        fn the_cursor_tells_what_the_division_tells(
            origin in prop_oneof![0..1000_u64, any::<u64>()],
            len in prop_oneof![0..50_u64, any::<u64>()],
            slices in prop_oneof![0..40_u32, any::<u32>()],
            times in prop::collection::vec(prop_oneof![0..3000_u64, any::<u64>()], 1..50),
        ) {
            let slicing = Slicing { origin: RecordOrder::default().plus(origin), len, slices };
            let mut cursor = SliceCursor::default();
            for time in times {
                let quotient = u128::from(time.saturating_sub(origin)) / u128::from(len.max(1));
                let expected = quotient.min(u128::from(slices.max(1) - 1));
                let told = cursor.slice_of(&slicing, RecordOrder::default().plus(time));
                prop_assert_eq!(u128::from(told), expected);
            }
        }
    }
}

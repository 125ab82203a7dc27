//! Samples one by one, beside the stacks that they share.

use crate::units::{Cpu, RecordOrder};

/// Stands for the CPU of a sample that does not tell it.
const NO_CPU: u32 = u32::MAX;

/// A folded sample, in 24 bytes: there are as many of them as samples, and only where they are asked
/// for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct KeptSample {
    /// Where it stands.
    pub(crate) order: RecordOrder,
    /// What it stands for, in occurrences of its event.
    pub(crate) period: u64,
    cpu: u32,
    /// The position of its stack among the unique stacks.
    pub(crate) stack: u32,
}

impl KeptSample {
    pub(super) fn new(order: RecordOrder, period: u64, cpu: Option<Cpu>, stack: u32) -> Self {
        Self {
            order,
            period,
            cpu: cpu.map_or(NO_CPU, |cpu| cpu.0),
            stack,
        }
    }

    /// The host CPU; `None` where samples do not tell it.
    pub(crate) fn cpu(&self) -> Option<Cpu> {
        Some(Cpu(self.cpu)).filter(|cpu| cpu.0 != NO_CPU)
    }
}

/// Samples in no particular order; `None` where none are to be kept.
pub(super) type KeptSamples = Option<Vec<KeptSample>>;

/// Follows stacks that moved: `places` holds the new position of each; those of stacks that are gone
/// are dropped.
pub(super) fn follow(samples: &mut KeptSamples, places: &[Option<u32>]) {
    let Some(samples) = samples else {
        return;
    };
    samples.retain_mut(|sample| {
        let place = places.get(sample.stack as usize).copied().flatten();
        if let Some(place) = place {
            sample.stack = place;
        }
        place.is_some()
    });
}

//! What naming needs to know of what is wanted, and of how it was recorded.

use super::grouping::Grouping;
use super::weight::WeightKind;
use crate::fold::Split;
use crate::locate::FrameScope;
use crate::perf::Capture;
use crate::perf::abi::PERF_SAMPLE_CALLCHAIN;
use crate::units::EventIx;

/// How settled stacks are to be named and merged.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameRequest {
    /// Which frames are shown.
    pub(super) scope: FrameScope,
    /// The frames above the call chain.
    pub(super) grouping: Grouping,
    /// What folding kept apart.
    pub(super) split: Split,
    /// What a sample weighs: never [`WeightKind::ByEvent`].
    pub(super) weight: WeightKind,
    /// How the stacks were recorded.
    pub(super) recording: StackRecording,
    /// Worker threads.
    pub(super) threads: usize,
}

impl NameRequest {
    /// Whether stacks are kept apart by something that has a frame.
    pub(super) const fn is_split_by_frame(&self) -> bool {
        match self.split {
            Split::Cpu | Split::Cgroup => true,
            Split::Nothing | Split::Slice(_) => false,
        }
    }
}

/// How an event's stacks were recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct StackRecording {
    /// How many addresses the recorder kept of a stack at most.
    pub(super) max_stack: usize,
    /// Whether samples have call chains, so that an empty one says something.
    pub(super) has_chains: bool,
}

impl StackRecording {
    /// How the stacks of an event of the capture were recorded.
    pub(super) fn of(capture: &Capture, event: EventIx) -> Self {
        let attr = capture.events().get(event).map(|event| &event.attr);
        Self {
            max_stack: match attr.map_or(0, |attr| attr.max_stack) {
                // The default of `kernel.perf_event_max_stack`.
                0 => 127,
                stated => stated.into(),
            },
            has_chains: attr.is_some_and(|attr| attr.samples(PERF_SAMPLE_CALLCHAIN)),
        }
    }
}

/// Which stacks stay, by what is known of them only when they have names and tags.
#[derive(Clone, Copy, Debug)]
pub(super) struct StackFilter<'r> {
    /// Thread names; empty for all.
    pub(super) comms: &'r [String],
    /// Paths of cgroups; empty for all.
    pub(super) cgroups: &'r [String],
    /// Whether idle stacks are left out.
    pub(super) no_idle: bool,
}

//! What naming needs to know of what is wanted, and of how it was recorded.

use super::grouping::Grouping;
use crate::fold::{Split, WeightKind};
use crate::perf::Capture;
use crate::perf::abi::PERF_SAMPLE_CALLCHAIN;
use crate::symbol::Spelling;
use crate::units::{CpuMode, EventIx};

/// Which frames of a stack are shown. Samples that have none of them are filtered out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FrameScope {
    /// All.
    #[default]
    All,
    /// Host kernel frames.
    Kernel,
    /// Host user frames.
    User,
}

impl FrameScope {
    pub(super) fn shows(self, mode: CpuMode) -> bool {
        match self {
            Self::All => true,
            Self::Kernel => mode == CpuMode::Kernel,
            Self::User => mode == CpuMode::User,
        }
    }
}

/// What frames show of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FrameDetail {
    /// Whether C++ and Rust names stay mangled.
    pub raw_names: bool,
    /// Whether the arguments of templates, the folders of paths and the like are left out.
    pub short_names: bool,
    /// Whether functions have frames of their own that are inlined, where debug information tells.
    pub inlined: bool,
    /// Whether frames show source lines, where debug information tells.
    pub lines: bool,
}

impl FrameDetail {
    /// Whether debug information is asked for anything.
    pub(super) const fn wants_code(self) -> bool {
        self.inlined || self.lines
    }

    /// What decides between several names of an address.
    pub(super) const fn spelling(self) -> Spelling {
        if self.raw_names {
            Spelling::Mangled
        } else {
            Spelling::Readable
        }
    }
}

/// How settled stacks are to be named and merged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameRequest {
    /// Which frames will be shown: the names of others are not missed.
    pub(crate) scope: FrameScope,
    /// The frames above the call chain.
    pub(crate) grouping: Grouping,
    /// What folding kept apart.
    pub(crate) split: Split,
    /// What a sample weighs: never [`WeightKind::ByEvent`].
    pub(crate) weight: WeightKind,
    /// How the stacks were recorded.
    pub(crate) recording: StackRecording,
    /// Whether it is told which named stack each settled one has become.
    pub(crate) keeps_places: bool,
    /// Worker threads.
    pub(crate) threads: usize,
}

impl NameRequest {
    /// Whether stacks are kept apart by something that has a frame.
    pub(crate) const fn is_split_by_frame(&self) -> bool {
        match self.split {
            Split::Cpu | Split::Cgroup => true,
            Split::Nothing => false,
        }
    }
}

/// How an event's stacks were recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackRecording {
    /// How many addresses the recorder kept of a stack at most.
    pub(crate) max_stack: usize,
    /// Whether samples have call chains, so that an empty one says something.
    pub(crate) has_chains: bool,
}

impl StackRecording {
    /// How the stacks of an event of the capture were recorded.
    pub(crate) fn of(capture: &Capture, event: EventIx) -> Self {
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
pub(crate) struct StackFilter<'r> {
    /// Thread names; empty for all.
    pub(crate) comms: &'r [String],
    /// Paths of cgroups; empty for all.
    pub(crate) cgroups: &'r [String],
    /// Whether idle stacks are left out.
    pub(crate) no_idle: bool,
}

//! What samples weigh.

use super::census::Census;
use crate::perf::{Attr, Capture};
use crate::units::EventIx;

/// What a sample weighs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WeightKind {
    /// One; of an event that was counted and not sampled, its occurrences: its samples are those of
    /// another event, and their number says nothing of it.
    #[default]
    ByEvent,
    /// One.
    Samples,
    /// Its period: the occurrences of the event that it stands for.
    Period,
}

impl WeightKind {
    /// What is meant for an event: one of the other two.
    pub(crate) fn of_event(self, capture: &Capture, event: EventIx) -> Self {
        match self {
            Self::ByEvent if is_counted(capture, event) => Self::Period,
            Self::ByEvent | Self::Samples => Self::Samples,
            Self::Period => Self::Period,
        }
    }
}

/// Whether an event has no samples of its own, but was counted with its group.
fn is_counted(capture: &Capture, event: EventIx) -> bool {
    let attr = capture.events().get(event).map(|event| &event.attr);
    attr.is_some_and(Attr::is_counted_with_group)
}

/// All occurrences of an event that was counted with its group and not sampled; `None` for others.
pub(crate) fn occurrences(capture: &Capture, census: &Census, event: EventIx) -> Option<u64> {
    is_counted(capture, event)
        .then(|| census.occurrences_of(event))
        .flatten()
}

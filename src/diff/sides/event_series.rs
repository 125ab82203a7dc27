//! Events that were counted beside the stacks.

use crate::perf::Capture;

/// Samples of an event that were counted beside the stacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSeries {
    /// The event's name.
    pub name: String,
    /// Whether its occurrences are listed: kernel tracepoints, and events that were counted with
    /// their group.
    pub is_listed: bool,
    /// Whether it has samples, or their number is known from the group that it was counted with.
    pub is_sampled: bool,
    /// How many occurrences each sample stands for; `None` for events that are sampled at a
    /// frequency, whose samples do not tell.
    pub period: Option<u64>,
    /// Samples by slice of time, or occurrences where they are counted with a group.
    pub slices: Vec<u64>,
}

impl EventSeries {
    /// Number of all slices together.
    pub fn total(&self) -> u64 {
        self.slices.iter().sum()
    }

    /// The events of a capture, from counts by event and slice.
    pub fn of_capture(capture: &Capture, slices: &[Vec<u64>]) -> Vec<Self> {
        let events = capture.events().iter().zip(slices);
        events
            // Of an event without slices nothing was measured.
            .filter(|((_, event), slices)| !event.attr.is_dummy() && !slices.is_empty())
            .map(|((_, event), slices)| Self {
                name: event.name.clone(),
                is_listed: event.attr.is_tracepoint() || event.attr.is_counted_with_group(),
                is_sampled: event.attr.frequency_or_period > 0
                    || event.attr.is_counted_with_group(),
                period: match event.attr.frequency() {
                    _ if event.attr.is_counted_with_group() => Some(1),
                    Some(_) => None,
                    None => Some(event.attr.frequency_or_period).filter(|&period| period > 0),
                },
                slices: slices.clone(),
            })
            .collect()
    }
}

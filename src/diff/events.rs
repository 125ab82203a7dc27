//! Rates of tracepoints and of counted events on both sides.

use super::side::{EventSeries, Side};
use super::significance::{Divisor, Level, Measure, Question, least_probability, test};

/// The rate of an event on both sides.
#[derive(Clone, PartialEq, Debug)]
pub struct EventChange {
    /// The event's name.
    pub name: String,
    /// Occurrences before and after.
    pub counts: [u64; 2],
    /// Occurrences per second before and after; `None` without times.
    pub rates: Option<[f64; 2]>,
    /// Half of the width of the confidence interval of the change of the rate (of the count
    /// without times).
    pub half_width: f64,
    /// Probability of a change of at least this size where there is none.
    pub probability: f64,
    /// The smallest probability that as many occurrences could give.
    least: f64,
    /// Whether the change is significant among tags and events.
    pub is_significant: bool,
}

impl EventChange {
    pub(super) fn question(&self) -> Question {
        Question {
            probability: self.probability,
            least: self.least,
        }
    }

    /// What is compared: rates, or counts without times.
    pub fn values(&self) -> [f64; 2] {
        self.rates.unwrap_or(self.counts.map(|count| count as f64))
    }
}

/// Compares the tracepoints and counted events that either side has samples of, in the order of their names.
pub(super) fn event_changes(sides: [&Side; 2], level: &Level) -> Vec<EventChange> {
    let all = sides.iter().flat_map(|side| &side.events);
    let used = all.filter(|event| event.is_counted && event.total() > 0);
    let mut names: Vec<&str> = used.map(|event| event.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    // An event that one side did not record tells nothing about it.
    names.retain(|name| sides.iter().all(|side| side.event(name).is_some()));
    names
        .into_iter()
        .map(|name| event_change(sides, name, level))
        .collect()
}

fn event_change(sides: [&Side; 2], name: &str, level: &Level) -> EventChange {
    let series = sides.map(|side| side.event(name));
    let counts = series.map(|event| event.map_or(0, EventSeries::total));
    let seconds = [sides[0].origin.seconds, sides[1].origin.seconds];
    let rates = match seconds {
        [Some(before), Some(after)] if before > 0.0 && after > 0.0 => {
            Some([counts[0] as f64 / before, counts[1] as f64 / after])
        }
        _ => None,
    };
    let sliced = series.map(|event| {
        let slices = event.map_or(&[][..], |event| &event.slices[..]);
        slices.iter().map(|&count| count as f64).collect::<Vec<_>>()
    });
    let bases = [0, 1].map(|side: usize| match rates {
        Some(_) => seconds[side].unwrap_or(1.0),
        None => 1.0,
    });
    let base_slices = [0, 1].map(|side: usize| {
        let slices = sliced[side].len();
        vec![bases[side] / slices.max(1) as f64; slices]
    });
    let measure = |side: usize| Measure {
        samples: counts[side],
        divisor: Divisor::Exact(bases[side]),
        weight: counts[side] as f64,
        base: bases[side],
        slices: (&sliced[side], &base_slices[side]),
    };
    let (before, after) = (measure(0), measure(1));
    let finding = test(&before, &after, level);
    EventChange {
        name: name.to_owned(),
        counts,
        rates,
        half_width: finding.half_width,
        probability: finding.probability,
        least: least_probability(&before, &after),
        is_significant: false,
    }
}

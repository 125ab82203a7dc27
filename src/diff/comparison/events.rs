//! Rates of events on both sides.

use crate::before_after::Sides;
use crate::diff::model::{
    ConfidenceLevel, Divisor, Question, SideQuantity, SliceValues, least_probability, test,
};
use crate::diff::sides::{EventSeries, Side, plain_event};

/// The rate of an event on both sides.
#[derive(Clone, PartialEq, Debug)]
pub struct EventChange {
    /// The event's name, as the after side has it.
    pub name: String,
    /// Occurrences before and after: samples, each times what it stands for.
    pub counts: Sides<u64>,
    /// Occurrences per second before and after; `None` without times.
    pub rates: Option<Sides<f64>>,
    /// Half of the width of the confidence interval of the change of the rate (of the count
    /// without times).
    pub half_width: f64,
    /// Probability of a change of at least this size where there is none.
    pub probability: f64,
    /// The smallest probability that as many occurrences could give.
    least: f64,
    /// Whether the change is significant among tags and events.
    pub is_significant: bool,
    /// What the before side calls it.
    pub(crate) former: String,
    /// Whether samples tell the occurrences; see [`EventSeries::period`].
    pub(crate) is_counted: bool,
    /// Whether it has samples of its own.
    pub(crate) is_sampled: bool,
    is_listed: bool,
}

impl EventChange {
    pub(crate) fn question(&self) -> Question {
        Question {
            probability: self.probability,
            least: self.least,
        }
    }

    /// Whether either side has any.
    pub(crate) fn occurs(&self) -> bool {
        self.counts != Sides::default()
    }

    /// What is compared: rates, or counts without times.
    pub fn values(&self) -> Sides<f64> {
        self.rates.unwrap_or(self.counts.map(|count| count as f64))
    }
}

/// The events of both sides that are the same: those of one name first, then of what is left over
/// those whose names differ in settings only, one to one. An event that one side did not record tells
/// nothing about it. In the order of the after side's names.
fn pairs(sides: Sides<&Side>) -> Vec<Sides<&EventSeries>> {
    let mut left: Vec<&EventSeries> = sides.before.events.iter().collect();
    let mut take = |is_same: &dyn Fn(&EventSeries) -> bool| {
        let at = left.iter().position(|event| is_same(event))?;
        Some(left.remove(at))
    };
    let after = &sides.after.events;
    let mut partners: Vec<Option<&EventSeries>> = after
        .iter()
        .map(|event| take(&|before| before.name == event.name))
        .collect();
    for (event, partner) in after.iter().zip(&mut partners) {
        if partner.is_none() {
            let name = plain_event(&event.name);
            *partner = take(&|before| plain_event(&before.name) == name);
        }
    }
    let mut pairs: Vec<Sides<&EventSeries>> = partners
        .into_iter()
        .zip(after)
        .filter_map(|(before, after)| before.map(|before| Sides { before, after }))
        .collect();
    pairs.sort_by(|a, b| a.after.name.cmp(&b.after.name));
    pairs
}

/// Events that both sides recorded.
#[derive(Debug, Default)]
pub(crate) struct EventChanges {
    /// Tracepoints that either side has samples of, and whose samples tell the occurrences.
    pub(crate) shown: Vec<EventChange>,
    /// All others, of which conditions may ask.
    pub(crate) others: Vec<EventChange>,
}

/// Compares the events that both sides recorded, in the order of their names.
pub(crate) fn event_changes(sides: Sides<&Side>, level: &ConfidenceLevel) -> EventChanges {
    let changes = pairs(sides)
        .into_iter()
        .map(|pair| event_change(sides, pair, level));
    let (shown, others) =
        changes.partition(|change| change.is_listed && change.is_counted && change.occurs());
    EventChanges { shown, others }
}

fn event_change(
    sides: Sides<&Side>,
    series: Sides<&EventSeries>,
    level: &ConfidenceLevel,
) -> EventChange {
    let samples = series.map(EventSeries::total);
    let periods = series.map(|event| event.period.unwrap_or(1));
    let counts = samples
        .zip(periods)
        .map(|(samples, period)| samples.saturating_mul(period));
    let seconds = sides.map(|side| side.origin.seconds.filter(|&seconds| seconds > 0.0));
    let seconds = seconds.both();
    let per_second = |(count, seconds): (u64, f64)| count as f64 / seconds;
    let rates = seconds.map(|seconds| counts.zip(seconds).map(per_second));
    let sliced = series.map(|event| {
        let slices = event.slices.iter();
        slices.map(|&count| count as f64).collect::<Vec<_>>()
    });
    // Samples over this are occurrences a second: a sample that stands for several came in a part
    // of the time.
    let bases = Sides::from_fn(|role| {
        let whole = seconds.map_or(1.0, |seconds| seconds[role]);
        whole / periods[role] as f64
    });
    let base_slices = Sides::from_fn(|role| {
        let slices = sliced[role].len();
        vec![bases[role] / slices.max(1) as f64; slices]
    });
    let measured = Sides::from_fn(|role| SideQuantity {
        samples: samples[role],
        divisor: Divisor::Exact(bases[role]),
        weight: samples[role] as f64,
        base: bases[role],
        slices: SliceValues {
            weights: &sliced[role],
            bases: &base_slices[role],
        },
    });
    let outcome = test(measured.each_ref(), level);
    EventChange {
        name: series.after.name.clone(),
        counts,
        rates,
        half_width: outcome.half_width,
        probability: outcome.probability,
        least: least_probability(measured.each_ref()),
        is_significant: false,
        former: series.before.name.clone(),
        is_sampled: series.into_iter().all(|event| event.is_sampled),
        is_counted: series.into_iter().all(|event| event.period.is_some()),
        is_listed: series.into_iter().all(|event| event.is_listed),
    }
}

/// Which tracepoints are not shown though they have samples, and why.
pub(crate) fn uncounted(events: &EventChanges) -> Option<String> {
    let others = events.others.iter();
    let uncounted = others.filter(|event| event.is_listed && event.occurs());
    let names: Vec<&str> = uncounted.map(|event| &*event.name).collect();
    (!names.is_empty()).then(|| {
        format!(
            "sampled at a frequency, so that nothing tells how often they occurred: {}",
            names.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The one of the same name is taken first, and each once.
    #[test]
    fn events_are_matched_one_to_one() {
        let side = |names: &[&str]| Side {
            events: names
                .iter()
                .map(|&name| EventSeries {
                    name: name.to_owned(),
                    is_listed: true,
                    is_sampled: true,
                    period: Some(1),
                    slices: vec![],
                })
                .collect(),
            ..Side::default()
        };
        let (before, after) = (
            side(&["k:a:H", "k:a", "k:b"]),
            side(&["k:a:G", "k:a", "k:c"]),
        );
        let found = pairs(Sides {
            before: &before,
            after: &after,
        });
        let names: Vec<_> = found
            .iter()
            .map(|pair| pair.map(|event| &*event.name).into_array())
            .collect();
        assert_eq!(names, [["k:a", "k:a"], ["k:a:H", "k:a:G"]]);
    }
}

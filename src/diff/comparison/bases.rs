//! What both sides are divided by, so that they can be compared.

use super::normalise::{Normalise, Unit};
use crate::diff::matching::Union;
use crate::diff::model::{Divisor, SLICES};
use crate::diff::sides::{EventSeries, Side};
use crate::error::{Error, NotComparable, Problem, Result};
use crate::stack::Tag;

/// What one side is divided by.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) divisor: Divisor,
    /// In weights, as is what is divided by it.
    pub(crate) total: f64,
    /// Units of weight that make 1; a sample of folded text is a weight of 1.
    pub(crate) units: f64,
    /// By slice of time; empty when not known.
    pub(crate) slices: Vec<f64>,
}

/// What both sides are divided by.
#[derive(Clone, Debug)]
pub(crate) struct Bases {
    pub(crate) sides: [Base; 2],
    /// What a ratio is multiplied with to be shown.
    pub(crate) factor: f64,
    pub(crate) unit: Unit,
}

impl Bases {
    /// Works out what to divide by.
    ///
    /// # Errors
    /// When a side does not tell it, or both cannot be compared that way.
    pub(crate) fn new(sides: [&Side; 2], union: &Union, how: &Normalise) -> Result<Self> {
        let all = |_tag: Tag| true;
        match how {
            Normalise::Share => Ok(Self {
                sides: [0, 1].map(|side| counted(sides[side], union, side, &all, Divisor::Part)),
                factor: 100.0,
                unit: Unit::Percent,
            }),
            Normalise::CpuTime => {
                needs_tags(sides, "cpu-time")?;
                let busy = |tag: Tag| tag != Tag::Idle;
                let bases =
                    [0, 1].map(|side| counted(sides[side], union, side, &busy, Divisor::Part));
                Self::of_counted(bases, Unit::PercentOfBusy, "is idle throughout")
            }
            Normalise::Guest => {
                needs_tags(sides, "guest")?;
                let guest = |tag: Tag| tag == Tag::Guest;
                let bases =
                    [0, 1].map(|side| counted(sides[side], union, side, &guest, Divisor::Beside));
                Self::of_counted(bases, Unit::PercentOfGuest, "has no samples of guest code")
            }
            Normalise::Wall => Self::by_time(sides),
            Normalise::Event(name) => Self::by_event(sides, name),
            Normalise::None => {
                same_sampling(sides)?;
                let one = |side: &Side| Base {
                    units: side.origin.units_per_weight(),
                    ..exact(1.0, side.slices)
                };
                // Periods of clocks are nanoseconds.
                let is_time =
                    |side: &Side| side.origin.is_period && side.origin.nanos_per_weight.is_some();
                let are_times = sides.into_iter().all(is_time);
                Ok(Self {
                    sides: sides.map(one),
                    factor: if are_times { 1e-9 } else { 1.0 },
                    unit: if are_times {
                        Unit::Seconds
                    } else {
                        Unit::Plain
                    },
                })
            }
        }
    }

    fn of_counted(sides: [Base; 2], unit: Unit, lacks: &'static str) -> Result<Self> {
        for (base, side) in sides.iter().zip(["before", "after"]) {
            if base.total <= 0.0 {
                return Err(NotComparable::NothingToDivideBy { side, lacks }.into());
            }
        }
        Ok(Self {
            sides,
            factor: 100.0,
            unit,
        })
    }

    fn by_time(sides: [&Side; 2]) -> Result<Self> {
        let mut bases = Vec::new();
        let clocks = sides.map(|side| side.origin.nanos_per_weight);
        if clocks.iter().any(Option::is_none) {
            same_sampling(sides)?;
        }
        for (side, name) in sides.into_iter().zip(["before", "after"]) {
            let Some(seconds) = side.origin.seconds else {
                let (side, is_text) = (name, side.is_text());
                return Err(NotComparable::NoTimes { side, is_text }.into());
            };
            let size = match (clocks[0].and(clocks[1]), side.origin.nanos_per_weight) {
                (Some(_), Some(nanos)) => seconds * 1e9 / nanos,
                _ => seconds,
            };
            bases.push(exact(size, side.slices));
        }
        let is_clock = clocks[0].and(clocks[1]).is_some();
        pair(
            bases,
            if is_clock { 100.0 } else { 1.0 },
            if is_clock {
                Unit::PercentOfCpu
            } else {
                Unit::PerSecond
            },
        )
    }

    fn by_event(sides: [&Side; 2], name: &str) -> Result<Self> {
        let clocks = sides.map(|side| side.origin.nanos_per_weight);
        let clock = clocks[0].and(clocks[1]);
        if clock.is_none() {
            same_sampling(sides)?;
        }
        let mut bases = Vec::new();
        let periods = sides.map(|side| side.event(name).and_then(|event| event.period));
        let is_alike = clocks[0] == clocks[1] && periods[0] == periods[1];
        for (side, which) in sides.into_iter().zip(["before", "after"]) {
            let event = side.event(name).filter(|event| event.total() > 0);
            let Some(event) = event else {
                let known = side.events.iter().map(|event| event.name.clone());
                return Err(NotComparable::NoSamplesOf {
                    event: name.to_owned(),
                    side: which,
                    is_text: side.is_text(),
                    known: known.collect(),
                }
                .into());
            };
            let Some(period) = event.period else {
                let (side, event) = (which, name.to_owned());
                return Err(NotComparable::Frequency { side, event }.into());
            };
            bases.push(event_base(side, event, period, is_alike));
        }
        pair(
            bases,
            if clock.is_some() { 1e-3 } else { 1000.0 },
            if clock.is_some() {
                Unit::MicrosPerEvent
            } else {
                Unit::PerThousandEvents
            },
        )
    }
}

fn pair(bases: Vec<Base>, factor: f64, unit: Unit) -> Result<Bases> {
    let sides: [Base; 2] = bases
        .try_into()
        .map_err(|_| Error::from(Problem::Arguments("a diff has two sides".to_owned())))?;
    Ok(Bases {
        sides,
        factor,
        unit,
    })
}

/// An event's occurrences, in units of a sample's time: samples of different length are then
/// comparable.
fn event_base(side: &Side, event: &EventSeries, period: u64, is_alike: bool) -> Base {
    let nanos = side.origin.nanos_per_weight;
    let per_sample = period as f64 * nanos.map_or(1.0, |nanos| 1.0 / nanos);
    let total = event.total() as f64 * per_sample;
    Base {
        divisor: if is_alike {
            Divisor::Beside(event.total())
        } else {
            Divisor::Exact(total)
        },
        total,
        units: 1.0,
        slices: event
            .slices
            .iter()
            .map(|&count| count as f64 * per_sample)
            .collect(),
    }
}

/// A number that is known exactly, spread evenly over the slices.
fn exact(size: f64, slices: usize) -> Base {
    Base {
        divisor: Divisor::Exact(size),
        total: size,
        units: 1.0,
        slices: vec![size / f64::from(SLICES); slices],
    }
}

/// The samples of the side whose tag is wanted.
fn counted(
    side: &Side,
    union: &Union,
    at: usize,
    wants: &dyn Fn(Tag) -> bool,
    divisor: fn(u64) -> Divisor,
) -> Base {
    let mut slices = vec![0.0; side.slices];
    let (mut samples, mut total) = (0_u64, 0.0);
    for place in union.places[at].iter().filter(|place| wants(place.tag)) {
        samples += place.count.samples;
        total += place.count.weight as f64;
        if let Some(slice) = slices.get_mut(place.slice as usize) {
            *slice += place.count.weight as f64;
        }
    }
    let units = side.origin.units_per_weight();
    Base {
        divisor: divisor(whole_samples(samples, units)),
        total: total / units,
        units,
        slices,
    }
}

/// Samples that so many stand for, where a sample is so many `units` of a weight with decimals.
pub(crate) fn whole_samples(samples: u64, units: f64) -> u64 {
    if units <= 1.0 {
        return samples;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and a tenth of the largest integer"
    )]
    let whole = (samples as f64 / units).round() as u64;
    whole
}

fn needs_tags(sides: [&Side; 2], normalise: &'static str) -> Result<()> {
    if sides.iter().all(|side| side.is_tagged) {
        return Ok(());
    }
    Err(NotComparable::NoTags { normalise }.into())
}

/// Refuses sides whose samples do not stand for the same.
fn same_sampling(sides: [&Side; 2]) -> Result<()> {
    let [before, after] = sides.map(|side| &side.origin);
    let same_clock = before.nanos_per_weight == after.nanos_per_weight
        || matches!((before.nanos_per_weight, after.nanos_per_weight), (Some(a), Some(b))
            if (a - b).abs() < 0.02 * a.max(b));
    if before.is_period || (same_clock && before.frequency == after.frequency) {
        return Ok(());
    }
    let words = |side: &Side| {
        let unknown = if side.is_text() {
            "folded text"
        } else {
            "unknown"
        };
        side.origin.sampling().unwrap_or_else(|| unknown.to_owned())
    };
    let [before, after] = sides.map(words);
    Err(NotComparable::DifferentSampling { before, after }.into())
}

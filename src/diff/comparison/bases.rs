//! What both sides are divided by, so that they can be compared.

use super::normalise::{Normalise, Unit};
use crate::analysis::SliceWeight;
use crate::before_after::{SideRole, Sides};
use crate::diff::matching::{Union, UnitedSide};
use crate::diff::model::{Divisor, SLICES};
use crate::diff::sides::{EventSeries, Side};
use crate::error::{Error, NotComparable, Result};
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
    pub(crate) sides: Sides<Base>,
    /// What a ratio is multiplied with to be shown.
    pub(crate) factor: f64,
    pub(crate) unit: Unit,
}

impl Bases {
    /// Works out what to divide by.
    ///
    /// # Errors
    /// When a side does not tell it, or both cannot be compared that way.
    pub(crate) fn new(sides: Sides<&Side>, union: &Union, how: &Normalise) -> Result<Self> {
        let all = |_tag: Tag| true;
        match how {
            Normalise::Share => Ok(Self {
                sides: counted(sides, union, &all, Divisor::Part),
                factor: 100.0,
                unit: Unit::Percent,
            }),
            Normalise::CpuTime => {
                needs_tags(sides, "cpu-time")?;
                let busy = |tag: Tag| tag != Tag::Idle;
                let bases = counted(sides, union, &busy, Divisor::Part);
                Self::of_counted(bases, Unit::PercentOfBusy, "is idle throughout")
            }
            Normalise::Guest => {
                needs_tags(sides, "guest")?;
                let guest = |tag: Tag| tag == Tag::Guest;
                let bases = counted(sides, union, &guest, Divisor::Beside);
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

    fn of_counted(sides: Sides<Base>, unit: Unit, lacks: &'static str) -> Result<Self> {
        for (role, base) in sides.each_ref().with_roles() {
            if base.total <= 0.0 {
                let side = role.as_str();
                return Err(NotComparable::NothingToDivideBy { side, lacks }.into());
            }
        }
        Ok(Self {
            sides,
            factor: 100.0,
            unit,
        })
    }

    fn by_time(sides: Sides<&Side>) -> Result<Self> {
        let clocks = sides.map(|side| side.origin.nanos_per_weight).both();
        if clocks.is_none() {
            same_sampling(sides)?;
        }
        let bases = Sides::from_fn(|role| -> Result<Base> {
            let side = sides[role];
            let Some(seconds) = side.origin.seconds else {
                let (side, is_text) = (role.as_str(), side.is_text());
                return Err(NotComparable::NoTimes { side, is_text }.into());
            };
            let size = match clocks {
                Some(nanos) => seconds * 1e9 / nanos[role],
                None => seconds,
            };
            Ok(exact(size, side.slices))
        });
        let is_clock = clocks.is_some();
        Ok(Self {
            sides: bases.all_ok()?,
            factor: if is_clock { 100.0 } else { 1.0 },
            unit: if is_clock {
                Unit::PercentOfCpu
            } else {
                Unit::PerSecond
            },
        })
    }

    fn by_event(sides: Sides<&Side>, name: &str) -> Result<Self> {
        let clocks = sides.map(|side| side.origin.nanos_per_weight);
        let is_clock = clocks.both().is_some();
        if !is_clock {
            same_sampling(sides)?;
        }
        let periods = sides.map(|side| side.event(name).and_then(|event| event.period));
        let is_alike = clocks.before == clocks.after && periods.before == periods.after;
        let bases = Sides::from_fn(|role| -> Result<Base> {
            let (side, which) = (sides[role], role.as_str());
            let event = side.event(name).filter(|event| event.total() > 0);
            let event = event.ok_or_else(|| lacks_event(side, role, name))?;
            let Some(period) = event.period else {
                let (side, event) = (which, name.to_owned());
                return Err(NotComparable::Frequency { side, event }.into());
            };
            Ok(event_base(side, event, period, is_alike))
        });
        Ok(Self {
            sides: bases.all_ok()?,
            factor: if is_clock { 1e-3 } else { 1000.0 },
            unit: if is_clock {
                Unit::MicrosPerEvent
            } else {
                Unit::PerThousandEvents
            },
        })
    }
}

/// The error of a side that has no samples of the event to divide by.
fn lacks_event(side: &Side, role: SideRole, name: &str) -> Error {
    let known = side.events.iter().map(|event| event.name.clone());
    NotComparable::NoSamplesOf {
        event: name.to_owned(),
        side: role.as_str(),
        is_text: side.is_text(),
        known: known.collect(),
    }
    .into()
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

/// The samples of both sides whose tag is wanted.
fn counted(
    sides: Sides<&Side>,
    union: &Union,
    wants: &dyn Fn(Tag) -> bool,
    divisor: fn(u64) -> Divisor,
) -> Sides<Base> {
    Sides::from_fn(|role| counted_side(sides[role], &union.side(role), wants, divisor))
}

fn counted_side(
    side: &Side,
    stacks: &UnitedSide<'_>,
    wants: &dyn Fn(Tag) -> bool,
    divisor: fn(u64) -> Divisor,
) -> Base {
    let mut slices = vec![0.0; side.slices];
    let (mut samples, mut total) = (0_u64, 0.0);
    for stack in stacks.list.iter().filter(|stack| wants(stack.tag)) {
        samples += stack.count.samples;
        total += stack.count.weight as f64;
        SliceWeight::add_all(stacks.weights_of(stack), &mut slices);
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

fn needs_tags(sides: Sides<&Side>, normalise: &'static str) -> Result<()> {
    if sides.iter().all(|side| side.is_tagged) {
        return Ok(());
    }
    Err(NotComparable::NoTags { normalise }.into())
}

/// Refuses sides whose samples do not stand for the same.
fn same_sampling(sides: Sides<&Side>) -> Result<()> {
    let Sides { before, after } = sides.map(|side| &side.origin);
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
    let Sides { before, after } = sides.map(words);
    Err(NotComparable::DifferentSampling { before, after }.into())
}

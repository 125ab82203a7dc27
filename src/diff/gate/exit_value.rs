//! Conditions on exits: `exit-reason:IO_INSTRUCTION/s > +10%`, `exit-p99:EPT_VIOLATION > +20%`.

use super::compared_values::ComparedValues;
use crate::before_after::{SideRole, Sides};
use crate::diff::comparison::Comparison;
use crate::diff::exits::{ExitFigures, ExitSubject, SubjectKind};
use crate::text::with_commas;

/// What of a subject's exits a condition is about.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum ExitMeasure {
    /// How many.
    Count,
    /// How many in a second.
    Rate,
    /// All their time, in milliseconds for each second of the capture.
    Total,
    /// The time that such a part of them did not exceed, in microseconds.
    Percentile(f64),
    /// The longest, in microseconds.
    Longest,
}

/// A condition's quantity of exits.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ExitQuantity {
    pub(super) subject: ExitSubject,
    pub(super) measure: ExitMeasure,
}

/// The quantities of times by their names.
const TIMES: [(&str, ExitMeasure); 6] = [
    ("exit-p50:", ExitMeasure::Percentile(0.5)),
    ("exit-p90:", ExitMeasure::Percentile(0.9)),
    ("exit-p99:", ExitMeasure::Percentile(0.99)),
    ("exit-p99.9:", ExitMeasure::Percentile(0.999)),
    ("exit-max:", ExitMeasure::Longest),
    ("exit-time:", ExitMeasure::Total),
];

impl ExitQuantity {
    /// Reads `port:0x608`, `exit-reason:HLT/s`, `exit-p99:EPT_VIOLATION`, `exit-p99:port:0x608`.
    ///
    /// `None` for what is about something else.
    ///
    /// # Errors
    /// When it is about exits and names nothing.
    pub(crate) fn parse(text: &str) -> Option<Result<Self, String>> {
        let timed = TIMES.iter().find_map(|(prefix, measure)| {
            let name = text.strip_prefix(prefix)?;
            Some((name, *measure))
        });
        let (subject, measure) = match timed {
            Some((name, measure)) => {
                let reason = || ExitSubject {
                    kind: SubjectKind::Reason,
                    name: name.trim().to_owned(),
                };
                (ExitSubject::parse(name).unwrap_or_else(reason), measure)
            }
            None => match text.strip_suffix("/s") {
                Some(name) => (ExitSubject::parse(name)?, ExitMeasure::Rate),
                None => (ExitSubject::parse(text)?, ExitMeasure::Count),
            },
        };
        let names_nothing =
            || format!("{text:?} names nothing: write exit-reason:HLT or port:0x608");
        Some(if subject.name.is_empty() {
            Err(names_nothing())
        } else if let Some(wrong) = subject.wrong_number() {
            Err(wrong)
        } else {
            Ok(Self { subject, measure })
        })
    }

    /// The two values.
    ///
    /// # Errors
    /// When they were not measured on both sides: why.
    pub(crate) fn find(&self, comparison: &Comparison) -> Result<ComparedValues, String> {
        let exits = comparison.exits.as_ref().map_err(Clone::clone)?;
        let change = exits.find(&self.subject)?;
        let is_of_times = !matches!(self.measure, ExitMeasure::Count | ExitMeasure::Rate);
        for (role, side) in exits.sides.each_ref().with_roles() {
            let has_span = side.span_ns > 0;
            let needs_span = matches!(self.measure, ExitMeasure::Rate | ExitMeasure::Total);
            let reason = if needs_span && !has_span {
                Some("tells no duration, so nothing is known per second".to_owned())
            } else if is_of_times {
                side.lacks_times(&self.subject)
            } else {
                None
            };
            if let Some(reason) = reason {
                return Err(format!("the {} side {reason}", role.as_str()));
            }
        }
        let nothing = Sides::<ExitFigures>::default();
        let figures = change.map_or(&nothing, |change| &change.figures);
        let values = Sides::from_fn(|role: SideRole| {
            let seconds = exits.sides[role].span_ns as f64 / 1e9;
            self.measure.of(&figures[role], seconds)
        });
        let is_significant = change.is_none_or(|change| match self.measure {
            ExitMeasure::Count | ExitMeasure::Rate | ExitMeasure::Total => change.is_significant,
            ExitMeasure::Percentile(part) => exits.percentile_differs(change, part),
            // One exit makes it.
            ExitMeasure::Longest => true,
        });
        let shown = |value: f64| with_commas(&format!("{value:.1}"));
        let unit = self.measure.unit();
        let Sides { before, after } = values;
        let words = format!("{}{unit} → {}{unit}", shown(before), shown(after));
        Ok(ComparedValues {
            values,
            is_significant,
            words,
        })
    }
}

impl ExitMeasure {
    fn of(self, figures: &ExitFigures, seconds: f64) -> f64 {
        let micros = |nanos: Option<u64>| nanos.unwrap_or(0) as f64 / 1e3;
        match self {
            Self::Count => figures.count as f64,
            Self::Rate => figures.count as f64 / seconds,
            Self::Total => figures.total_ns() as f64 / 1e6 / seconds,
            Self::Percentile(part) => micros(figures.percentile_ns(part)),
            Self::Longest => micros((figures.stats.timed > 0).then_some(figures.stats.greatest)),
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::Rate => "/s",
            Self::Total => " ms/s",
            Self::Percentile(_) | Self::Longest => " µs",
        }
    }
}

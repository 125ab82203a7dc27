//! What was measured of two cohorts, out of an engine's answers.

use std::collections::BTreeMap;

use super::answers::{AnswerRow, EngineAnswers};
use crate::before_after::{SideRole, Sides};
use crate::diff::{CohortKey, CohortMeasure, KeyKind, MeasuredHosts};
use crate::stack::Tag;
use crate::text::counted;

/// A host: in how many recordings of each side there are samples, and exits.
#[derive(Clone, Copy, Debug, Default)]
struct HostRecordings {
    samples: Sides<u64>,
    exits: Sides<u64>,
}

impl HostRecordings {
    fn of(row: &AnswerRow) -> Self {
        let sides = |what: &str| {
            Sides::from_fn(|role: SideRole| row.count(&format!("{}_{what}", role.as_str())))
        };
        Self {
            samples: sides("samples"),
            exits: sides("exits"),
        }
    }
}

/// The recordings of a host, added up.
#[derive(Clone, Copy, Debug, Default)]
struct HostSum {
    /// Those that measured it.
    recordings: u64,
    total: f64,
    squares: f64,
}

/// The hosts before any value is known: recordings of what has a zero measured it all the same.
fn nothing(hosts: &[HostRecordings], kind: KeyKind, role: SideRole) -> Vec<HostSum> {
    let sums = hosts.iter().map(|host| HostSum {
        recordings: match (kind.has_zero(), kind.is_of_samples()) {
            (false, _) => 0,
            (true, true) => host.samples[role],
            (true, false) => host.exits[role],
        },
        ..HostSum::default()
    });
    sums.collect()
}

/// Adds the values of hosts; `None` where the lists do not fit.
fn add(hosts: &mut [HostSum], row: &AnswerRow, has_zero: bool) -> Option<()> {
    let list = |column: &str| row.value(column)?.as_array();
    let sums = list("totals")?.iter().zip(list("squares")?);
    let counted = list("places")?.iter().zip(list("recordings")?);
    for ((place, recordings), (total, squares)) in counted.zip(sums) {
        let host = hosts.get_mut(usize::try_from(place.as_u64()?).ok()?)?;
        host.total = total.as_f64()?;
        host.squares = squares.as_f64()?;
        if !has_zero {
            host.recordings = recordings.as_u64()?;
        }
    }
    Some(())
}

fn measured(hosts: &[HostSum]) -> MeasuredHosts {
    let mut measured = MeasuredHosts::default();
    for host in hosts {
        let recordings = host.recordings as f64;
        let mean = (host.recordings > 0).then(|| host.total / recordings);
        measured.means.push(mean);
        if let Some(mean) = mean {
            // What rounding leaves below nothing is nothing.
            measured.within_squares += (host.squares - recordings * mean * mean).max(0.0);
            measured.within_freedom += recordings - 1.0;
        }
    }
    measured
}

/// The tags that are exits.
pub fn exit_tags() -> Vec<&'static str> {
    let tags = Tag::ALL.into_iter().filter(|tag| tag.is_exit());
    tags.map(Tag::as_str).collect()
}

/// How many recordings and hosts a side has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SideFacts {
    /// Recordings.
    pub captures: u64,
    /// Hosts.
    pub hosts: u64,
    /// The events that were sampled.
    pub events: String,
}

/// What was measured of two cohorts.
#[derive(Clone, PartialEq, Debug)]
pub struct MeasuredCohorts {
    /// Of both sides.
    pub facts: Sides<SideFacts>,
    /// Recordings that are on both sides.
    pub twice: u64,
    /// Recordings that do not name their host.
    pub unnamed: u64,
    /// Recordings with exits that tell no duration.
    pub untimed: u64,
    /// The keys.
    pub measures: Vec<CohortMeasure>,
}

impl MeasuredCohorts {
    /// Reads the answers to [`two_cohorts_question`](crate::dataset::two_cohorts_question); `None`
    /// where they are none.
    pub fn of(answers: &EngineAnswers) -> Option<Self> {
        let facts = answers.rows(0).first()?;
        let hosts: Vec<HostRecordings> = answers.rows(1).iter().map(HostRecordings::of).collect();
        let mut found: BTreeMap<CohortKey, Sides<Vec<HostSum>>> = BTreeMap::new();
        for row in answers.rows(2) {
            let kind = KeyKind::parse(row.text("kind")?)?;
            let name = row.text("name")?.to_owned();
            let key = CohortKey { kind, name };
            let sides = found
                .entry(key)
                .or_insert_with(|| Sides::from_fn(|role| nothing(&hosts, kind, role)));
            let role = match row.text("side")? {
                "before" => SideRole::Before,
                _ => SideRole::After,
            };
            add(&mut sides[role], row, kind.has_zero())?;
        }
        let measures = found.into_iter().map(|(key, sides)| CohortMeasure {
            key,
            sides: sides.map(|hosts| measured(&hosts)),
        });
        Some(Self {
            facts: Sides::from_fn(|role| {
                let column = |what: &str| format!("{}_{what}", role.as_str());
                SideFacts {
                    captures: facts.count(&column("captures")),
                    hosts: facts.count(&column("hosts")),
                    events: facts.text(&column("events")).unwrap_or_default().to_owned(),
                }
            }),
            twice: facts.count("twice"),
            unnamed: facts.count("unnamed"),
            untimed: facts.count("untimed"),
            measures: measures.collect(),
        })
    }

    /// What should be known before the comparison is believed.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.unnamed > 0 {
            let captures = counted(self.unnamed, "capture");
            warnings.push(format!("{captures} without the name of a host: left out"));
        }
        if self.untimed > 0 {
            let captures = counted(self.untimed, "capture");
            warnings.push(format!(
                "{captures} with exits and without times: no rates of these"
            ));
        }
        let Sides { before, after } = &self.facts;
        if before.events != after.events && !before.events.is_empty() && !after.events.is_empty() {
            let (before, after) = (&before.events, &after.events);
            warnings.push(format!(
                "the sides sampled different events ({before}; {after}): their shares differ for that too"
            ));
        }
        warnings
    }
}

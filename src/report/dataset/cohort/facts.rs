//! How many captures, hosts and VMs a cohort has.

use super::answers::EngineAnswers;
use crate::report::table::{Cell, Fact};
use crate::text::counted;

/// How many captures, hosts and VMs a cohort has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CohortFacts {
    /// Captures of which something passes the condition.
    pub captures: u64,
    /// Their hosts, as far as they are named.
    pub hosts: u64,
    /// VMs of these captures: one that is in two captures counts twice.
    pub vms: u64,
    /// Captures of them of which something could not be read.
    pub damaged: u64,
    /// How long they last together.
    pub duration_ns: u64,
    /// The days of the first and of the last.
    pub dates: Option<[String; 2]>,
    /// What their samples' weights count, where they have samples.
    pub units: Vec<String>,
    /// The events whose samples they have.
    pub events: Vec<String>,
}

impl CohortFacts {
    /// Reads the first answer of every question.
    pub fn of(answers: &EngineAnswers) -> Self {
        let Some(row) = answers.rows(0).first() else {
            return Self::default();
        };
        let list = |column: &str| {
            let found = row.text(column).unwrap_or_default().split(", ");
            let found = found.filter(|name| !name.is_empty());
            found.map(ToOwned::to_owned).collect()
        };
        let dates = row.text("first_date").zip(row.text("last_date"));
        Self {
            captures: row.count("captures"),
            hosts: row.count("hosts"),
            vms: row.count("vms"),
            damaged: row.count("damaged"),
            duration_ns: row.count("duration_ns"),
            dates: dates.map(|(first, last)| [first, last].map(ToOwned::to_owned)),
            units: list("units"),
            events: list("events"),
        }
    }

    /// In words: `12 captures of 4 hosts, 2026-11-25 to 2026-11-26`.
    pub fn words(&self) -> String {
        let (captures, hosts) = (
            counted(self.captures, "capture"),
            counted(self.hosts, "host"),
        );
        match &self.dates {
            Some([first, last]) if first == last => format!("{captures} of {hosts}, {first}"),
            Some([first, last]) => format!("{captures} of {hosts}, {first} to {last}"),
            None => format!("{captures} of {hosts}"),
        }
    }

    /// What should be known before an answer is believed.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.damaged > 0 {
            let captures = counted(self.captures, "capture");
            warnings.push(format!(
                "of {} of {captures} something could not be read",
                self.damaged
            ));
        }
        warnings
    }

    /// What is said above tables.
    pub(super) fn told(&self, condition: &str) -> Vec<Fact> {
        let fact = |key, label, value| Fact { key, label, value };
        let mut facts = Vec::new();
        if !condition.is_empty() {
            let condition = Cell::Text(condition.to_owned());
            facts.push(fact("condition", "condition", condition));
        }
        facts.push(fact("captures", "captures", Cell::Count(self.captures)));
        facts.push(fact("hosts", "hosts", Cell::Count(self.hosts)));
        if let Some([first, last]) = &self.dates {
            let dates = format!("{first} to {last}");
            facts.push(fact("dates", "recorded", Cell::Text(dates)));
        }
        let lasting = Cell::Nanoseconds(self.duration_ns);
        facts.push(fact("duration_ns", "together", lasting));
        facts
    }
}

//! What a rule found in the evidence, and what to do about it.

use super::case::Measurement;
use super::rule::{Remedy, Rule};

/// What a rule found.
#[derive(Clone, Debug)]
pub struct RuleFinding {
    /// The rule.
    pub rule: &'static Rule,
    /// Index of the VM; `None` for a finding about a recording.
    pub vm: Option<usize>,
    /// What was measured.
    pub measured: Measurement,
    /// Words of the VMM's command line that cause it.
    pub culprits: Vec<String>,
    /// What helps, as far as it fits this host and guest.
    pub remedies: Vec<FittingRemedy>,
    /// The share of the vCPUs' time that can be gained at most, 0 to 1; `None` where it is not known
    /// or nothing can be gained.
    pub gain: Option<f64>,
    /// How to see whether it helped.
    pub check: Option<Check>,
    /// How sure the finding is.
    pub certainty: Certainty,
    /// Why it is no surer.
    pub doubts: Vec<String>,
}

/// A remedy that fits, and what is known of what it needs.
#[derive(Clone, Debug)]
pub struct FittingRemedy {
    /// The remedy.
    pub remedy: &'static Remedy,
    /// Why it is in place already, in words; `None`: it is not, or that is not known.
    pub in_place: Option<String>,
    /// What it needs.
    pub needs: Vec<JudgedNeed>,
}

/// Something that a remedy needs, and whether it is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JudgedNeed {
    /// What it is.
    pub what: String,
    /// Whether this host or guest has it.
    pub is_there: Presence,
    /// What tells so; empty when nothing does.
    pub because: String,
}

/// Whether something is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Nothing tells.
    Unknown,
}

impl Presence {
    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "not known",
        }
    }
}

/// How to see whether a remedy helped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// Records the same again.
    pub record: String,
    /// Compares both captures; its exit status is 1 while the cause is still there.
    pub compare: String,
}

/// How sure a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Certainty {
    /// A guess that is worth a look.
    Low,
    /// Likely.
    Medium,
    /// The evidence shows it.
    High,
}

impl Certainty {
    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The next lower one.
    pub const fn lowered(self) -> Self {
        match self {
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }
}

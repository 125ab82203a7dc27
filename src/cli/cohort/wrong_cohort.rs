//! What is refused where the input is a dataset, or an option wants one. Each has its hint here.

use std::fmt;
use std::path::PathBuf;

use vmflame::error::{Error, Problem};

/// Why a question to a dataset is not asked.
#[derive(Debug)]
pub(in crate::cli) enum WrongCohort {
    /// An option about datasets, and the input is none.
    NoDataset {
        input: PathBuf,
        option: &'static str,
    },
    /// A condition that is none.
    Condition { text: String, wrong: String },
    /// An option about one capture.
    OptionOfOneCapture { option: &'static str },
    /// Weights in several units.
    SeveralUnits { units: String },
    /// What exits are not told apart by.
    NotTold { by: &'static str },
    /// One side of a comparison.
    OneSide,
    /// Recordings that are on both sides of a comparison.
    OnBothSides { recordings: String },
    /// A side of a comparison that nothing passes.
    EmptySide { side: &'static str },
}

impl WrongCohort {
    const fn hint(&self) -> &'static str {
        match self {
            Self::NoDataset { .. } => "vmflame dataset add CAPTURE -o DIR makes one",
            Self::Condition { .. } => {
                "a condition is SQL about one row, as in \"kernel = '6.12' AND guest = 'Linux'\"; \
                 vmflame fleet --sql takes any question"
            }
            Self::OptionOfOneCapture { .. } => {
                "a dataset keeps what captures were when they were added; conditions choose from it"
            }
            Self::SeveralUnits { .. } => "choose one: --where \"captures.unit = 'ns'\"",
            Self::NotTold { .. } => {
                "--by takes reason, vm, vcpu, register, device; of one capture all"
            }
            Self::OneSide => "--before CONDITION --after CONDITION choose the two cohorts",
            Self::OnBothSides { .. } => "write conditions that no recording passes both of",
            Self::EmptySide { .. } => {
                "vmflame fleet DIR --sql \"SELECT DISTINCT kernel, cpu FROM captures\" shows what there is"
            }
        }
    }
}

impl fmt::Display for WrongCohort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDataset { input, option } => {
                write!(f, "{option}: {} is no dataset", input.display())
            }
            Self::Condition { text, wrong } => write!(f, "condition {text:?}: {wrong}"),
            Self::OptionOfOneCapture { option } => {
                write!(f, "{option} is of one capture, and the input is a dataset")
            }
            Self::SeveralUnits { units } => {
                write!(f, "weights of several units are not added up: {units}")
            }
            Self::NotTold { by } => write!(f, "a dataset does not tell exits apart by {by}"),
            Self::OneSide => f.write_str("a comparison of cohorts has two conditions"),
            Self::OnBothSides { recordings } => {
                write!(
                    f,
                    "{recordings} passes both conditions: the sides are not apart"
                )
            }
            Self::EmptySide { side } => {
                write!(f, "--{side}: nothing of the dataset passes the condition")
            }
        }
    }
}

impl From<WrongCohort> for Error {
    fn from(wrong: WrongCohort) -> Self {
        Self::from(Problem::Arguments(wrong.to_string())).with_hint(wrong.hint())
    }
}

//! Captures of a dataset that have something in common.
//!
//! In: a condition, as it is typed. Out: what an engine runs, whose answers are lines of JSON that
//! [`crate::report::dataset`] reads.
//!
//! | file | what is in it |
//! |---|---|
//! | `token` | the words of a condition |
//! | `condition` | a condition: columns of which tables it names |
//! | `script` | what an engine runs: steps, then answers |
//! | `two_cohorts` | what is asked of two: values of each key, host by host |
//! | `questions` | what is asked of a cohort: its stacks, its exits, its advice |

mod condition;
mod questions;
mod script;
mod token;
mod two_cohorts;

pub use condition::{CohortCondition, CohortRows, NamedColumn};
pub use questions::{ExitColumn, advice_question, exit_question, stack_question};
pub use script::{AnswerMark, CohortScript};
pub use two_cohorts::{
    COMPARED_FUNCTIONS, COMPARED_REGISTERS, LEAST_TIMED, TwoCohortsWish, two_cohorts_question,
};

//! Answers about a cohort: its stacks, its exits, its advice.
//!
//! In: what an engine answers to the scripts of [`crate::dataset`]'s cohorts. Out: stacks that are drawn as
//! those of a capture, and tables.
//!
//! | file | what it does |
//! |---|---|
//! | `answers` | the lines of an engine, answer by answer |
//! | `facts` | how many captures, hosts and VMs a cohort has |
//! | `stacks` | merged stacks |
//! | `exits` | exits by what they are told apart by |
//! | `advice` | how often rules spoke |
//! | `two_cohorts` | what was measured of two cohorts |
//! | `changes` | what changed between them |

mod advice;
mod answers;
mod changes;
mod exits;
mod facts;
mod stacks;
mod two_cohorts;

pub use advice::cohort_advice;
pub use answers::EngineAnswers;
pub use changes::cohort_changes;
pub use exits::{cohort_exits, exit_columns};
pub use facts::CohortFacts;
pub use stacks::{CohortGrouping, CohortStacks, CohortWeight, CohortWish};
pub use two_cohorts::{MeasuredCohorts, SideFacts, exit_tags};

//! Rows of datasets: what a case tells, as the tables of [`crate::dataset`].
//!
//! In: what analyses found in a case. Out: its [`CaptureRows`](crate::dataset::CaptureRows).
//!
//! | file | what it does |
//! |---|---|
//! | `answer` | **the list of tables**, and the row of table captures |
//! | `case` | what rows are made of |
//! | `sample_key` | what samples of one row have in common |
//! | `sample_rows` | samples and their stacks |
//! | `stack_ids` | ids of stacks, and the rows of their frames |
//! | `second_rows` | samples second by second, on request |
//! | `exit_rows` | exits and how long they took |
//! | `single_exits` | exits one by one, on request |
//! | `register` | what exits reach |
//! | `exit_sums` | exits of one kind, added up |
//! | `vm_rows` | VMs, and advice about them |
//! | `schema_table` | what the columns are |
//! | `query_table` | an engine's answer |
//! | `check_table` | what a check found |
//! | `truth_table` | what must be answered about a made-up fleet |
//! | `cohort` | the stacks, exits and advice of captures that have something in common |
//! | `added_table` | what became of cases that were to be added |

mod added_table;
mod answer;
mod case;
mod check_table;
mod cohort;
mod exit_rows;
mod exit_sums;
mod query_table;
mod register;
mod sample_key;
mod sample_rows;
mod schema_table;
mod second_rows;
mod single_exits;
mod stack_ids;
mod truth_table;
mod vm_rows;

pub use added_table::{CaseFate, ToldCase, added_tables};
pub use answer::case_rows;
pub use case::{CaseAnswer, CaseOrigin, case_views, content_of, has_rows};
pub use check_table::check_tables;
pub use cohort::{
    CohortFacts, CohortGrouping, CohortStacks, CohortWeight, CohortWish, EngineAnswers,
    MeasuredCohorts, SideFacts, cohort_advice, cohort_changes, cohort_exits, exit_columns,
    exit_tags,
};
pub use query_table::query_table;
pub use schema_table::schema_tables;
pub use truth_table::truth_tables;

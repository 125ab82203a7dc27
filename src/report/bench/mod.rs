//! How long runs take: the answer of `bench`.
//!
//! In: the times of runs in this process and of other programs. Out: tables for people, or JSON for
//! programs.
//!
//! | file | what it does |
//! |---|---|
//! | `model` | what was measured |
//! | `figures` | the median of repeated measurements, and numbers with three digits |
//! | `text` | the tables that people read |
//! | `json` | how programs read it |
//! | `generated` | what a capture holds that was made up |

mod figures;
mod generated;
mod json;
mod model;
mod text;

pub use figures::{Figures, in_words};
pub use generated::{exits_as_json, exits_as_text, generated_as_json, generated_as_text};
pub use json::as_json;
pub use model::{BenchReport, OURS, Race, RaceResult};
pub use text::{as_text, stage_table};

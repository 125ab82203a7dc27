//! What a capture is: the answer of `info`.
//!
//! In: a capture and the survey of it. Out: text for people, or JSON for programs.
//!
//! | file | what it does |
//! |---|---|
//! | `model` | what is said, gathered once |
//! | `text` | how people read it |
//! | `json` | how programs read it |
//! | `tables` | the same as tables, for a page |
//! | `names`, `remedy` | which objects have names, and what would name the others |
//! | `trace_dat/` | the same of a trace.dat |

mod json;
mod model;
mod names;
mod remedy;
mod tables;
mod text;
pub mod trace_dat;

pub use json::as_json;
pub use model::CaptureFacts;
pub use names::names_as_text;
pub use tables::{capture_tables, event_table};
pub use text::as_text;

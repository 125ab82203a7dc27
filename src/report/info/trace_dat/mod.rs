//! What a trace.dat is.
//!
//! In: the file. Out: text for people, or JSON for programs.
//!
//! | file | what it does |
//! |---|---|
//! | `model` | what is said, gathered once |
//! | `tables` | the same as tables, for a page |
//! | `text` | how people read it |
//! | `json` | how programs read it |

mod json;
mod model;
mod tables;
mod text;

pub use json::as_json;
pub use model::TraceDatFacts;
pub use tables::trace_tables;
pub use text::as_text;

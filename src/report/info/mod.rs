//! What a capture is: the answer of `info`.
//!
//! In: a capture and the survey of it. Out: text for people, or JSON for programs.
//!
//! | file | what it does |
//! |---|---|
//! | `model` | what is said, gathered once |
//! | `text` | how people read it |
//! | `json` | how programs read it |
//! | `names`, `remedy` | which objects have names, and what would name the others |
//! | `trace_dat/` | the same of a trace.dat |

mod json;
mod model;
mod names;
mod remedy;
mod text;
pub mod trace_dat;

pub use json::as_json;
pub use model::CaptureFacts;
pub use names::names_as_text;
pub use text::as_text;

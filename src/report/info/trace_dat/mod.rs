//! What a trace.dat is.
//!
//! In: the file. Out: text for people, or JSON for programs.
//!
//! | file | what it does |
//! |---|---|
//! | `model` | what is said, gathered once |
//! | `text` | how people read it |
//! | `json` | how programs read it |

mod json;
mod model;
mod text;

pub use json::as_json;
pub use model::TraceDatFacts;
pub use text::as_text;

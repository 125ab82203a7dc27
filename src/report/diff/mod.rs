//! A comparison as people and as programs read it: the answer of `diff`.
//!
//! In: a `Comparison`. Out: a table, or JSON.
//!
//! | file | what it does |
//! |---|---|
//! | `text` | the table |
//! | `unmarked` | its last part: the largest changes that are not marked |
//! | `exits` | the exits, as rows and as JSON |
//! | `row_layout` | what has room in a row |
//! | `labels` | names of frames for rows |
//! | `tables` | the same as tables, for a page |
//! | `json` | how programs read it |

mod exits;
mod json;
mod labels;
mod row_layout;
mod tables;
mod text;
mod unmarked;

pub use json::as_json;
pub use tables::comparison_tables;
pub use text::as_text;

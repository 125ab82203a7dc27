//! Tables: one model from which text, JSON and CSV are made.
//!
//! In: [`Table`]s, each with its [`Column`]s and rows of [`Cell`]s. Out: text for people, JSON and CSV
//! for programs. What a column is called, its unit, what it means and what its absence means is said
//! in one place, so that no form of the table knows more than another.
//!
//! | file | what is in it |
//! |---|---|
//! | `model` | a table, and several with what is said beside them |
//! | `column` | what a column holds |
//! | `cell` | one value |
//! | `bars` | a small histogram in a cell |
//! | `text` | how people read it |
//! | `html` | how a page shows it |
//! | `json` | how programs read it |
//! | `csv` | how spreadsheets read it |

mod bars;
mod cell;
mod column;
mod csv;
mod html;
mod json;
mod model;
mod text;

pub use bars::{Bar, sparkline};
pub use cell::Cell;
pub use column::{Column, Quantity};
pub use csv::{write_csv, write_csv_rows};
pub(crate) use html::{
    ColumnMark, ElementMark, HtmlTable, TableMarks, slug, write_html, write_meanings,
};
pub use json::{as_json, as_json_rows};
pub use model::{Fact, Table, TableReport};
pub use text::{as_text, nanos_in_words};

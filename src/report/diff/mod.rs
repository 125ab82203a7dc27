//! A comparison as people and as programs read it.

mod json;
mod labels;
mod row_layout;
mod text;
mod unmarked;

pub use json::as_json;
pub use text::as_text;

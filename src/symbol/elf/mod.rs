//! Symbols of object files.

mod debugdata;
mod parse;
mod plt;
mod sized;
mod symbols;
mod text_table;

pub use symbols::{ObjectSymbol, ObjectSymbols};
pub use text_table::{parse_table, write_table};

//! Symbols of object files.

mod debugdata;
mod object_symbols;
mod parse;
mod plt;
mod sized;
mod text_table;

pub use object_symbols::{ObjectSymbol, ObjectSymbols};
pub use text_table::{parse_table, write_table};

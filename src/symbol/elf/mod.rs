//! Symbols of object files.

mod debugdata;
mod object_symbols;
mod parse;
mod plt;
mod sized;
mod text_table;

pub use object_symbols::{ObjectSymbol, ObjectSymbols};
pub use parse::read_build_id;
pub use text_table::{parse_table, write_table};

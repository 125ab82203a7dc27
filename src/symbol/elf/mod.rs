//! Symbols of object files.
//!
//! Input: the bytes of an ELF file, or a table in text form. Output: [`ObjectSymbols`], the
//! functions by address, each with its end, and the file's segments.
//!
//! | file | what it does |
//! |---|---|
//! | `symbols` | **the functions of a file**, by address; between file offsets and stated addresses |
//! | `parse` | takes the functions out of an ELF file's symbol tables |
//! | `plt` | names for the entries of linkage tables |
//! | `debugdata` | the table packed in `.gnu_debugdata` |
//! | `sized` | ends symbols, chooses between aliases, makes overlaps exact |
//! | `text_table` | tables as text, read and written |

mod debugdata;
mod parse;
mod plt;
mod sized;
mod symbols;
mod text_table;

pub use symbols::{ObjectSymbol, ObjectSymbols};
pub use text_table::{parse_table, write_table};

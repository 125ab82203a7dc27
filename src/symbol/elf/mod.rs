//! Symbols of object files.
//!
//! Input: the bytes of an ELF file, or a table in text form. Output: [`ObjectSymbols`], the
//! functions by address, each with its end, and the file's segments.
//!
//! | file | what it does |
//! |---|---|
//! | `symbols` | **the functions of a file**, by address |
//! | `parse` | takes the functions out of an ELF file |
//! | `functions` | what its symbol tables state, names not yet read |
//! | `places`, `points` | what is asked for, as offsets and as addresses in order |
//! | `string_names` | names in string tables, read in the order of the file |
//! | `sieve` | which symbols decide about what is asked for, told without their names |
//! | `start_filter` | tells most symbols from those that decide |
//! | `plt` | names for the entries of linkage tables |
//! | `debugdata` | the table packed in `.gnu_debugdata` |
//! | `alias` | which of several names of an address is shown |
//! | `builder` | ends symbols, takes one for each address |
//! | `sized` | the resulting table, in which overlaps are exact |
//! | `text_table` | tables as text, read and written |

mod alias;
mod builder;
mod debugdata;
mod functions;
mod parse;
mod places;
mod plt;
mod points;
mod sieve;
mod sized;
mod start_filter;
mod string_names;
mod symbols;
mod text_table;

pub use alias::Spelling;
pub use places::{FunctionWish, Places};
pub(super) use sized::{SizedSymbol, SizedSymbols};
pub use symbols::{ObjectSymbol, ObjectSymbols};
pub use text_table::{parse_table, write_table};

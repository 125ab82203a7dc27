//! The `print fmt` of a format: how the kernel prints a payload, as a list of C expressions.
//!
//! Input: the text. Output: the tables of `__print_symbolic()` and `__print_flags()` in it, each with
//! the expression whose value it names and the conditions under which it is used.
//!
//! | file | what it does |
//! |---|---|
//! | `lexer` | text to words |
//! | `expression` | C expressions, and their values |
//! | `parser` | words to expressions |
//! | `tables` | the tables in expressions, **the result of this folder** |

mod expression;
mod lexer;
mod parser;
mod tables;

pub(super) use tables::{NameTable, TableKind, tables_of};

//! The tables of names in the expressions of a `print fmt`.

use super::expression::{Expression, TableEntry};
use super::lexer::tokens;
use super::parser::Parser;
use crate::tracepoint::field::Field;

/// What must hold for a table to be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::tracepoint) struct Condition {
    /// What is asked.
    pub(in crate::tracepoint) asked: Expression,
    /// Whether it must be true or false.
    pub(in crate::tracepoint) must_be: bool,
}

/// How a table names values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::tracepoint) enum TableKind {
    /// One name for the whole value.
    Symbolic,
    /// A name for each bit that is set, with this text between them.
    Flags(String),
}

/// A table of names, and what it names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::tracepoint) struct NameTable {
    /// The one field that the value depends on.
    pub(in crate::tracepoint) field: String,
    /// The value, as an expression over that field.
    pub(in crate::tracepoint) printed: Expression,
    /// How it names values.
    pub(in crate::tracepoint) kind: TableKind,
    /// The names, in the order of the text: the first that fits is the one.
    pub(in crate::tracepoint) entries: Vec<TableEntry>,
    /// What must hold for it to be used.
    pub(in crate::tracepoint) conditions: Vec<Condition>,
}

/// Longer texts are no kernel's: the longest of Linux 6.18 has 6 KB.
const MAX_LEN: usize = 1 << 20;

/// The tables of a `print fmt`. Those that name something else than one field, and those in
/// expressions that are not understood, are left out.
pub(in crate::tracepoint) fn tables_of(print_fmt: &str, fields: &[Field]) -> Vec<NameTable> {
    if print_fmt.len() > MAX_LEN {
        return Vec::new();
    }
    let tokens = tokens(print_fmt);
    let mut found = Vec::new();
    for argument in Parser::new(&tokens, fields).arguments() {
        gather(argument, &mut Vec::new(), &mut found);
    }
    found
}

/// Takes the tables out of an expression that is reached under some conditions.
fn gather(from: Expression, conditions: &mut Vec<Condition>, found: &mut Vec<NameTable>) {
    match from {
        Expression::Choice(parts) => {
            let [asked, yes, no] = *parts;
            for (branch, must_be) in [(yes, true), (no, false)] {
                conditions.push(Condition {
                    asked: asked.clone(),
                    must_be,
                });
                gather(branch, conditions, found);
                conditions.pop();
            }
        }
        Expression::Names {
            printed,
            between,
            entries,
        } => {
            let mut fields = Vec::new();
            let is_known = printed.gather_fields(&mut fields);
            if let (true, [field]) = (is_known, fields.as_slice()) {
                found.push(NameTable {
                    field: (*field).to_owned(),
                    printed: *printed,
                    kind: between.map_or(TableKind::Symbolic, TableKind::Flags),
                    entries,
                    conditions: conditions.clone(),
                });
            }
        }
        Expression::Number(_)
        | Expression::Field { .. }
        | Expression::Unary(..)
        | Expression::Binary(..)
        | Expression::Cast { .. }
        | Expression::Unknown => {}
    }
}

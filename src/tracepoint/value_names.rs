//! What a tracepoint's values are called, by its own `print fmt`.

use std::fmt::Write as _;

use super::field::Field;
use super::print_fmt::{NameTable, TableKind, tables_of};

/// The tables of names in a format, by the field whose values they name.
#[derive(Clone, Debug, Default)]
pub struct ValueNames {
    tables: Vec<NameTable>,
}

/// Whether a table is the one that the kernel uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum TableFit {
    Yes,
    No,
    /// It depends on a field that is not known.
    Maybe,
}

impl ValueNames {
    /// Reads what stands behind `print fmt:`. `fields` are those of the format.
    pub fn parse(print_fmt: &str, fields: &[Field]) -> Self {
        Self {
            tables: tables_of(print_fmt, fields),
        }
    }

    /// The name of a field's value by `__print_symbolic()`.
    ///
    /// `isa` is the payload's field of that name, which chooses between the tables of `kvm_exit`.
    /// `None` when no table names the value, or when which table names it depends on a field that is
    /// not known.
    pub fn symbolic(&self, field: &str, isa: Option<u32>, value: u64) -> Option<&str> {
        let isa = isa.map(u64::from);
        self.symbolic_among(field, value, &|name| if name == "isa" { isa } else { None })
    }

    /// The same with more fields known: `others` tells those that are, by name.
    pub fn symbolic_among(
        &self,
        field: &str,
        value: u64,
        others: &dyn Fn(&str) -> Option<u64>,
    ) -> Option<&str> {
        let known = |name: &str| {
            if name == field {
                Some(value)
            } else {
                others(name)
            }
        };
        let mut found: Option<Option<&str>> = None;
        for table in self
            .tables
            .iter()
            .filter(|table| table.names_values_of(field))
        {
            match table.fit(&known) {
                TableFit::Yes => return table.name(&known),
                TableFit::No => {}
                TableFit::Maybe => {
                    let name = table.name(&known);
                    if found.is_some_and(|other| other != name) {
                        return None;
                    }
                    found = Some(name);
                }
            }
        }
        found.flatten()
    }

    /// The names of a field's bits by `__print_flags()`; what has no name is a number at the end.
    ///
    /// Empty when no bit is set; `None` when no table names the field's bits, or when which table
    /// does depends on a field that is not known.
    pub fn flags(&self, field: &str, isa: Option<u32>, value: u64) -> Option<String> {
        let known = |name: &str| match name {
            name if name == field => Some(value),
            "isa" => isa.map(u64::from),
            _ => None,
        };
        let tables = self.tables.iter();
        let mut tables = tables
            .filter(|table| table.names_bits_of(field))
            .filter(|table| table.fit(&known) != TableFit::No);
        let table = tables.next()?;
        if table.fit(&known) == TableFit::Maybe && tables.next().is_some() {
            return None;
        }
        table.bit_names(&known)
    }

    /// Whether a table names values of the field.
    pub fn has_names_of(&self, field: &str) -> bool {
        self.tables.iter().any(|table| table.field == field)
    }
}

impl NameTable {
    fn names_values_of(&self, field: &str) -> bool {
        self.field == field && self.kind == TableKind::Symbolic
    }

    fn names_bits_of(&self, field: &str) -> bool {
        self.field == field && self.kind != TableKind::Symbolic
    }

    fn fit(&self, known: &dyn Fn(&str) -> Option<u64>) -> TableFit {
        let mut fit = TableFit::Yes;
        for condition in &self.conditions {
            match condition.asked.value(known) {
                Some(value) if (value != 0) == condition.must_be => {}
                Some(_) => return TableFit::No,
                None => fit = TableFit::Maybe,
            }
        }
        fit
    }

    /// What is printed, as the `unsigned long` or `u64` that the kernel compares.
    fn printed(&self, known: &dyn Fn(&str) -> Option<u64>) -> Option<u64> {
        self.printed.value(known).map(as_word)
    }

    fn name(&self, known: &dyn Fn(&str) -> Option<u64>) -> Option<&str> {
        let value = self.printed(known)?;
        let mut entries = self.entries.iter();
        let found = entries.find(|entry| entry.value.map(as_word) == Some(value));
        found.map(|entry| entry.name.as_str())
    }

    /// Source: `trace_print_flags_seq()`, `kernel/trace/trace_output.c`, Linux 6.12.
    fn bit_names(&self, known: &dyn Fn(&str) -> Option<u64>) -> Option<String> {
        let TableKind::Flags(between) = &self.kind else {
            return None;
        };
        let mut rest = self.printed(known)?;
        let mut text = String::new();
        for entry in &self.entries {
            let Some(mask) = entry.value.map(as_word) else {
                continue;
            };
            if rest == 0 {
                break;
            }
            if rest & mask == mask {
                rest &= !mask;
                append(&mut text, between, &entry.name);
            }
        }
        if rest != 0 {
            let mut number = String::new();
            // A string takes all that is written to it.
            let _ = write!(number, "{rest:#x}");
            append(&mut text, between, &number);
        }
        Some(text)
    }
}

fn append(text: &mut String, between: &str, name: &str) {
    if !text.is_empty() {
        text.push_str(between);
    }
    text.push_str(name);
}

/// The lower 64 bits, as C converts to a word.
fn as_word(value: i128) -> u64 {
    let low = value.cast_unsigned() & u128::from(u64::MAX);
    u64::try_from(low).unwrap_or(u64::MAX)
}

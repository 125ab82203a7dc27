//! Tracepoints: what their payloads hold, what the values are called, and what one recorded.
//!
//! Input: format texts, as perf.data and trace.dat carry them. Output: [`Formats`] for decoding
//! payloads, and [`Occurrence`], the one form in which every source tells what happened.
//!
//! | file | what it does |
//! |---|---|
//! | `format` | a format text, read; **begin here** |
//! | `field` | a field, and how it is read from a payload |
//! | `print_fmt/` | the C expressions with which the kernel prints a payload |
//! | `value_names` | names of values, by those expressions |
//! | `formats` | all formats of a source |
//! | `layouts` | layouts by kernel version, for captures without formats |
//! | `occurrence` | something that a tracepoint recorded |
//! | `sample_reader` | samples of perf.data as occurrences |
//! | `text/` | texts that people attach to reports as occurrences |
//!
//! The kernel's own formats decide, never offsets of one version. `layouts.tsv` is for captures that
//! carry none, and what it gives is marked [`FormatOrigin::BuiltIn`].

mod field;
mod format;
mod formats;
mod layouts;
mod occurrence;
mod print_fmt;
mod sample_reader;
#[cfg(test)]
mod tests;
pub mod text;
mod value_names;

pub use field::{Field, FieldShape};
pub use format::{EventFormat, FormatOrigin};
pub use formats::{FormatIx, Formats};
pub use layouts::{Architecture, built_in};
pub use occurrence::{Occurrence, Values};
pub use sample_reader::{SampleReader, TracedRecord};
pub use value_names::ValueNames;

//! One value of a table.

use super::bars::Bar;

/// One value of a table. Of which quantity it is, its column says as well.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    /// Nothing: what that means, the column says.
    Absent,
    /// A name, or words; as it was recorded, for each form of the table makes it safe itself.
    Text(String),
    /// How many there are.
    Count(u64),
    /// A whole number below zero: a difference, or an id.
    BelowZero(i64),
    /// A span of time.
    Nanoseconds(u64),
    /// A point of the capture's clock, in nanoseconds.
    Time(u64),
    /// A part of a whole, from 0 to 1.
    Share(f64),
    /// How many there are in a second.
    PerSecond(f64),
    /// Any other number.
    Number(f64),
    /// A number that is written in hexadecimal.
    Hex(u64),
    /// How many values fall between which limits.
    Histogram(Vec<Bar>),
}

impl Cell {
    /// Nothing where there is no value.
    pub fn of<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Absent, cell)
    }

    /// The share of `part` in `whole`; nothing where there is no whole.
    pub fn share(part: u64, whole: u64) -> Self {
        if whole == 0 {
            Self::Absent
        } else {
            Self::Share(part as f64 / whole as f64)
        }
    }

    /// How many there are in a second of `span_ns`; nothing where no time passes.
    pub fn rate(count: u64, span_ns: u64) -> Self {
        if span_ns == 0 {
            Self::Absent
        } else {
            Self::PerSecond(count as f64 * 1e9 / span_ns as f64)
        }
    }
}

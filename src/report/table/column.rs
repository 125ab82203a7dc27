//! What a column of a table holds.

/// What the values of a column are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantity {
    /// A name, or words.
    Text,
    /// How many there are.
    Count,
    /// A span of time in nanoseconds.
    Nanoseconds,
    /// A point of the capture's clock, in nanoseconds.
    Time,
    /// A part of a whole, from 0 to 1. People read it in percent.
    Share,
    /// How many there are in a second.
    PerSecond,
    /// Any other number: its column says of what.
    Number,
    /// A number that is written in hexadecimal.
    Hex,
    /// How many values fall between which limits, in nanoseconds.
    Histogram,
}

impl Quantity {
    /// The unit, as programs read it.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Count => "count",
            Self::Nanoseconds | Self::Time => "ns",
            Self::Share => "share",
            Self::PerSecond => "1/s",
            Self::Number => "number",
            Self::Hex => "hex",
            Self::Histogram => "ns histogram",
        }
    }

    /// Whether people look for its values at the left end of the column.
    pub const fn is_left_aligned(self) -> bool {
        matches!(self, Self::Text | Self::Histogram)
    }
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// What programs call it: lower case, words joined by `_`, unit at the end where it is a time.
    pub key: &'static str,
    /// What people call it.
    pub heading: &'static str,
    /// What its values are.
    pub quantity: Quantity,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// What it means that a cell holds nothing; empty where every cell holds something.
    pub absence: &'static str,
    /// Where the text is wider than the terminal, columns are left out, those of the highest rank
    /// first; those of rank 0 always stay.
    pub rank: u8,
}

impl Column {
    /// A column that is always shown and whose cells all hold something.
    pub const fn new(
        key: &'static str,
        heading: &'static str,
        quantity: Quantity,
        meaning: &'static str,
    ) -> Self {
        Self {
            key,
            heading,
            quantity,
            meaning,
            absence: "",
            rank: 0,
        }
    }

    /// The same, with what it means that a cell holds nothing.
    #[must_use]
    pub const fn or_absent(self, absence: &'static str) -> Self {
        Self { absence, ..self }
    }

    /// The same, left out before columns of lower rank.
    #[must_use]
    pub const fn ranked(self, rank: u8) -> Self {
        Self { rank, ..self }
    }
}

//! The values of a column.

use std::cmp::Ordering;

use super::schema::ValueKind;
use crate::intern::Interner;
use crate::units::index;

index! {
    /// Index of a text in its column.
    pub(super) TextIx
}

/// A value of a row.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'a> {
    /// None: the schema says what that means.
    Absent,
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// True or false.
    Flag(bool),
    /// A text.
    Text(&'a str),
}

impl<'a> Value<'a> {
    /// A count; the greatest number that a column holds where it is greater.
    pub fn count(count: u64) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// What there is of a value.
    pub fn of<T>(value: Option<T>, make: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Absent, make)
    }

    /// A text; none where it is empty.
    pub fn text_or_absent(text: &'a str) -> Self {
        if text.is_empty() {
            Self::Absent
        } else {
            Self::Text(text)
        }
    }
}

/// The values of a column, one for each row.
#[derive(Clone, Debug)]
pub(super) enum ColumnValues {
    Int(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
    Flag(Vec<Option<bool>>),
    Text(TextValues),
}

/// Texts, each kept once.
#[derive(Clone, Debug, Default)]
pub(super) struct TextValues {
    pub(super) texts: Interner<String, TextIx>,
    pub(super) rows: Vec<Option<TextIx>>,
}

impl TextValues {
    /// The text of a row.
    pub(super) fn get(&self, row: usize) -> Option<&str> {
        let ix = self.rows.get(row).copied().flatten()?;
        self.texts.items().get(ix.as_usize()).map(String::as_str)
    }

    pub(super) fn push(&mut self, text: Option<&str>) {
        let ix = text.map(|text| self.texts.intern_ref(text));
        self.rows.push(ix);
    }

    /// Adds the texts of rows of another column. Each different one is looked up once: a column has
    /// far more rows than texts.
    fn append(&mut self, other: &Self, rows: &[usize]) {
        let mut own: Vec<Option<TextIx>> = vec![None; other.texts.items().len()];
        self.rows.reserve(rows.len());
        for &row in rows {
            let ix = other.rows.get(row).copied().flatten();
            let ix = ix.and_then(|ix| {
                let known = own.get_mut(ix.as_usize())?;
                if known.is_none() {
                    *known = Some(self.texts.intern_ref(other.texts.get(ix)?.as_str()));
                }
                *known
            });
            self.rows.push(ix);
        }
    }
}

impl ColumnValues {
    pub(super) fn new(kind: ValueKind) -> Self {
        match kind {
            ValueKind::Int => Self::Int(Vec::new()),
            ValueKind::Real => Self::Real(Vec::new()),
            ValueKind::Flag => Self::Flag(Vec::new()),
            ValueKind::Text => Self::Text(TextValues::default()),
        }
    }

    /// Whether it can hold a value.
    pub(super) const fn fits(&self, value: Value<'_>) -> bool {
        matches!(
            (self, value),
            (_, Value::Absent)
                | (Self::Int(_), Value::Int(_))
                | (Self::Real(_), Value::Real(_))
                | (Self::Flag(_), Value::Flag(_))
                | (Self::Text(_), Value::Text(_))
        )
    }

    /// Adds a value, or none where it does not fit.
    pub(super) fn push(&mut self, value: Value<'_>) {
        match (self, value) {
            (Self::Int(rows), Value::Int(value)) => rows.push(Some(value)),
            (Self::Real(rows), Value::Real(value)) => rows.push(Some(value)),
            (Self::Flag(rows), Value::Flag(value)) => rows.push(Some(value)),
            (Self::Text(rows), Value::Text(value)) => rows.push(Some(value)),
            (Self::Int(rows), _) => rows.push(None),
            (Self::Real(rows), _) => rows.push(None),
            (Self::Flag(rows), _) => rows.push(None),
            (Self::Text(rows), _) => rows.push(None),
        }
    }

    /// Adds the values of rows of a column of the same kind.
    pub(super) fn append(&mut self, other: &Self, rows: &[usize]) {
        fn copy<T: Copy>(own: &mut Vec<Option<T>>, others: &[Option<T>], rows: &[usize]) {
            own.extend(rows.iter().map(|&row| others.get(row).copied().flatten()));
        }
        match (self, other) {
            (Self::Int(own), Self::Int(others)) => copy(own, others, rows),
            (Self::Real(own), Self::Real(others)) => copy(own, others, rows),
            (Self::Flag(own), Self::Flag(others)) => copy(own, others, rows),
            (Self::Text(own), Self::Text(others)) => own.append(others, rows),
            (own, others) => rows.iter().for_each(|&row| own.push(others.get(row))),
        }
    }

    /// The value of a row.
    pub(super) fn get(&self, row: usize) -> Value<'_> {
        match self {
            Self::Int(rows) => Value::of(rows.get(row).copied().flatten(), Value::Int),
            Self::Real(rows) => Value::of(rows.get(row).copied().flatten(), Value::Real),
            Self::Flag(rows) => Value::of(rows.get(row).copied().flatten(), Value::Flag),
            Self::Text(texts) => Value::of(texts.get(row), Value::Text),
        }
    }

    /// The order of two rows: what is absent comes first.
    pub(super) fn compare(&self, a: usize, b: usize) -> Ordering {
        match self {
            Self::Int(rows) => rows.get(a).cmp(&rows.get(b)),
            Self::Flag(rows) => rows.get(a).cmp(&rows.get(b)),
            Self::Text(texts) => texts.get(a).cmp(&texts.get(b)),
            Self::Real(rows) => {
                let bits = |row: usize| rows.get(row).copied().flatten();
                match (bits(a), bits(b)) {
                    (Some(a), Some(b)) => a.total_cmp(&b),
                    (a, b) => a.is_some().cmp(&b.is_some()),
                }
            }
        }
    }
}

//! The tables and their columns, read from `schema.tsv`.

use std::sync::OnceLock;

/// What a dataset consists of.
pub(super) const SCHEMA: &str = include_str!("schema.tsv");

/// A table of a dataset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "`schema.tsv` says what each is")]
pub enum TableName {
    Captures,
    Vms,
    Samples,
    Frames,
    Exits,
    ExitHistogram,
    Advice,
    SampleSeconds,
    SingleExits,
}

impl TableName {
    /// All of them, in the order of the schema.
    pub const ALL: [Self; 9] = [
        Self::Captures,
        Self::Vms,
        Self::Samples,
        Self::Frames,
        Self::Exits,
        Self::ExitHistogram,
        Self::Advice,
        Self::SampleSeconds,
        Self::SingleExits,
    ];

    /// What it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Captures => "captures",
            Self::Vms => "vms",
            Self::Samples => "samples",
            Self::Frames => "frames",
            Self::Exits => "exits",
            Self::ExitHistogram => "exit_histogram",
            Self::Advice => "advice",
            Self::SampleSeconds => "sample_seconds",
            Self::SingleExits => "single_exits",
        }
    }

    /// Whether captures have rows in it only where these were asked for.
    pub const fn is_on_request(self) -> bool {
        match self {
            Self::SampleSeconds | Self::SingleExits => true,
            Self::Captures
            | Self::Vms
            | Self::Samples
            | Self::Frames
            | Self::Exits
            | Self::ExitHistogram
            | Self::Advice => false,
        }
    }

    /// The first version of the schema that has it.
    pub const fn since(self) -> u32 {
        if self.is_on_request() { 2 } else { 1 }
    }

    /// The table of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.as_str() == name)
    }
}

/// What the values of a column are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueKind {
    /// Whole numbers of 64 bits, signed.
    Int,
    /// Numbers of 64 bits.
    Real,
    /// True or false.
    Flag,
    /// UTF-8.
    Text,
}

impl ValueKind {
    /// What it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Real => "real",
            Self::Flag => "flag",
            Self::Text => "text",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        let all = [Self::Int, Self::Real, Self::Flag, Self::Text];
        all.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A column of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ColumnSchema {
    /// What it is called.
    pub name: &'static str,
    /// What its values are.
    pub kind: ValueKind,
    /// What numbers count; empty for those that count nothing.
    pub unit: &'static str,
    /// Whether it is one of those that tell a row from all others of its partition.
    pub is_key: bool,
    /// What it means that a row has no value; empty where every row has one.
    pub absence: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// A table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableSchema {
    /// Which one.
    pub table: TableName,
    /// Its columns, in their order.
    pub columns: Vec<ColumnSchema>,
}

impl TableSchema {
    /// The place of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|found| found.name == column)
    }
}

/// What a dataset consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schema {
    /// Raised with each change that readers must know of.
    pub version: u32,
    /// The tables, each of [`TableName::ALL`] once.
    pub tables: Vec<TableSchema>,
}

impl Schema {
    /// The schema of what this program writes.
    pub fn own() -> &'static Self {
        static OWN: OnceLock<Schema> = OnceLock::new();
        OWN.get_or_init(|| Self::parse(SCHEMA))
    }

    /// Lines that are none are left out: a test holds that there are none.
    fn parse(text: &'static str) -> Self {
        let tables = TableName::ALL.into_iter().map(|table| TableSchema {
            table,
            columns: Vec::new(),
        });
        let mut schema = Self {
            version: 0,
            tables: tables.collect(),
        };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            match cells.as_slice() {
                ["version", version] => schema.version = version.parse().unwrap_or_default(),
                [table, name, kind, unit, key, absence, meaning] => {
                    let (table, kind) = (TableName::parse(table), ValueKind::parse(kind));
                    if let (Some(table), Some(kind)) = (table, kind)
                        && let Some(found) = schema.tables.iter_mut().find(|t| t.table == table)
                    {
                        found.columns.push(ColumnSchema {
                            name,
                            kind,
                            unit,
                            is_key: *key == "key",
                            absence,
                            meaning,
                        });
                    }
                }
                _ => {}
            }
        }
        schema
    }

    /// The columns of a table.
    pub fn table(&self, table: TableName) -> &TableSchema {
        // The tables stand in the order of the names.
        &self.tables[table as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line that is left out would be a column that nobody writes.
    #[test]
    fn every_line_is_a_column() {
        let schema = Schema::own();
        let lines = SCHEMA.lines().filter(|line| !line.starts_with('#'));
        let columns: usize = schema.tables.iter().map(|table| table.columns.len()).sum();
        // The version and the head are none.
        assert_eq!(lines.count(), columns + 2);
        assert!(schema.version > 0);
        for (table, name) in schema.tables.iter().zip(TableName::ALL) {
            assert_eq!(table.table, name);
            let is_key = |column: &ColumnSchema| column.is_key;
            assert!(table.columns.iter().any(is_key), "{name:?} has no key");
            for column in &table.columns {
                assert!(!column.meaning.is_empty(), "{name:?}.{}", column.name);
                let same = table.columns.iter().filter(|c| c.name == column.name);
                assert_eq!(same.count(), 1, "{name:?}.{}", column.name);
                assert!(!["date", "hour"].contains(&column.name), "{name:?}");
            }
        }
    }
}

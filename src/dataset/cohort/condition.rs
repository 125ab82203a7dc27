//! A condition over the columns of a dataset: `kernel = '6.12' AND tag = 'exit:pio'`.
//!
//! It is taken apart, and what engines get is put together again of what is known here: columns of the
//! schema, a list of words and functions, numbers, and texts in quotes. So nothing that is typed, or
//! that another program hands on, becomes another statement, a function that reads files, or a
//! subquery.

use std::collections::BTreeSet;

use super::token::{ConditionToken, tokens};
use crate::dataset::schema::{Schema, TableName};

/// Words between columns.
const WORDS: [&str; 20] = [
    "and", "or", "not", "in", "is", "null", "like", "ilike", "between", "true", "false", "escape",
    "case", "when", "then", "else", "end", "similar", "to", "distinct",
];

/// Words that stand only behind `IS DISTINCT`: nothing can be read from anything with it.
const FROM: &str = "from";

/// Functions of one row that engines have in common, and that reach nothing but their arguments.
const FUNCTIONS: [&str; 13] = [
    "lower",
    "upper",
    "length",
    "abs",
    "coalesce",
    "substr",
    "trim",
    "replace",
    "starts_with",
    "ends_with",
    "contains",
    "regexp_matches",
    "greatest",
];

/// What rows a condition chooses from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CohortRows {
    /// Samples, with their captures and VMs.
    Samples,
    /// Exits, with the same.
    Exits,
    /// VMs, with their captures.
    Vms,
}

impl CohortRows {
    /// The table that the rows are of.
    pub const fn table(self) -> TableName {
        match self {
            Self::Samples => TableName::Samples,
            Self::Exits => TableName::Exits,
            Self::Vms => TableName::Vms,
        }
    }

    /// The tables whose columns a condition may name.
    fn tables(self) -> BTreeSet<TableName> {
        BTreeSet::from([TableName::Captures, TableName::Vms, self.table()])
    }
}

/// A column that a condition names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct NamedColumn {
    /// Whose it is.
    pub table: TableName,
    /// What it is called.
    pub column: &'static str,
}

/// A condition over the columns of a dataset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CohortCondition {
    /// As the user wrote it.
    pub text: String,
    /// As engines get it: columns by the names `c` of captures, `v` of vms, `r` of the rows.
    pub(super) sql: String,
    /// The columns that it names.
    pub columns: BTreeSet<NamedColumn>,
}

/// A part of a condition.
struct ConditionPart {
    /// As engines get it.
    sql: String,
    /// How many words it was.
    tokens: usize,
}

impl CohortCondition {
    /// The condition that everything passes.
    pub fn everything() -> Self {
        Self {
            text: String::new(),
            sql: "TRUE".to_owned(),
            columns: BTreeSet::new(),
        }
    }

    /// Reads a condition.
    ///
    /// # Errors
    /// When `text` is none: what is wrong with it.
    pub fn parse(text: &str, rows: CohortRows) -> Result<Self, String> {
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Err("it is empty".to_owned());
        }
        let mut condition = Self {
            text: text.to_owned(),
            sql: String::new(),
            columns: BTreeSet::new(),
        };
        let (mut at, mut depth) = (0, 0_usize);
        while let Some(token) = tokens.get(at) {
            match token {
                ConditionToken::Sign("(") => depth += 1,
                ConditionToken::Sign(")") => {
                    let ended = depth.checked_sub(1);
                    depth = ended.ok_or("a parenthesis ends that began nowhere")?;
                }
                ConditionToken::Sign(_)
                | ConditionToken::Text(_)
                | ConditionToken::Number(_)
                | ConditionToken::Name(_) => {}
            }
            let part = condition.part(&tokens, at, rows)?;
            condition.sql.push_str(&part.sql);
            condition.sql.push(' ');
            at += part.tokens;
        }
        if depth > 0 {
            return Err("a parenthesis does not end".to_owned());
        }
        Ok(condition)
    }

    /// What engines get for the word at a place.
    fn part(
        &mut self,
        tokens: &[ConditionToken],
        at: usize,
        rows: CohortRows,
    ) -> Result<ConditionPart, String> {
        let one = |sql: &str| {
            Ok(ConditionPart {
                sql: sql.to_owned(),
                tokens: 1,
            })
        };
        let name = match tokens.get(at) {
            Some(ConditionToken::Text(text)) => {
                return one(&format!("'{}'", text.replace('\'', "''")));
            }
            Some(ConditionToken::Number(number)) => return one(number),
            Some(ConditionToken::Sign(".")) => {
                return Err("a point stands between no names".to_owned());
            }
            Some(ConditionToken::Sign(sign)) => return one(sign),
            Some(ConditionToken::Name(name)) => name,
            None => return one(""),
        };
        if let Some(word) = word(name, &tokens[..at], tokens.get(at + 1)) {
            return one(&word.to_ascii_uppercase());
        }
        let rest = [tokens.get(at + 1), tokens.get(at + 2)];
        if let [
            Some(ConditionToken::Sign(".")),
            Some(ConditionToken::Name(column)),
        ] = rest
        {
            let sql = self.add(of_table(name, column, rows)?, rows);
            return Ok(ConditionPart { sql, tokens: 3 });
        }
        one(&self.add(of_any_table(name, rows)?, rows))
    }

    /// Whether it names a column of a table.
    pub fn names(&self, table: TableName) -> bool {
        self.columns.iter().any(|found| found.table == table)
    }

    fn add(&mut self, found: NamedColumn, rows: CohortRows) -> String {
        self.columns.insert(found);
        let alias = if found.table == rows.table() {
            "r"
        } else if found.table == TableName::Captures {
            "c"
        } else {
            "v"
        };
        format!("{alias}.\"{}\"", found.column)
    }
}

/// A word or the name of a function, where `name` is one in its place.
fn word(
    name: &str,
    before: &[ConditionToken],
    next: Option<&ConditionToken>,
) -> Option<&'static str> {
    let is_called = next == Some(&ConditionToken::Sign("("));
    if is_called && let Some(function) = FUNCTIONS.into_iter().find(|known| *known == name) {
        return Some(function);
    }
    let is_distinct = before.last() == Some(&ConditionToken::Name("distinct".to_owned()));
    if name == FROM && is_distinct {
        return Some(FROM);
    }
    let is_column = next == Some(&ConditionToken::Sign("."));
    WORDS.into_iter().find(|word| *word == name && !is_column)
}

/// A column by its table and its name.
fn of_table(table: &str, column: &str, rows: CohortRows) -> Result<NamedColumn, String> {
    let known = rows.tables();
    let found = TableName::parse(table).filter(|table| known.contains(table));
    let found = found.ok_or_else(|| format!("{table:?} is no table of it: {}", listed(rows)))?;
    column_of(found, column).ok_or_else(|| no_column(&format!("{table}.{column}"), rows))
}

/// A column by its name alone.
fn of_any_table(column: &str, rows: CohortRows) -> Result<NamedColumn, String> {
    let found = rows.tables().into_iter();
    let found: Vec<NamedColumn> = found.filter_map(|table| column_of(table, column)).collect();
    let tables: Vec<TableName> = found.iter().map(|found| found.table).collect();
    let own = found.iter().find(|found| found.table == rows.table());
    match (found.as_slice(), own) {
        ([], _) => Err(no_column(column, rows)),
        ([one], _) => Ok(*one),
        // The key of captures is in every table; VMs are named by their rows.
        (_, Some(own)) if column == "capture" || !tables.contains(&TableName::Captures) => Ok(*own),
        (several, _) => {
            let names = several
                .iter()
                .map(|one| format!("{}.{column}", one.table.as_str()));
            let names = names.collect::<Vec<_>>().join(" or ");
            Err(format!("{column:?} may be {names}: say which"))
        }
    }
}

fn column_of(table: TableName, column: &str) -> Option<NamedColumn> {
    let columns = Schema::own().table(table).columns.iter();
    let partition = (table == TableName::Captures).then_some(["date", "hour"]);
    let mut names = columns
        .map(|found| found.name)
        .chain(partition.into_iter().flatten());
    let column = names.find(|name| *name == column)?;
    Some(NamedColumn { table, column })
}

fn no_column(column: &str, rows: CohortRows) -> String {
    let others = TableName::ALL.into_iter();
    let other = others
        .filter(|table| !rows.tables().contains(table))
        .find(|table| column_of(*table, column).is_some());
    match other {
        Some(table) => format!(
            "{column:?} is a column of {}, which the answer is not made of: {}",
            table.as_str(),
            listed(rows)
        ),
        None => format!(
            "{column:?} is no column, word or function of it: {}",
            listed(rows)
        ),
    }
}

/// The columns that a condition may name, by their tables.
fn listed(rows: CohortRows) -> String {
    let tables = rows.tables().into_iter().map(|table| {
        let columns = Schema::own().table(table).columns.iter();
        let columns: Vec<&str> = columns.map(|column| column.name).collect();
        let partition = if table == TableName::Captures {
            ", date, hour"
        } else {
            ""
        };
        format!("{}: {}{partition}", table.as_str(), columns.join(", "))
    });
    tables.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str, rows: CohortRows) -> Result<String, String> {
        CohortCondition::parse(text, rows).map(|condition| condition.sql.trim_end().to_owned())
    }

    /// Columns are found in their tables, and what stands in two is asked for.
    #[test]
    fn columns_are_those_of_captures_vms_and_the_rows() {
        let found = sql("Kernel = '6.12' and tag = 'exit:pio'", CohortRows::Samples);
        let expected = "c.\"kernel\" = '6.12' AND r.\"tag\" = 'exit:pio'";
        assert_eq!(found.as_deref(), Ok(expected));
        let found = sql(
            "vms.guest IS DISTINCT FROM 'Linux' OR vm IN (1, 2)",
            CohortRows::Exits,
        );
        let expected = "v.\"guest\" IS DISTINCT FROM 'Linux' OR r.\"vm\" IN ( 1 , 2 )";
        assert_eq!(found.as_deref(), Ok(expected));
        let found = sql(
            "date = '2026-11-26' AND lower(name) LIKE 'web%'",
            CohortRows::Vms,
        );
        let expected = "c.\"date\" = '2026-11-26' AND LOWER ( r.\"name\" ) LIKE 'web%'";
        assert_eq!(found.as_deref(), Ok(expected));
        let twice = sql("exits > 5", CohortRows::Exits).unwrap_err();
        assert!(twice.contains("captures.exits or exits.exits"), "{twice}");
        assert!(sql("captures.exits > 5", CohortRows::Exits).is_ok());
        let other = sql("tag = 'guest'", CohortRows::Exits).unwrap_err();
        assert!(other.contains("is a column of samples"), "{other}");
    }

    /// What would be another statement, a comment, a subquery or a function that reads files is none
    /// of a condition's words.
    #[test]
    fn a_condition_becomes_no_other_statement() {
        for wrong in [
            "",
            "1 = 1; DROP TABLE captures",
            "kernel = '6.12') OR (1 = 1",
            "(kernel = '6.12'",
            "kernel IN (SELECT kernel FROM captures)",
            "kernel IN (FROM read_csv('/etc/passwd'))",
            "kernel IN (VALUES ('x'))",
            "kernel IN (TABLE captures)",
            "kernel = getenv('HOME')",
            "kernel = read_text('/etc/passwd')",
            "kernel = \"getenv\"('HOME')",
            "kernel = lower.x",
            "kernel FROM captures",
            "samples.tag.x = 1",
            "kernel = 'a' UNION ALL kernel",
            "kernel = ?",
            "kernel = $$x$$",
            "kernel::text = 'x'",
        ] {
            assert!(sql(wrong, CohortRows::Exits).is_err(), "{wrong}");
        }
        // Two signs are never one again: no comment begins.
        let found = sql("cpus --1 > 0 /* x", CohortRows::Vms);
        assert!(found.is_err());
        let found = sql("cpus --1 > 0", CohortRows::Vms).unwrap();
        assert_eq!(found, "c.\"cpus\" - - 1 > 0");
        let found = sql("host = '''; DROP TABLE x --'", CohortRows::Vms).unwrap();
        assert_eq!(found, "c.\"host\" = '''; DROP TABLE x --'");
    }
}

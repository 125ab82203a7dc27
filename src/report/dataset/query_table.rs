//! An engine's answer as a table.

use serde_json::Value;

use crate::report::table::{Cell, Column, Quantity, Table, TableReport};

/// How many rows people see.
const SHOWN_ROWS: usize = 40;

/// The answer of an engine, as [`engine_script`](crate::dataset::engine_script) has it written, as a
/// table; `None` where it is something else.
pub fn query_table(answer: &str, title: &str, source: &str) -> Option<TableReport> {
    let mut lines = answer.lines().map(read_line);
    let mut columns: Vec<AnswerColumn> = Vec::new();
    loop {
        let line = lines.next()??;
        columns.push(AnswerColumn::of(&line)?);
        if columns.len() as u64 >= line.get("columns")?.as_u64()? {
            break;
        }
    }
    let heads = columns.iter().map(AnswerColumn::head).collect();
    let mut table = Table::new("answer", title, heads);
    for line in lines {
        let row = line?;
        let cells = columns.iter();
        let cells = cells.map(|column| column.cell(row.get(&column.name).unwrap_or(&Value::Null)));
        table.push(cells.collect());
    }
    if table.rows.is_empty() {
        table.notes.push("no rows".to_owned());
    }
    table.hidden_rows = table.rows.len().saturating_sub(SHOWN_ROWS);
    Some(TableReport {
        kind: "fleet",
        source: source.to_owned(),
        facts: Vec::new(),
        tables: vec![table],
        warnings: Vec::new(),
    })
}

/// What `DuckDB` writes of numbers that JSON does not have.
const NO_JSON: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// A line of the answer; words of [`NO_JSON`] become texts.
fn read_line(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok().or_else(|| {
        let mut quoted = String::new();
        let (mut rest, mut in_text) = (line, false);
        while let Some(first) = rest.chars().next() {
            let word = NO_JSON.iter().find(|word| rest.starts_with(**word));
            let taken = match (in_text, word, first) {
                (false, Some(word), _) => word.len(),
                // What is behind it ends no text.
                (true, _, '\\') => 2,
                _ => first.len_utf8(),
            };
            let (part, behind) = rest.split_at_checked(taken)?;
            if !in_text && word.is_some() {
                quoted.push_str(&format!("\"{part}\""));
            } else {
                quoted.push_str(part);
                in_text ^= first == '"';
            }
            rest = behind;
        }
        serde_json::from_str(&quoted).ok()
    })
}

/// A column of the answer.
struct AnswerColumn {
    name: String,
    quantity: Quantity,
}

impl AnswerColumn {
    /// Reads the line of a column. What numbers are is told by the end of the name, as in the tables of
    /// datasets.
    fn of(line: &Value) -> Option<Self> {
        let name = line.get("name")?.as_str()?;
        let kind = line.get("type")?.as_str()?;
        let is_whole = kind.ends_with("INTEGER") || kind.ends_with("INT");
        let is_number =
            is_whole || matches!(kind, "DOUBLE" | "FLOAT") || kind.starts_with("DECIMAL");
        let quantity = match name {
            _ if !is_number => Quantity::Text,
            _ if is_whole && name.ends_with("_ns") => Quantity::Nanoseconds,
            _ if name.ends_with("share") => Quantity::Share,
            _ if name.ends_with("per_second") => Quantity::PerSecond,
            _ if is_whole => Quantity::Count,
            _ => Quantity::Number,
        };
        let name = name.to_owned();
        Some(Self { name, quantity })
    }

    fn head(&self) -> Column {
        // Columns of all other tables are known when the program is built, and these live as long as
        // the program, which ends with its one answer.
        let [key, heading]: [&'static str; 2] =
            [self.name.clone(), self.name.replace('_', " ")].map(|text| &*text.leak());
        let meaning = "as the question says";
        Column::new(key, heading, self.quantity, meaning).or_absent("the question gives no value")
    }

    fn cell(&self, value: &Value) -> Cell {
        match (value, self.quantity) {
            (Value::Null, _) => Cell::Absent,
            (Value::String(text), _) => Cell::Text(text.clone()),
            (value, Quantity::Count) => whole(value, Cell::Count),
            (value, Quantity::Nanoseconds) => whole(value, Cell::Nanoseconds),
            (value, Quantity::Share) => number(value, Cell::Share),
            (value, Quantity::PerSecond) => number(value, Cell::PerSecond),
            (value, Quantity::Number) => number(value, Cell::Number),
            (value, _) => Cell::Text(value.to_string()),
        }
    }
}

/// A count, or a number below zero; one of more than 64 bits by its digits.
fn whole(value: &Value, cell: impl FnOnce(u64) -> Cell) -> Cell {
    match (value.as_u64(), value.as_i64()) {
        (Some(count), _) => cell(count),
        (None, Some(below)) => Cell::BelowZero(below),
        (None, None) => Cell::Text(value.to_string()),
    }
}

fn number(value: &Value, cell: impl FnOnce(f64) -> Cell) -> Cell {
    let number = value.as_f64();
    number.map_or_else(|| Cell::Text(value.to_string()), cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as `DuckDB` 2.0 writes them.
    #[test]
    fn an_answer_is_a_table_in_the_order_of_its_columns() {
        let answer = r#"{"number":1,"columns":4,"name":"z","type":"VARCHAR"}
{"number":2,"columns":4,"name":"time_ns","type":"HUGEINT"}
{"number":3,"columns":4,"name":"a_share","type":"DOUBLE"}
{"number":4,"columns":4,"name":"id","type":"BIGINT"}
{"z":"x\"y","time_ns":12,"a_share":0.5,"id":-7}
{"z":null,"time_ns":18446744073709551616,"a_share":null,"id":3}
"#;
        let report = query_table(answer, "t", "d").unwrap();
        let table = &report.tables[0];
        let keys: Vec<&str> = table.columns.iter().map(|column| column.key).collect();
        assert_eq!(keys, ["z", "time_ns", "a_share", "id"]);
        let text = |text: &str| Cell::Text(text.to_owned());
        let first = [
            text("x\"y"),
            Cell::Nanoseconds(12),
            Cell::Share(0.5),
            Cell::BelowZero(-7),
        ];
        assert_eq!(table.rows[0], first);
        assert_eq!(table.rows[1][0], Cell::Absent);
        assert_eq!(table.rows[1][3], Cell::Count(3));
        for wrong in [
            "",
            "x",
            "{}",
            "{\"number\":1,\"columns\":2,\"name\":\"a\",\"type\":\"INTEGER\"}",
        ] {
            assert!(query_table(wrong, "t", "d").is_none(), "{wrong}");
        }
    }

    /// Lines as `DuckDB` 2.0.1 writes them, of `corr(1, 1)`, of a sum without end, of both in a list and
    /// of a text that looks like them.
    #[test]
    fn numbers_that_are_none_are_told() {
        let answer = r#"{"number":1,"columns":4,"name":"n","type":"DOUBLE"}
{"number":2,"columns":4,"name":"i","type":"DOUBLE"}
{"number":3,"columns":4,"name":"l","type":"DOUBLE[]"}
{"number":4,"columns":4,"name":"t","type":"VARCHAR"}
{"n":NaN,"i":-Infinity,"l":[NaN,1.5,Infinity],"t":"\" NaN \\"}
"#;
        let report = query_table(answer, "t", "d").unwrap();
        let texts = [
            "NaN",
            "-Infinity",
            "[\"NaN\",1.5,\"Infinity\"]",
            "\" NaN \\",
        ];
        let expected = texts.map(|text| Cell::Text(text.to_owned()));
        assert_eq!(report.tables[0].rows, [expected]);
        assert!(query_table(&answer.replace("NaN,", "NaNaN,"), "t", "d").is_none());
    }
}

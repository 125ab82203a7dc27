//! Tables as a verb writes them: text for people, JSON or CSV where they are asked for.

use super::this_machine;
use super::write::Destination;
use vmflame::error::Result;
use vmflame::report::table::{Table, TableReport, as_json, as_text, write_csv};

/// In which form tables are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TableForm {
    /// For people, as wide as the terminal.
    Text,
    /// All tables, all rows.
    Json,
    /// One table, all rows.
    Csv,
}

impl TableForm {
    /// The form that the options `--json` and `--csv` ask for, of which one is given at most.
    pub(super) const fn of(json: bool, csv: bool) -> Self {
        match (csv, json) {
            (true, _) => Self::Csv,
            (false, true) => Self::Json,
            (false, false) => Self::Text,
        }
    }
}

/// Writes tables; as CSV the one that is `of_csv`, nothing without it.
pub(super) fn write_tables(
    tables: &TableReport,
    of_csv: Option<&Table>,
    form: TableForm,
    destination: &Destination,
) -> Result<()> {
    destination.write(|out| match form {
        TableForm::Csv => of_csv.map_or(Ok(()), |table| write_csv(table, out)),
        TableForm::Json => writeln!(out, "{:#}", as_json(tables)),
        TableForm::Text => {
            let is_stdout = destination.is_stdout();
            let columns = is_stdout.then(this_machine::columns).flatten();
            out.write_all(as_text(tables, columns).as_bytes())
        }
    })
}

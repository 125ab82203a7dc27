//! `vmflame fleet`: questions to a dataset.
//!
//! | file | what is in it |
//! |---|---|
//! | `engine` | the engine that answers: `DuckDB`, by its program or its Python module |

pub(super) mod engine;

use std::io::Read as _;
use std::path::PathBuf;

use super::inputs::Inputs;
use super::outcome::Outcome;
use super::table_output::{TableForm, write_tables};
use super::write::Destination;
use clap::Args;
use vmflame::dataset::{
    QueryWish, READY_QUERIES, ReadyQuery, Store, dimension_names, engine_script,
};
use vmflame::error::{Error, Problem, Result};
use vmflame::report::dataset::query_table;

/// Below the options of `fleet`.
pub(super) const HELP: &str = "\
Examples:
  vmflame fleet --list                                   the ready questions
  vmflame fleet fleet/ --query top-causes --by guest     which exits cost most, by guest system
  vmflame fleet fleet/ --query worst-hosts --csv         for a spreadsheet
  vmflame fleet fleet/ --query new-since --since 2026-11-25
  vmflame fleet fleet/ --sql \"SELECT host, sum(exits) AS exits FROM captures GROUP BY host\"
  vmflame fleet --explain cost > cost.sql                its SQL, to be changed

Engine:
  DuckDB answers, in a process of its own: pip install duckdb, or its program. It reads the files
  that dataset.json lists. The ready questions use SQL that engines have in common.

Exit status:
  0  done
  2  an error, no engine, or a question that it refuses";

#[derive(Args, Debug)]
pub(super) struct FleetOptions {
    /// The dataset's folder.
    #[arg(value_name = "DIR", required_unless_present_any = ["list", "explain"])]
    folder: Option<PathBuf>,
    /// A ready question: see --list.
    #[arg(long, value_name = "NAME", conflicts_with = "sql")]
    query: Option<String>,
    /// A question of your own, one SELECT; - reads it from standard input. The tables are those of
    /// `vmflame dataset schema`.
    #[arg(long, value_name = "SQL", allow_hyphen_values = true)]
    sql: Option<String>,
    /// What top-causes tells causes apart by: kernel, cpu, machine, host, date, guest, vmm, vm,
    /// direction.
    #[arg(long, value_name = "WHAT", requires = "query")]
    by: Option<String>,
    /// The date since which new-since counts what is new: YYYY-MM-DD.
    #[arg(long, value_name = "DATE", requires = "query")]
    since: Option<String>,
    /// List the ready questions.
    #[arg(long)]
    list: bool,
    /// Print what a ready question answers, and its SQL.
    #[arg(long, value_name = "NAME")]
    explain: Option<String>,
    /// The program that answers: duckdb, or a python3 that has the module duckdb (default: whichever is
    /// there).
    #[arg(long, value_name = "PROGRAM")]
    engine: Option<PathBuf>,
    /// Print JSON: all rows.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values: all rows.
    #[arg(long)]
    csv: bool,
    /// Write to this file instead of standard output.
    #[arg(short, long, default_value = "-", value_name = "FILE")]
    output: PathBuf,
}

/// A question as it is asked.
struct FleetQuestion {
    title: String,
    sql: String,
}

pub(super) fn run(options: &FleetOptions) -> Result<Outcome> {
    let destination = Destination::new(&options.output, &Inputs::default())?;
    let text = match &options.explain {
        Some(name) => Some(ready(name)?.text.to_owned()),
        None if options.list => Some(listed()),
        None => None,
    };
    if let Some(text) = text {
        destination.write(|out| out.write_all(text.as_bytes()))?;
        return Ok(Outcome::Done);
    }
    let question = options.question()?;
    let Some(folder) = &options.folder else {
        return Ok(Outcome::Done);
    };
    let store = Store::open(folder)?;
    // While the engine reads, nobody removes files.
    let _lock = store.read_lock()?;
    let manifest = store.manifest()?;
    let script = engine_script(&store, &manifest, &question.sql);
    let answer = engine::answer(options.engine.as_deref(), &script)?;
    let source = folder.display().to_string();
    let Some(tables) = query_table(&answer, &question.title, &source) else {
        let what = "the engine's answer is no table".to_owned();
        return Err(Error::from(Problem::Arguments(what))
            .with_hint("--sql takes one SELECT; duckdb 1.0 or later answers it"));
    };
    let form = TableForm::of(options.json, options.csv);
    write_tables(&tables, tables.tables.first(), form, &destination)?;
    Ok(Outcome::Done)
}

impl FleetOptions {
    fn question(&self) -> Result<FleetQuestion> {
        if let Some(sql) = &self.sql {
            let mut text = sql.clone();
            if sql == "-" {
                text.clear();
                let failed = |source| Error::io("read", "standard input".as_ref(), source);
                std::io::stdin().read_to_string(&mut text).map_err(failed)?;
            }
            let title = "answer".to_owned();
            return Ok(FleetQuestion { title, sql: text });
        }
        let query = ready(self.query.as_deref().unwrap_or_default())?;
        let wish = QueryWish {
            by: self.by.clone(),
            since: self.since.clone(),
        };
        let sql = query.filled(&wish).ok_or_else(|| {
            let by = dimension_names().join(", ");
            let what = format!("{} takes no such --by or --since", query.name);
            let hint = format!("top-causes takes --by {by}; new-since takes --since YYYY-MM-DD");
            Error::from(Problem::Arguments(what)).with_hint(hint)
        })?;
        let title = query.title().to_owned();
        Ok(FleetQuestion { title, sql })
    }
}

fn ready(name: &str) -> Result<ReadyQuery> {
    let found = ReadyQuery::named(name);
    found.ok_or_else(|| {
        let what = if name.is_empty() {
            "no question: neither --query nor --sql is given".to_owned()
        } else {
            format!("no ready question is called {name:?}")
        };
        let known = READY_QUERIES.map(|query| query.name).join(", ");
        Error::from(Problem::Arguments(what)).with_hint(format!("--query takes {known}"))
    })
}

/// The ready questions, each with what it answers.
fn listed() -> String {
    let mut text = String::new();
    for query in READY_QUERIES {
        let (name, title) = (query.name, query.title());
        text.push_str(&format!("{name}\n  {title}. {}\n", query.explanation()));
    }
    text
}

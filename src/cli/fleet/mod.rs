//! `vmflame fleet`: questions to a dataset.
//!
//! | file | what is in it |
//! |---|---|
//! | `engine` | the engine that answers: `DuckDB`, by its program or its Python module |
//! | `asked_dataset` | a dataset that it is asked about, in a folder or in S3 |
//! | `aws` | keys, region and server of S3, where AWS's own tools look for them |
//! | `aws_file` | a file of those tools |
//! | `wrong_s3` | what is refused of places in S3, each with its hint |

mod asked_dataset;
mod aws;
mod aws_file;
mod engine;
mod wrong_s3;

use std::io::Read as _;
use std::path::PathBuf;

pub(super) use asked_dataset::AskedDataset;
pub(super) use wrong_s3::{WrongS3, is_in_s3};

use super::inputs::Inputs;
use super::options::EngineOption;
use super::outcome::Outcome;
use super::table_output::{TableForm, write_tables};
use super::write::Destination;
use clap::Args;
use vmflame::dataset::{QueryWish, READY_QUERIES, ReadyQuery, dimension_names, engine_script};
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
  vmflame fleet s3://bucket/fleet --query trend          a dataset in S3

Engine:
  DuckDB answers, in a process of its own: pip install duckdb, or its program. It reads the files
  that dataset.json lists. The ready questions use SQL that engines have in common.

Datasets in S3:
  Verbs that ask a dataset take s3://BUCKET/PREFIX in place of a folder, where a copy of one lies. DuckDB
  reads it by its extension httpfs, which is installed once: duckdb -c 'INSTALL httpfs', or python3 -c
  \"import duckdb; duckdb.sql('INSTALL httpfs')\". It takes DuckDB 1.2 or later.
  Keys, region and server are where AWS's own tools look for them: AWS_ACCESS_KEY_ID,
  AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else the
  profile of AWS_PROFILE in ~/.aws/credentials and ~/.aws/config. Of a role, a container or a login
  nobody is asked: eval \"$(aws configure export-credentials --format env)\" sets what these give. Where
  there are no keys, a secret counts that DuckDB itself keeps, else it is asked as anyone may. The keys go
  to the engine's standard input, for this place only; a question reads nothing else in S3 or by HTTP.
  To write: vmflame dataset add into a folder, then copy it, the list of files last:
    aws s3 sync DIR s3://BUCKET/PREFIX --exclude dataset.json --exclude '.*' --exclude '_staging/*'
    aws s3 cp DIR/dataset.json s3://BUCKET/PREFIX/dataset.json

Exit status:
  0  done
  2  an error, no engine, or a question that it refuses";

#[derive(Args, Debug)]
pub(super) struct FleetOptions {
    /// The dataset's folder, or its place in S3: `s3://BUCKET/PREFIX`.
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
    #[command(flatten)]
    engine: EngineOption,
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
    let dataset = AskedDataset::open(folder, &options.engine)?;
    let script = engine_script(&dataset.root, &dataset.manifest, &question.sql);
    let answer = dataset.ask(&script)?;
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

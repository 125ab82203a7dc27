//! `vmflame dataset`: captures of many hosts, as tables.
//!
//! | file | what is in it |
//! |---|---|
//! | `add` | captures into a dataset |
//! | `case` | a case as rows |
//! | `convert` | for `convert --format parquet`: the tables of one capture |
//! | `damaged_file` | a file whose reader panics, as an error |
//! | `kept` | what is done with a dataset that is there: schema, check, compact; the script for Spark |
//! | `made_up` | for `bench --generate`: a made-up fleet |

mod add;
mod case;
mod convert;
mod damaged_file;
mod kept;
mod made_up;

use super::outcome::Outcome;
use add::AddOptions;
use clap::Subcommand;
pub(super) use convert::convert;
use kept::{FolderOptions, SchemaOptions};
pub(super) use made_up::generate;
use vmflame::error::Result;

/// Below the verbs of `dataset`.
pub(super) const HELP: &str = "\
Examples:
  vmflame dataset add host1.data host2.tar.zst -o fleet    rows of two captures; begins the dataset
  vmflame dataset add perf.data -o fleet --recorded-at 2026-11-26T18:00:00Z
  vmflame dataset add perf.data -o fleet --each-exit       a row for each exit, too
  vmflame dataset check fleet                              whether every row is there once
  vmflame dataset compact fleet                            many small files into few
  vmflame dataset schema                                   tables, columns, units, keys
  duckdb -c \"SELECT tag, sum(cpu_ns) / 1e9 FROM 'fleet/samples/*/*/*.parquet' GROUP BY tag\"

On a cluster:
  vmflame dataset spark-job > spark_job.py                 its --help tells the rest
  spark-submit --master yarn spark_job.py add /captures -o /shared/fleet --report added.csv
  vmflame fleet --explain top-causes > top-causes.sql
  spark-submit --master yarn spark_job.py query /shared/fleet top-causes.sql

Files:
  DIR/dataset.json                      the list of files: what is not in it does not count
  DIR/TABLE/date=YYYY-MM-DD/hour=H/     rows, by the time of recording in UTC

  vmflame fleet --help says how a dataset gets into S3, where it is read.

  Several may add at once, and one compact meanwhile, on a file system with flock(2). A writer that
  is killed leaves the dataset as it was. A capture that is there already is not added again.

Exit status:
  0  done
  2  an error, a case that could not be read, damaged input, or a dataset that is not whole";

#[derive(Subcommand, Debug)]
pub(super) enum DatasetVerb {
    /// Add captures to a dataset, which is begun where there is none.
    Add(Box<AddOptions>),
    /// Read all of a dataset, and say whether every row is there once.
    Check(FolderOptions),
    /// Write many small files into few: of each date and hour, those of a table into one.
    Compact(FolderOptions),
    /// Print the tables and columns of datasets.
    Schema(SchemaOptions),
    /// Print a script for Spark (Python): it adds captures in parallel on a cluster, and asks datasets.
    SparkJob,
}

impl DatasetVerb {
    /// Refuses places that are not there.
    pub(super) fn settle(&mut self) -> Result<()> {
        match self {
            Self::Add(options) => options.settle(),
            Self::Check(_) | Self::Compact(_) | Self::Schema(_) | Self::SparkJob => Ok(()),
        }
    }
}

pub(super) fn run(verb: &DatasetVerb, quiet: bool) -> Result<Outcome> {
    damaged_file::watch();
    match verb {
        DatasetVerb::Add(options) => add::run(options, quiet),
        DatasetVerb::Check(options) => kept::check(options),
        DatasetVerb::Compact(options) => kept::compact(options, quiet),
        DatasetVerb::Schema(options) => kept::schema(options),
        DatasetVerb::SparkJob => kept::spark_job(),
    }
}

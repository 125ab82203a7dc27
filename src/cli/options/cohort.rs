//! Which part of a dataset is meant.

use std::path::PathBuf;

use clap::Args;

// Which part of a dataset is meant, where the input is one.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Datasets")]
pub(crate) struct CohortOptions {
    /// Of a dataset (vmflame dataset add) only what passes this SQL condition, as in
    /// "kernel = '6.12' AND guest = 'Linux'": over columns of tables captures and vms, and of samples for
    /// convert (tag = 'exit:pio') and of exits for exits; a name that two tables have is written
    /// captures.exits. vmflame dataset schema lists the columns, with date and hour. Without a
    /// condition it is all of it.
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) condition: Option<String>,
    #[command(flatten)]
    pub(crate) engine: EngineOption,
}

// Who answers questions to datasets.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Datasets")]
pub(crate) struct EngineOption {
    /// The program that reads a dataset: duckdb, or a python3 that has the module duckdb (default:
    /// whichever is there).
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) engine: Option<PathBuf>,
    /// The server of a dataset in S3 (`s3://BUCKET/PREFIX`), where it is not Amazon's: `http://HOST:PORT`
    /// or `https://HOST` (default: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, or that of the profile).
    #[arg(long, value_name = "URL")]
    pub(crate) s3_endpoint: Option<String>,
}

// The two cohorts of a comparison.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Datasets")]
pub(crate) struct CohortSides {
    /// Of a dataset (vmflame dataset add), which is the only input then, what was before: an SQL
    /// condition over columns of tables captures and vms, as in "kernel = '6.1'" or "date <
    /// '2026-11-25' AND cpu LIKE '%EPYC%'". Hosts are the unit: each has the mean of its recordings, and
    /// what hosts differ by anyway decides what is marked; hosts of both sides are compared with
    /// themselves.
    #[arg(id = "before_where", long = "before", value_name = "CONDITION")]
    #[arg(requires = "after_where", conflicts_with = "after")]
    pub(crate) before: Option<String>,
    /// The same of what came after.
    #[arg(id = "after_where", long = "after", value_name = "CONDITION")]
    #[arg(requires = "before_where")]
    pub(crate) after: Option<String>,
    /// Print comma-separated values of cohorts: all rows.
    #[arg(long, requires = "before_where", conflicts_with = "json")]
    pub(crate) csv: bool,
    #[command(flatten)]
    pub(crate) engine: EngineOption,
}

impl EngineOption {
    /// The first of these options that is given.
    pub(crate) const fn first_given(&self) -> Option<&'static str> {
        if self.engine.is_some() {
            Some("--engine")
        } else if self.s3_endpoint.is_some() {
            Some("--s3-endpoint")
        } else {
            None
        }
    }
}

impl CohortSides {
    /// Both conditions, where cohorts are compared.
    pub(crate) fn both(&self) -> Option<[String; 2]> {
        Some([self.before.clone()?, self.after.clone()?])
    }
}

//! Which part of a dataset is meant.

use std::path::PathBuf;

use clap::Args;

/// Which part of a dataset is meant, where the input is one.
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

/// Who answers questions to datasets.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Datasets")]
pub(crate) struct EngineOption {
    /// The program that reads a dataset: duckdb, or a python3 that has the module duckdb (default:
    /// whichever is there).
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) engine: Option<PathBuf>,
}

//! The options of `vmflame report`.

use std::path::PathBuf;

#[cfg(feature = "fleet")]
use crate::cli::options::CohortOptions;
use crate::cli::options::also_k;
use crate::cli::options::headings::{OUTPUT, STACKS};
use crate::cli::options::{
    DebuginfodOptions, DeviceOptions, FilterOptions, InputOptions, NameOptions,
};
use clap::Args;

#[derive(Args, Debug)]
#[command(mut_arg("kallsyms", also_k))]
pub(in crate::cli) struct ReportOptions {
    #[command(flatten)]
    pub(in crate::cli) page: PageOptions,
    /// Write to this file, `-` for standard output. The file appears whole or not at all, and never
    /// in the place of an input. A name that ends in .gz or .zst is compressed.
    #[arg(short, long, value_name = "FILE", default_value = "-", help_heading = OUTPUT)]
    pub(in crate::cli) output: PathBuf,
    #[cfg(feature = "fleet")]
    #[command(flatten)]
    pub(in crate::cli) cohort: CohortOptions,
}

// What is on the page.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct PageOptions {
    #[command(flatten)]
    pub(in crate::cli) input: InputOptions,
    #[command(flatten)]
    pub(in crate::cli) debuginfod: DebuginfodOptions,
    /// A later capture of the same host: both are shown side by side, with what changed.
    #[arg(long, value_name = "CAPTURE")]
    pub(in crate::cli) after: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) filter: FilterOptions,
    #[command(flatten)]
    pub(in crate::cli) names: NameOptions,
    /// Leave the idle loops of host CPUs out of the flame graph.
    #[arg(long, help_heading = STACKS)]
    pub(in crate::cli) no_idle: bool,
    #[command(flatten)]
    pub(in crate::cli) devices: DeviceOptions,
    /// The page's title (default: the names of the input and of the host).
    #[arg(long, value_name = "TEXT", help_heading = OUTPUT)]
    pub(in crate::cli) title: Option<String>,
}

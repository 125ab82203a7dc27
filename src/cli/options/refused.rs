//! Filters of perf's that are not taken.

use crate::cli::wrong_arguments::WrongArguments;
use clap::Args;
use vmflame::error::Result;

// Filters of perf's that are not taken: they are refused with what does the same.
#[derive(Args, Clone, Debug)]
pub(crate) struct RefusedOptions {
    #[arg(short = 'S', long, alias = "symbol", num_args = 0..=1, default_missing_value = "")]
    #[arg(hide = true)]
    pub(crate) symbols: Option<String>,
    #[arg(short = 'd', long, alias = "dso", num_args = 0..=1, default_missing_value = "")]
    #[arg(hide = true)]
    pub(crate) dsos: Option<String>,
}

impl RefusedOptions {
    /// Refuses those that are given.
    pub(crate) fn refuse(&self) -> Result<()> {
        if self.symbols.is_some() {
            return Err(WrongArguments::ByFunction.into());
        }
        if self.dsos.is_some() {
            return Err(WrongArguments::ByObject.into());
        }
        Ok(())
    }
}

//! Datasets as inputs of `convert`, `exits`, `advise`, `report` and `diff`.
//!
//! In: a dataset's folder and a condition. Out: what these verbs say of a capture, of all captures that
//! pass. What a dataset does not keep, such as times of samples, is refused by name.
//!
//! | file | what is in it |
//! |---|---|
//! | `input` | a dataset as an input, and what is asked of it |
//! | `convert` | merged stacks |
//! | `exits` | merged tables of exits |
//! | `diff` | two cohorts, compared |
//! | `advise` | how often rules spoke |
//! | `report` | these three as one page |
//! | `wrong_cohort` | what is refused, each with its hint |

mod advise;
mod convert;
mod diff;
mod exits;
mod input;
mod report;
mod wrong_cohort;

use super::command::Command;
use super::outcome::Outcome;
use input::{is_compared, is_dataset};
use vmflame::error::Result;

/// Runs a verb whose input is a dataset; `None` where it is none.
///
/// # Errors
/// When an option wants a dataset that is not there, or the verb fails.
pub(super) fn run(command: &Command, quiet: bool) -> Result<Option<Outcome>> {
    let outcome = match command {
        Command::Convert(options) if is_dataset(&options.input.input, &options.cohort)? => {
            convert::run(options, quiet)
        }
        Command::Exits(options) if is_dataset(&options.input.input, &options.cohort)? => {
            exits::run(options)
        }
        Command::Report(options) if is_dataset(&options.page.input.input, &options.cohort)? => {
            report::run(options)
        }
        Command::Diff(options) if is_compared(options)? => diff::run(options, quiet),
        Command::Advise(options) => return advise::run(options),
        Command::Record(_)
        | Command::Convert(_)
        | Command::Info(_)
        | Command::Threads(_)
        | Command::Exits(_)
        | Command::Stat(_)
        | Command::Blockio(_)
        | Command::Diff(_)
        | Command::Report(_)
        | Command::View(_)
        | Command::Pack(_)
        | Command::Bench(_)
        | Command::Dataset(_)
        | Command::Fleet(_)
        | Command::Completions(_)
        | Command::Man(_) => return Ok(None),
    };
    outcome.map(Some)
}

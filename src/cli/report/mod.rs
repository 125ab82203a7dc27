//! `vmflame report`: all of it as one page, to be sent.
//!
//! | file | what it does |
//! |---|---|
//! | `options` | its options |
//! | `side` | one capture, read once for each of the analyses |
//! | `advice` | what it tells, as evidence |
//! | `provenance` | what it is, and what should be known of it |
//! | `compose` | the page of one capture or of two |

mod advice;
mod compose;
mod options;
mod provenance;
mod side;

use std::path::Path;

use self::compose::compose;
pub(super) use self::options::ReportOptions;
use self::side::{SideRead, read_side};
use super::options::InputOptions;
use super::outcome::Outcome;
use super::write::Destination;
use super::wrong_arguments::WrongArguments;
use crate::cli::this_machine;
use vmflame::before_after::SideRole;
use vmflame::error::Result;

pub(super) fn run(options: &ReportOptions, quiet: bool) -> Result<Outcome> {
    let mut inputs = this_machine::inputs(&options.input);
    inputs.files.extend(options.devices.mtree.as_deref());
    inputs.captures.extend(options.after.as_deref());
    let destination = Destination::new(&options.output, &inputs)?;
    destination.refuse_terminal("a page of HTML", "-o report.html writes it to a file")?;
    let sides = read_sides(options, quiet)?;
    destination.write(|out| compose(options, &sides, out))?;
    if !quiet {
        for side in &sides {
            side.speak();
        }
    }
    let is_damaged = sides.iter().any(|side| side.is_damaged);
    Ok(if is_damaged {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

/// Reads the capture, or both.
fn read_sides(options: &ReportOptions, quiet: bool) -> Result<Vec<SideRead>> {
    let Some(after) = &options.after else {
        return Ok(vec![read_side(options, &options.input, None, quiet)?]);
    };
    let stdin = Path::new("-");
    if options.input.input == stdin && after == stdin {
        return Err(WrongArguments::StandardInputTwice.into());
    }
    let later = InputOptions {
        input: after.clone(),
        ..options.input.clone()
    };
    Ok(vec![
        read_side(options, &options.input, Some(SideRole::Before), quiet)?,
        read_side(options, &later, Some(SideRole::After), quiet)?,
    ])
}

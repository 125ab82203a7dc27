//! `vmflame report`: all of it as one page, to be sent.
//!
//! | file | what it does |
//! |---|---|
//! | `options` | its options |
//! | `side` | one capture, read once for each of the analyses |
//! | `advice` | what it tells, as evidence |
//! | `provenance` | what it is, and what should be known of it |
//! | `comparison` | what changed between two |
//! | `compose` | the page of one capture or of two |

mod advice;
mod comparison;
mod compose;
mod options;
mod provenance;
mod side;

use std::io::{self, Write};
use std::path::Path;

use self::comparison::comparison;
use self::compose::compose;
pub(super) use self::options::{PageOptions, ReportOptions};
use self::side::{SideRead, read_side, words};
use super::options::InputOptions;
use super::outcome::Outcome;
use super::write::Destination;
use super::wrong_arguments::WrongArguments;
use crate::cli::this_machine;
use vmflame::before_after::SideRole;
use vmflame::diff::Comparison;
use vmflame::error::Result;
use vmflame::report::page::{ListedPage, SideAdvice};

pub(super) fn run(options: &ReportOptions, quiet: bool) -> Result<Outcome> {
    let page = &options.page;
    let mut inputs = this_machine::inputs(&page.input);
    inputs.files.extend(page.devices.files());
    inputs.captures.extend(page.after.as_deref());
    let destination = Destination::new(&options.output, &inputs)?;
    destination.refuse_terminal("a page of HTML", "-o report.html writes it to a file")?;
    let read = ReadPage::of(page, quiet)?;
    destination.write(|out| read.write(page, out))?;
    if !quiet {
        read.speak();
    }
    Ok(read.outcome())
}

/// What a page is made of.
pub(super) struct ReadPage {
    sides: Vec<SideRead>,
    /// What changed, or why that cannot be told; `None` of one capture.
    changes: Option<std::result::Result<Comparison, String>>,
}

impl ReadPage {
    /// Reads the capture, or both.
    pub(super) fn of(options: &PageOptions, quiet: bool) -> Result<Self> {
        Ok(Self {
            sides: read_sides(options, quiet)?,
            changes: changes(options),
        })
    }

    /// Writes the page.
    pub(super) fn write(&self, options: &PageOptions, out: &mut dyn Write) -> io::Result<()> {
        compose(options, &self.sides, self.changes.as_ref(), out)
    }

    /// Says what should be known before the page is believed.
    pub(super) fn speak(&self) {
        self.sides.iter().for_each(SideRead::speak);
    }

    /// Its entry in a list of pages that is at this place.
    pub(super) fn listed(&self, href: String) -> Option<ListedPage> {
        let side = self.sides.first()?;
        Some(ListedPage {
            href,
            source: side.source.clone(),
            title: side.title.clone(),
            subtitle: side.subtitle.clone(),
            found: ListedPage::found(SideAdvice {
                evidence: &side.evidence,
                findings: &side.findings,
            }),
        })
    }

    /// How the command ends.
    pub(super) fn outcome(&self) -> Outcome {
        if self.sides.iter().any(|side| side.is_damaged) {
            Outcome::Damaged
        } else {
            Outcome::Done
        }
    }
}

/// What changed, or why that cannot be told; `None` of one capture.
fn changes(options: &PageOptions) -> Option<std::result::Result<Comparison, String>> {
    let after = options.after.as_deref()?;
    let told = match comparison(options, after) {
        Ok(Some(comparison)) => Ok(comparison),
        Ok(None) => Err("The captures are not taken for two sides.".to_owned()),
        Err(error) => Err(format!("They cannot be compared: {}", words(&error))),
    };
    Some(told)
}

/// Reads the capture, or both.
fn read_sides(options: &PageOptions, quiet: bool) -> Result<Vec<SideRead>> {
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

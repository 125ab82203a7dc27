//! `vmflame info`: what is in a capture.

use super::options::InputOptions;
use super::outcome::Outcome;
use super::write::Destination;
use crate::cli::{standard_input, this_machine};
use clap::Args;
use vmflame::analysis::survey;
use vmflame::error::Result;
use vmflame::report::info::{CaptureFacts, as_json, as_text};
use vmflame::report::remarks;

#[derive(Args, Debug)]
pub(super) struct InfoOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

pub(crate) fn run(options: &InfoOptions, quiet: bool) -> Result<Outcome> {
    let destination = Destination::stdout(&this_machine::inputs(&options.input))?;
    let (input, capture) = standard_input::open(&options.input, quiet)?;
    let symbols = this_machine::symbols(&options.input, &input);
    let survey = survey(
        &capture,
        &symbols,
        this_machine::threads(options.input.threads),
    )?;
    let facts = CaptureFacts::of(&capture, &survey);
    let text = if options.json {
        format!("{:#}\n", as_json(&facts))
    } else {
        as_text(&facts)
    };
    destination.write(|out| out.write_all(text.as_bytes()))?;
    let is_damaged = input.is_damaged || remarks::is_damaged(&capture, &survey.account.tally);
    Ok(if is_damaged {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

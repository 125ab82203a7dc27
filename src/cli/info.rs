//! `vmflame info`: what is in a capture.

use super::options::{DebuginfodOptions, FilterOptions, InputOptions};
use super::outcome::Outcome;
use super::top::{self, TopOptions};
use super::write::Destination;
use crate::cli::options::also_k;
use crate::cli::{debuginfod, standard_input, this_machine, vms};
use clap::Args;
use vmflame::analysis::survey_of;
use vmflame::error::{Error, Problem, Result};
use vmflame::input::Opened;
use vmflame::report::info::{CaptureFacts, as_json, as_text, names_as_text, trace_dat};
use vmflame::report::remarks;
use vmflame::tracedat::TraceDat;

#[derive(Args, Debug)]
#[command(mut_arg("kallsyms", also_k))]
pub(super) struct InfoOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    #[command(flatten)]
    pub(super) debuginfod: DebuginfodOptions,
    /// List the objects that samples hit, those of the most samples first: how much of each has
    /// names, why the rest has none, and the command or option that would help.
    #[arg(long, conflicts_with = "json")]
    pub(super) names: bool,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) top: TopOptions,
}

pub(crate) fn run(options: &InfoOptions, quiet: bool) -> Result<Outcome> {
    if options.top.top.is_some() {
        let downloads = &options.debuginfod;
        return top::run(&options.input, downloads, &options.top, options.json, quiet);
    }
    let asked_vms = &options.top.filter.vm;
    // Of single VMs it tells stacks, objects and names.
    let others = FilterOptions {
        vm: Vec::new(),
        ..options.top.filter.clone()
    };
    if let Some(option) = others.first_given() {
        let wrong = format!("{option} chooses samples, and info without --top is of all of them");
        return Err(Error::from(Problem::Arguments(wrong)).with_hint("vmflame info --top"));
    }
    let destination = Destination::stdout(&this_machine::inputs(&options.input))?;
    let (input, opened) = standard_input::open_any(&options.input, quiet)?;
    let capture = match opened {
        Opened::TraceDat(trace) => {
            vms::refuse_all(asked_vms)?;
            return of_trace_dat(&trace, options.json, &destination);
        }
        opened @ (Opened::Capture(_) | Opened::TraceText(_) | Opened::Text(_)) => {
            opened.capture()?
        }
    };
    let symbols = this_machine::symbols(&options.input, &input);
    let threads = this_machine::threads(options.input.threads);
    let asked = options.debuginfod.asked(threads);
    let downloads = debuginfod::complete(asked, &capture, &symbols, quiet)?;
    let pids = vms::pids(asked_vms, &input, &capture, threads)?;
    let mut survey = survey_of(&capture, &symbols, &pids, threads)?;
    downloads.tell(&mut survey.account);
    let facts = CaptureFacts::of(&capture, &survey);
    let text = if options.json {
        format!("{:#}\n", as_json(&facts))
    } else if options.names {
        names_as_text(&facts)
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

fn of_trace_dat(trace: &TraceDat, json: bool, destination: &Destination) -> Result<Outcome> {
    let facts = trace_dat::TraceDatFacts::of(trace);
    let text = if json {
        format!("{:#}\n", trace_dat::as_json(&facts))
    } else {
        trace_dat::as_text(&facts)
    };
    destination.write(|out| out.write_all(text.as_bytes()))?;
    Ok(if facts.is_damaged() {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

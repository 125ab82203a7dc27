//! `vmflame advise`: what makes VMs slow, and what helps.

use std::path::{Path, PathBuf};

#[cfg(feature = "fleet")]
use super::options::CohortOptions;
use super::options::headings::OUTPUT;
use super::options::{CasePlaces, DeviceOptions, FilterOptions};
use super::outcome::Outcome;
use super::read_case::{CaseWish, read_case};
use super::write::Destination;
use super::wrong_arguments::WrongArguments;
use crate::cli::{inputs::Inputs, standard_input, this_machine};
use clap::Args;
use vmflame::analysis::TimeRequest;
use vmflame::error::Result;
use vmflame::report::advice::{
    ChosenBy, Evidence, advise, as_json, as_text, explain_rule, list_rules, quoted, retain_vms,
    rule_named, wanted_views,
};

#[derive(Args, Debug)]
pub(super) struct AdviseOptions {
    /// Captures of one host: perf.data files, capture directories, trace.dat files or texts of
    /// tracepoints; with kvm tracepoints, with call stacks, or with both; `-` for standard input.
    #[arg(default_value = "perf.data")]
    pub(super) inputs: Vec<PathBuf>,
    /// The same, as perf takes it.
    #[arg(
        short = 'i',
        long = "input",
        value_name = "INPUT",
        conflicts_with = "inputs"
    )]
    pub(super) named: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long, help_heading = OUTPUT)]
    pub(super) json: bool,
    /// Tell how a rule concludes, with its sources; without a name, list the rules. Nothing is read.
    #[arg(long, value_name = "RULE", num_args = 0..=1, default_missing_value = "")]
    #[arg(help_heading = OUTPUT)]
    pub(super) explain: Option<String>,
    #[command(flatten)]
    pub(super) filter: FilterOptions,
    #[command(flatten)]
    pub(super) devices: DeviceOptions,
    #[command(flatten)]
    pub(super) places: CasePlaces,
    #[cfg(feature = "fleet")]
    #[command(flatten)]
    pub(super) cohort: CohortOptions,
}

impl AdviseOptions {
    /// Puts the inputs in one place, whichever way they were named.
    ///
    /// # Errors
    /// When a place that was named is not there, or standard input is named twice.
    pub(super) fn settle(&mut self) -> Result<()> {
        if !self.named.is_empty() {
            self.inputs = std::mem::take(&mut self.named);
        }
        let streams = self.inputs.iter().filter(|path| **path == *Path::new("-"));
        if streams.count() > 1 {
            return Err(WrongArguments::StandardInputTwice.into());
        }
        self.places.check()
    }
}

pub(super) fn run(options: &AdviseOptions, quiet: bool) -> Result<Outcome> {
    let destination = Destination::stdout(&Inputs {
        captures: options.inputs.iter().map(PathBuf::as_path).collect(),
        ..Inputs::default()
    })?;
    if let Some(name) = &options.explain {
        let text = explained(name)?;
        destination.write(|out| out.write_all(text.as_bytes()))?;
        return Ok(Outcome::Done);
    }
    let mut evidence = Evidence {
        chosen_by: chosen_by(&options.filter),
        ..Evidence::default()
    };
    let mut is_damaged = false;
    for path in &options.inputs {
        is_damaged |= add_input(&mut evidence, options, path, quiet)?;
    }
    if !retain_vms(&mut evidence, &options.filter.vm) {
        eprintln!("error: no VM is called {}", options.filter.vm.join(" or "));
        eprintln!("hint: without --vm the VMs are listed below what was found");
        return Ok(Outcome::Negative);
    }
    let findings = advise(&evidence);
    let text = if options.json {
        format!("{:#}\n", as_json(&evidence, &findings))
    } else {
        as_text(&evidence, &findings)
    };
    destination.write(|out| out.write_all(text.as_bytes()))?;
    Ok(if is_damaged {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

/// What of the captures is looked at, in options: times are those of the captures that are here.
fn chosen_by(filter: &FilterOptions) -> ChosenBy {
    let mut chosen = ChosenBy {
        has_vms: !filter.vm.is_empty() || !filter.pid.is_empty(),
        ..ChosenBy::default()
    };
    let mut add = |option: &str, values: Vec<String>| {
        if !values.is_empty() {
            let values = quoted(&values.join(","));
            chosen.options.push_str(&format!(" {option} {values}"));
        }
    };
    let numbers = |ids: &[i32]| ids.iter().map(ToString::to_string).collect();
    add("-t", numbers(&filter.tid));
    add("--comm", filter.comm.clone());
    let cpus = filter.cpu.iter().flat_map(|list| &list.0);
    add("-C", cpus.map(ToString::to_string).collect());
    let times = filter.time.iter().flat_map(|list| &list.0);
    let is_part = |time: &&TimeRequest| matches!(time, TimeRequest::Part(..));
    let separator = if times.clone().any(|time| is_part(&time)) {
        ","
    } else {
        " "
    };
    let times: Vec<String> = times.map(ToString::to_string).collect();
    chosen.times = times.join(separator);
    if !filter.cgroup.is_empty() {
        chosen.cgroups = format!(" --cgroup {}", quoted(&filter.cgroup.join(",")));
    }
    chosen
}

/// How a rule concludes; the list of all without a name.
fn explained(name: &str) -> Result<String> {
    if name.is_empty() {
        return Ok(list_rules());
    }
    let rule = rule_named(name).ok_or_else(|| WrongArguments::NoSuchRule {
        name: name.to_owned(),
    })?;
    Ok(explain_rule(rule))
}

/// Adds what one input tells; returns whether it is damaged.
fn add_input(
    evidence: &mut Evidence,
    options: &AdviseOptions,
    path: &Path,
    quiet: bool,
) -> Result<bool> {
    let wish = CaseWish {
        places: options.places.of(path),
        filter: options
            .filter
            .request(this_machine::threads(options.places.threads)),
        views: wanted_views(),
        each_exit: false,
        devices: &options.devices,
        debuginfod: &options.places.debuginfod,
        quiet,
    };
    let (input, opened) = standard_input::open_any(&wish.places, quiet)?;
    let case = read_case(evidence, &wish, &input, opened)?;
    if !quiet {
        for warning in case.warnings {
            eprintln!("warning: {}: {warning}", path.display());
        }
    }
    Ok(case.is_damaged)
}

//! `vmflame exits`: VM exits by reason, register, device, vCPU.

use std::path::PathBuf;

use super::options::{CpuList, InputOptions, TimeList, parse_cpus, parse_time_list};
use super::outcome::Outcome;
use super::write::Destination;
use crate::cli::{standard_input, this_machine};
use clap::Args;
use vmflame::analysis::Request;
use vmflame::analysis::exits::{
    Dimension, ExitRequest, TimeBasis, exits_of_text, exits_of_trace_dat, recorded_exits,
};
use vmflame::error::Result;
use vmflame::input::Opened;
use vmflame::report::exits::{ExitAnswer, exit_tables};
use vmflame::report::remarks;
use vmflame::report::table::{as_json, as_text, write_csv};
use vmflame::units::{Cpu, Pid, Tid};

#[derive(Args, Debug)]
pub(super) struct ExitsOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    /// What exits are told apart by: reason, vm, vcpu, port, mmio, apic, msr, cpuid, hypercall, irq,
    /// gpa, rip, device, register, second, or several of them separated by commas.
    #[arg(
        long,
        value_name = "WHAT",
        value_delimiter = ',',
        default_value = "reason"
    )]
    pub(super) by: Vec<ByArgument>,
    /// Count what the guest slept as time of its exits, as perf does.
    #[arg(long)]
    pub(super) all_time: bool,
    /// How many of the slowest exits are listed.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) slowest: u16,
    /// Print JSON: all tables, all rows, what each column means.
    #[arg(long, conflicts_with = "csv")]
    pub(super) json: bool,
    /// Print comma-separated values: the first table, all rows.
    #[arg(long)]
    pub(super) csv: bool,
    /// Write to this file instead of standard output.
    #[arg(short, long, default_value = "-", value_name = "FILE")]
    pub(super) output: PathBuf,
    #[command(flatten)]
    pub(super) filter: ExitFilter,
}

/// Which exits are wanted.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Which exits")]
pub(super) struct ExitFilter {
    /// Only these VMs: the ids of their processes, separated by commas.
    #[arg(short, long, value_delimiter = ',', value_name = "PID")]
    pub(super) pid: Vec<i32>,
    /// Only these vCPUs: the ids of their threads, separated by commas.
    #[arg(short, long, value_delimiter = ',', value_name = "TID")]
    pub(super) tid: Vec<i32>,
    /// Only threads of these names, separated by commas: `CPU 0/KVM`.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub(super) comm: Vec<String>,
    /// Only exits on these host CPUs: `0,2-5`.
    #[arg(short = 'C', long, value_name = "CPUS", value_parser = parse_cpus)]
    pub(super) cpu: Option<CpuList>,
    /// Only exits that began in these times: START,END in seconds as perf prints them (either may be
    /// left out), or parts of the whole such as 10%-20% or 10%/2.
    #[arg(long, value_name = "RANGE", value_parser = parse_time_list)]
    pub(super) time: Option<TimeList>,
}

/// A dimension, as `--by` takes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByArgument(Dimension);

impl std::str::FromStr for ByArgument {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        Dimension::parse(text).map(Self)
    }
}

pub(super) fn run(options: &ExitsOptions, quiet: bool) -> Result<Outcome> {
    let inputs = this_machine::inputs(&options.input);
    let destination = Destination::new(&options.output, &inputs)?;
    let (input, opened) = standard_input::open_any(&options.input, quiet)?;
    let request = options.request();
    let mut is_damaged = input.is_damaged;
    let recorded = match opened {
        Opened::TraceDat(trace) => exits_of_trace_dat(&trace, &request)?,
        Opened::TraceText(text) => exits_of_text(&text, &request)?,
        opened @ (Opened::Capture(_) | Opened::Text(_)) => {
            let capture = opened.capture()?;
            let recorded = recorded_exits(&capture, &request)?;
            is_damaged |= remarks::is_damaged(&capture, &recorded.tally);
            recorded
        }
    };
    is_damaged |= recorded.origin.is_damaged();
    let devices = recorded.devices();
    let source = options.input.input.display().to_string();
    let tables = exit_tables(ExitAnswer {
        recorded: &recorded,
        devices: &devices,
        source: &source,
    });
    destination.write(|out| {
        if options.csv {
            match tables.tables.first() {
                Some(table) => write_csv(table, out),
                None => Ok(()),
            }
        } else if options.json {
            writeln!(out, "{:#}", as_json(&tables))
        } else {
            let columns = destination
                .is_stdout()
                .then(this_machine::columns)
                .flatten();
            out.write_all(as_text(&tables, columns).as_bytes())
        }
    })?;
    if options.csv && !quiet {
        for warning in &tables.warnings {
            eprintln!("warning: {warning}");
        }
    }
    Ok(if is_damaged {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

impl ExitsOptions {
    fn request(&self) -> ExitRequest {
        let filter = &self.filter;
        let cpus = filter.cpu.iter().flat_map(|list| &list.0);
        let times = filter.time.iter().flat_map(|list| &list.0);
        ExitRequest {
            filter: Request {
                pids: filter.pid.iter().copied().map(Pid::new).collect(),
                tids: filter.tid.iter().copied().map(Tid::new).collect(),
                comms: filter.comm.clone(),
                cpus: cpus.copied().map(Cpu).collect(),
                times: times.copied().collect(),
                threads: this_machine::threads(self.input.threads),
                ..Request::default()
            },
            views: vec![self.by.iter().map(|by| by.0).collect()],
            basis: if self.all_time {
                TimeBasis::Wall
            } else {
                TimeBasis::Handled
            },
            slowest: self.slowest.into(),
        }
    }
}

//! `vmflame threads`: how long threads ran, and on what.

use std::path::PathBuf;

use super::options::{CpuList, InputOptions, TimeList, parse_cpus, parse_time_list};
use super::outcome::Outcome;
use super::table_output::{TableForm, write_tables};
use super::write::Destination;
use crate::cli::options::also_k;
use crate::cli::{standard_input, this_machine, vms};
use clap::Args;
use vmflame::analysis::Request;
use vmflame::analysis::threads::{
    ThreadRequest, ThreadTimes, thread_times, threads_of_text, threads_of_trace_dat,
};
use vmflame::error::{Error, Problem, Result};
use vmflame::input::{Input, Opened};
use vmflame::report::remarks;
use vmflame::report::table::TableReport;
use vmflame::report::threads::{ThreadOrder, thread_tables};
use vmflame::units::{Cpu, Pid, Tid};

#[derive(Args, Debug)]
#[command(mut_arg("kallsyms", also_k))]
pub(super) struct ThreadsOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    /// What comes first: cpu, ready, asleep, guest, exits, vmm, each the most first; tid, name, vm.
    #[arg(long, value_name = "WHAT", default_value = "cpu", value_parser = ThreadOrder::parse)]
    sort: ThreadOrder,
    /// Print JSON: all tables, all rows, what each column means.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values: the first table, all rows.
    #[arg(long)]
    csv: bool,
    /// Write to this file instead of standard output.
    #[arg(short, long, default_value = "-", value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    filter: ThreadFilter,
}

// Which threads are wanted, and what of them.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Which threads")]
struct ThreadFilter {
    /// Take the samples of this event, whatever else was recorded.
    #[arg(short, long)]
    event: Option<String>,
    /// Only these VMs, with the kernel's threads that work for them: names that their VMMs give them,
    /// or pids, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "NAME|PID")]
    vm: Vec<String>,
    /// Only these processes: pids, separated by commas; of a VM, vhost's threads too.
    #[arg(short, long, value_delimiter = ',', value_name = "PID")]
    pid: Vec<i32>,
    /// Only these threads: tids, separated by commas.
    #[arg(short, long, value_delimiter = ',', value_name = "TID")]
    tid: Vec<i32>,
    /// Only threads that had these names in a sample or when they were switched to, separated by commas:
    /// `CPU 0/KVM`.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    comm: Vec<String>,
    /// Only time on these host CPUs: `0,2-5`.
    #[arg(short = 'C', long, value_name = "CPUS", value_parser = parse_cpus)]
    cpu: Option<CpuList>,
    /// Only these times: START,END in seconds as perf prints them (either may be left out), or parts
    /// of the whole such as 10%-20% or 10%/2.
    #[arg(long, value_name = "RANGE", value_parser = parse_time_list)]
    time: Option<TimeList>,
}

impl ThreadFilter {
    fn request(&self, threads: usize) -> Request {
        let cpus = self.cpu.iter().flat_map(|list| &list.0);
        let times = self.time.iter().flat_map(|list| &list.0);
        Request {
            event: self.event.clone(),
            pids: self.pid.iter().copied().map(Pid::new).collect(),
            tids: self.tid.iter().copied().map(Tid::new).collect(),
            comms: self.comm.clone(),
            cpus: cpus.copied().map(Cpu).collect(),
            times: times.copied().collect(),
            threads,
            ..Request::default()
        }
    }
}

pub(super) fn run(options: &ThreadsOptions, quiet: bool) -> Result<Outcome> {
    let inputs = this_machine::inputs(&options.input);
    let destination = Destination::new(&options.output, &inputs)?;
    let (input, opened) = standard_input::open_any(&options.input, quiet)?;
    let threads = this_machine::threads(options.input.threads);
    let mut request = ThreadRequest {
        filter: options.filter.request(threads),
    };
    let mut is_damaged = input.is_damaged;
    let times = options.times(&input, opened, &mut request, &mut is_damaged);
    let times = times.map_err(|error| with_threads(error, options))?;
    let source = options.input.input.display().to_string();
    let tables = thread_tables(&times, options.sort, &source);
    options.write(&tables, &destination)?;
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

/// Says how to see which threads there are, where none passes.
fn with_threads(error: Error, options: &ThreadsOptions) -> Error {
    if matches!(error.problem(), Problem::NoMatch(_)) && error.hint().is_none() {
        let input = options.input.input.display();
        error.with_hint(format!(
            "vmflame threads {input} shows those that there are"
        ))
    } else {
        error
    }
}

impl ThreadsOptions {
    fn times(
        &self,
        input: &Input,
        opened: Opened,
        request: &mut ThreadRequest,
        is_damaged: &mut bool,
    ) -> Result<ThreadTimes> {
        let filter = &mut request.filter;
        match opened {
            Opened::TraceDat(trace) => {
                filter.pids.extend(vms::pids_alone(&self.filter.vm)?);
                let times = threads_of_trace_dat(&trace, request)?;
                *is_damaged |= times.tally.has_damage();
                Ok(times)
            }
            Opened::TraceText(text) => {
                filter.pids.extend(vms::pids_alone(&self.filter.vm)?);
                threads_of_text(&text, request)
            }
            opened @ (Opened::Capture(_) | Opened::Text(_)) => {
                let capture = opened.capture()?;
                let vms = vms::pids(&self.filter.vm, input, &capture, filter.threads)?;
                filter.pids.extend(vms);
                let symbols = this_machine::symbols(&self.input, input);
                let times = thread_times(&capture, &symbols, request)?;
                *is_damaged |= remarks::is_damaged(&capture, &times.tally);
                Ok(times)
            }
        }
    }

    fn write(&self, tables: &TableReport, destination: &Destination) -> Result<()> {
        let form = TableForm::of(self.json, self.csv);
        write_tables(tables, tables.tables.first(), form, destination)
    }
}

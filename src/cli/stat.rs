//! `vmflame stat`: how often events occurred, by VM and over time; of captures, and of this host.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::exits::ExitFilter;
use super::live::{LiveFormat, LiveOptions, LiveRequest, NotWatched, watch_live};
use super::options::{InputOptions, parse_interval};
use super::outcome::Outcome;
use super::table_output::{TableForm, write_tables};
use super::write::Destination;
use crate::cli::options::also_k;

use crate::cli::{standard_input, this_machine, vms};
use clap::Args;
use vmflame::analysis::stat::{
    EventPatterns, EventStat, StatRequest, stat_of_capture, stat_of_text, stat_of_trace_dat,
};
use vmflame::error::Result;
use vmflame::input::Opened;
use vmflame::report::remarks;
use vmflame::report::stat::{StatAnswer, stat_tables};
use vmflame::report::table::TableReport;
use vmflame::units::Pid;

#[derive(Args, Debug)]
#[command(mut_arg("kallsyms", also_k))]
pub(super) struct StatOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    /// How long a row of the table over time lasts: seconds, or milliseconds as in 100ms.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_interval)]
    interval: u64,
    /// Which events, separated by commas; * stands for any characters. Without it the tracepoints of
    /// KVM.
    #[arg(short, long, value_name = "EVENT", value_delimiter = ',')]
    event: Vec<String>,
    /// Tell exits apart by why they happened: `kvm_exit` and `kvm_userspace_exit`.
    #[arg(long)]
    reasons: bool,
    /// Print JSON: all tables, all rows, what each column means.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values: a row for each stretch of time, VM and event.
    #[arg(long)]
    csv: bool,
    /// Write to this file instead of standard output.
    #[arg(short, long, default_value = "-", value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    filter: ExitFilter,
    #[command(flatten)]
    live: LiveOptions,
}

/// The least interval of a running host, in nanoseconds: reading is to cost next to nothing.
const LEAST_LIVE: u64 = 100_000_000;

/// What was counted, and how far it can be believed.
struct CountedSource {
    stat: EventStat,
    vm_names: BTreeMap<Pid, String>,
    is_damaged: bool,
}

pub(super) fn run(options: &StatOptions, quiet: bool) -> Result<Outcome> {
    if options.live.live {
        return watch_live(&options.live, &options.live_request()?, quiet);
    }
    let inputs = this_machine::inputs(&options.input);
    let destination = Destination::new(&options.output, &inputs)?;
    let request = options.request();
    let counted = options.count(&request, quiet)?;
    let source = options.input.input.display().to_string();
    let tables = stat_tables(StatAnswer {
        stat: &counted.stat,
        vm_names: &counted.vm_names,
        wanted: &request.events,
        source: &source,
    });
    options.write(&tables, &destination)?;
    if options.csv && !quiet {
        for warning in &tables.warnings {
            eprintln!("warning: {warning}");
        }
    }
    Ok(if counted.is_damaged {
        Outcome::Damaged
    } else if counted.stat.series.is_empty() {
        Outcome::Negative
    } else {
        Outcome::Done
    })
}

impl StatOptions {
    fn count(&self, request: &StatRequest, quiet: bool) -> Result<CountedSource> {
        let (input, opened) = standard_input::open_any(&self.input, quiet)?;
        let mut request = request.clone();
        let mut is_damaged = input.is_damaged;
        let mut vm_names = BTreeMap::new();
        let asked = &self.filter.vm;
        let stat = match opened {
            Opened::TraceDat(trace) => {
                request.filter.pids.extend(vms::pids_alone(asked)?);
                stat_of_trace_dat(&trace, &request)?
            }
            Opened::TraceText(text) => {
                request.filter.pids.extend(vms::pids_alone(asked)?);
                stat_of_text(&text, &request)?
            }
            opened @ (Opened::Capture(_) | Opened::Text(_)) => {
                let capture = opened.capture()?;
                let vms = vms::pids(asked, &input, &capture, request.filter.threads)?;
                request.filter.pids.extend(vms);
                let stat = stat_of_capture(&capture, &request)?;
                is_damaged |= remarks::is_damaged(&capture, &stat.tally);
                vm_names = vms::names(stat.vm_processes(), &input, &capture);
                stat
            }
        };
        is_damaged |= stat.origin.is_damaged();
        Ok(CountedSource {
            stat,
            vm_names,
            is_damaged,
        })
    }

    /// What of a running host is watched.
    ///
    /// # Errors
    /// When there is a filter that counters cannot be chosen by.
    fn live_request(&self) -> Result<LiveRequest> {
        let filter = &self.filter;
        let refused = [
            ("--tid", !filter.tid.is_empty()),
            ("--comm", !filter.comm.is_empty()),
            ("--cpu", filter.cpu.is_some()),
            ("--time", filter.time.is_some()),
            ("--reasons", self.reasons),
        ];
        if let Some((option, _)) = refused.into_iter().find(|(_, is_given)| *is_given) {
            return Err(NotWatched::OfCaptures { option }.into());
        }
        let pids = filter.pid.iter().map(ToString::to_string);
        Ok(LiveRequest {
            vms: filter.vm.iter().cloned().chain(pids).collect(),
            events: (!self.event.is_empty()).then(|| EventPatterns::new(self.event.clone())),
            interval: Duration::from_nanos(self.interval.max(LEAST_LIVE)),
            format: if self.json {
                LiveFormat::Json
            } else if self.csv {
                LiveFormat::Csv
            } else {
                LiveFormat::Text
            },
        })
    }

    fn request(&self) -> StatRequest {
        let threads = this_machine::threads(self.input.threads);
        StatRequest {
            filter: self.filter.request(threads),
            events: if self.event.is_empty() {
                EventPatterns::default()
            } else {
                EventPatterns::new(self.event.clone())
            },
            interval_ns: self.interval,
            by_reason: self.reasons,
        }
    }

    fn write(&self, tables: &TableReport, destination: &Destination) -> Result<()> {
        let form = TableForm::of(self.json, self.csv);
        // The last table has everything.
        write_tables(tables, tables.tables.last(), form, destination)
    }
}

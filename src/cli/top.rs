//! `vmflame info --top`: functions, tags and exits as tables.

use super::options::{DebuginfodOptions, FilterOptions, InputOptions};
use super::outcome::Outcome;
use super::table_output::{TableForm, write_tables};
use super::write::Destination;
use crate::cli::{debuginfod, standard_input, this_machine, vms};
use clap::{Args, ValueEnum};
use vmflame::analysis::exits::{ExitRequest, recorded_exits};
use vmflame::analysis::{Request, TopOrder, profile, top_functions};
use vmflame::error::Result;
use vmflame::kvm::exit::{Dimension, TimeBasis};
use vmflame::perf::Capture;
use vmflame::report::exits::{ExitAnswer, exit_tables};
use vmflame::report::remarks;
use vmflame::report::table::Table;
use vmflame::report::top::{TopAnswer, top_tables};
use vmflame::symbol::GuestKernels;

// What is asked of the tables.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Functions, tags and exits as tables")]
pub(super) struct TopOptions {
    /// List functions by what they weigh, themselves and with what they call, and for which exits or
    /// other work; below them the tags, and exits by reason where tracepoints tell them. Shows so
    /// many rows (default: 30); --json and --csv have all.
    #[arg(
        long,
        value_name = "ROWS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "30",
        conflicts_with = "names"
    )]
    pub(super) top: Option<u16>,
    /// What comes first: functions by their own samples, or by those with what they call.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = TopSorting::Own, requires = "top")]
    sort: TopSorting,
    /// Print comma-separated values: the functions, all rows.
    #[arg(long, requires = "top", conflicts_with = "json")]
    csv: bool,
    /// Leave out idle CPUs.
    #[arg(long, requires = "top")]
    no_idle: bool,
    /// Leave inlined functions out: what they did counts for the function that they are part of.
    #[arg(long, requires = "top")]
    no_inline: bool,
    #[command(flatten)]
    pub(super) filter: FilterOptions,
}

/// What comes first, as `--sort` takes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum TopSorting {
    /// Those that weigh the most themselves.
    #[value(name = "self")]
    Own,
    /// Those that weigh the most with what they call.
    Total,
}

pub(crate) fn run(
    source: &InputOptions,
    downloads: &DebuginfodOptions,
    top: &TopOptions,
    json: bool,
    quiet: bool,
) -> Result<Outcome> {
    let destination = Destination::stdout(&this_machine::inputs(source))?;
    let (input, capture) = standard_input::open(source, quiet)?;
    let symbols = this_machine::symbols(source, &input);
    let mut request = top.request(this_machine::threads(source.threads));
    let vms = vms::pids(&top.filter.vm, &input, &capture, request.threads)?;
    request.pids.extend(vms);
    let asked = downloads.asked(request.threads);
    debuginfod::complete_and_tell(asked, &capture, &symbols, quiet)?;
    let profile = profile(&capture, &symbols, &request)?;
    let order = match top.sort {
        TopSorting::Own => TopOrder::Own,
        TopSorting::Total => TopOrder::Total,
    };
    let shown = source.input.display().to_string();
    let tables = top_tables(TopAnswer {
        profile: &profile,
        functions: &top_functions(&profile, order),
        shown_rows: top.top.unwrap_or_default().into(),
        exits: exits(&capture, &request, &shown),
        source: &shown,
    });
    let form = TableForm::of(json, top.csv);
    write_tables(&tables, tables.tables.first(), form, &destination)?;
    if !quiet {
        for remark in remarks::symbol_remarks(&profile, &symbols) {
            eprintln!("{remark}");
        }
    }
    let is_damaged = input.is_damaged || remarks::is_damaged(&capture, &profile.account.tally);
    Ok(if is_damaged {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

impl TopOptions {
    fn request(&self, threads: usize) -> Request {
        let mut request = Request {
            no_idle: self.no_idle,
            ..self.filter.request(threads)
        };
        request.detail.inlined = !self.no_inline;
        request
    }
}

/// The exits by reason; `None` where no tracepoint tells of any.
fn exits(capture: &Capture, request: &Request, source: &str) -> Option<Table> {
    let request = ExitRequest {
        filter: Request {
            event: None,
            ..request.clone()
        },
        views: vec![vec![Dimension::Reason]],
        basis: TimeBasis::Handled,
        slowest: 0,
        all_threads: false,
        each: false,
    };
    let recorded = recorded_exits(capture, &request).ok()?;
    if recorded.survey.counts().exits == 0 {
        return None;
    }
    // By reason no device is told.
    let devices = recorded.devices();
    let tables = exit_tables(ExitAnswer {
        recorded: &recorded,
        devices: &devices,
        guests: &GuestKernels::default(),
        source,
        slow_stacks: &[],
        kernel_stacks: &[],
    });
    tables.tables.into_iter().next()
}

//! `vmflame exits`: VM exits by reason, register, device, vCPU.

use std::path::PathBuf;

use super::exits_like_perf::LikePerfOptions;
#[cfg(feature = "fleet")]
use super::options::CohortOptions;
use super::options::{
    CpuList, DebuginfodOptions, DeviceOptions, InputOptions, TimeList, parse_cpus, parse_time_list,
};
use super::outcome::Outcome;
use super::table_output::{TableForm, write_tables};
use super::write::Destination;
use crate::cli::{debuginfod, devices, standard_input, this_machine, vms};
use clap::Args;
use vmflame::analysis::exits::{
    Dimension, ExitRequest, RecordedExits, SlowStack, TimeBasis, exits_of_text, exits_of_trace_dat,
    recorded_exits, slow_stacks,
};
use vmflame::analysis::{Request, VmProcess, profile, vm_processes};
use vmflame::error::{Error, NothingLeft, Result};
use vmflame::input::{Input, Opened};
use vmflame::kvm::exit::Task;
use vmflame::perf::Capture;
use vmflame::report::exits::{ExitAnswer, exit_tables, tag_table};
use vmflame::report::remarks;
use vmflame::report::table::{Table, TableReport};
use vmflame::symbol::{GuestKernels, SymbolRequest};
use vmflame::units::{Cpu, Pid, Tid};

#[derive(Args, Debug)]
pub(super) struct ExitsOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    #[command(flatten)]
    debuginfod: DebuginfodOptions,
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
    #[command(flatten)]
    pub(super) devices: DeviceOptions,
    #[command(flatten)]
    pub(super) like_perf: LikePerfOptions,
    #[cfg(feature = "fleet")]
    #[command(flatten)]
    pub(super) cohort: CohortOptions,
}

// Which exits, or other events of KVM, are wanted.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Which of them")]
pub(super) struct ExitFilter {
    /// Only these VMs: names that their VMMs give them, or pids, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "NAME|PID")]
    pub(super) vm: Vec<String>,
    /// Only these VMs: the ids of their processes, separated by commas.
    #[arg(short, long, value_delimiter = ',', value_name = "PID")]
    pub(super) pid: Vec<i32>,
    /// Only these vCPUs: the ids of their threads, separated by commas.
    #[arg(short, long, value_delimiter = ',', value_name = "TID")]
    pub(super) tid: Vec<i32>,
    /// Only threads of these names, separated by commas: `CPU 0/KVM`.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub(super) comm: Vec<String>,
    /// Only those on these host CPUs: `0,2-5`.
    #[arg(short = 'C', long, value_name = "CPUS", value_parser = parse_cpus)]
    pub(super) cpu: Option<CpuList>,
    /// Only those that began in these times: START,END in seconds as perf prints them (either may be
    /// left out), or parts of the whole such as 10%-20% or 10%/2.
    #[arg(long, value_name = "RANGE", value_parser = parse_time_list)]
    pub(super) time: Option<TimeList>,
}

impl ExitFilter {
    /// What the filter asks of the library, but for VMs by their names.
    pub(super) fn request(&self, threads: usize) -> Request {
        let cpus = self.cpu.iter().flat_map(|list| &list.0);
        let times = self.time.iter().flat_map(|list| &list.0);
        Request {
            pids: self.pid.iter().copied().map(Pid::new).collect(),
            tids: self.tid.iter().copied().map(Tid::new).collect(),
            comms: self.comm.clone(),
            cpus: cpus.copied().map(Cpu).collect(),
            times: times.copied().collect(),
            threads,
            ..Request::default()
        }
    }

    /// Whether something is left out.
    fn is_of_some(&self) -> bool {
        let lists = [self.pid.is_empty(), self.tid.is_empty()];
        let names = [self.vm.is_empty(), self.comm.is_empty()];
        let is_all = lists.into_iter().chain(names).all(|is_empty| is_empty);
        !is_all || self.cpu.is_some() || self.time.is_some()
    }
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
    let mut inputs = this_machine::inputs(&options.input);
    inputs.files.extend(options.devices.files());
    let destination = Destination::new(&options.output, &inputs)?;
    let (input, opened) = standard_input::open_any(&options.input, quiet)?;
    let mut request = options.request();
    let mut is_damaged = input.is_damaged;
    options.like_perf.refuse_other_recorders(&opened)?;
    let (mut vcpus, mut slow_stacks) = (Vec::new(), Vec::new());
    let named;
    let (recorded, stacks) = match opened {
        Opened::TraceDat(trace) => {
            named = options.take_vms(&mut request, vms::pids_alone)?;
            (exits_of_trace_dat(&trace, &request)?, None)
        }
        Opened::TraceText(text) => {
            named = options.take_vms(&mut request, vms::pids_alone)?;
            (exits_of_text(&text, &request)?, None)
        }
        opened @ (Opened::Capture(_) | Opened::Text(_)) => {
            let capture = opened.capture()?;
            let threads = request.filter.threads;
            let pids = |asked: &[String]| vms::pids(asked, &input, &capture, threads);
            named = options.take_vms(&mut request, pids)?;
            if options.like_perf.like_perf {
                let pids = request.filter.pids;
                return options.like_perf.run(&capture, pids, &destination);
            }
            let mut recorded = recorded_exits(&capture, &request)?;
            vms::name_recorded(&mut recorded, &input, &capture, threads);
            is_damaged |= remarks::is_damaged(&capture, &recorded.tally);
            let symbols = options.naming(&input, &capture, quiet)?;
            let stacks = ExitsOptions::stacks(&capture, &symbols, &recorded, &request);
            slow_stacks = options.slow_stacks(&capture, &symbols, &recorded);
            vcpus = vcpus_by_name(&recorded, &capture, &request.filter);
            (recorded, stacks)
        }
    };
    is_damaged |= recorded.origin.is_damaged();
    let mut devices = devices::devices(&named, &input, recorded.devices())?;
    vcpus.extend(recorded.survey.vcpus().iter().map(|vcpu| vcpu.task));
    devices.doubt(&vcpus);
    let guests = GuestKernels::read(&this_machine::symbols(&options.input, &input))?;
    let source = options.input.input.display().to_string();
    let mut tables = exit_tables(ExitAnswer {
        recorded: &recorded,
        devices: &devices.map,
        guests: &guests,
        source: &source,
        slow_stacks: &slow_stacks,
        kernel_stacks: &[],
    });
    tables.tables.extend(stacks);
    tables.facts.extend(devices.fact());
    tables.warnings.append(&mut devices.warnings);
    options.refuse_nothing(&tables)?;
    options.write(&tables, &destination)?;
    if options.csv && !quiet {
        say(&tables.warnings);
    }
    Ok(outcome(is_damaged))
}

const fn outcome(is_damaged: bool) -> Outcome {
    if is_damaged {
        Outcome::Damaged
    } else {
        Outcome::Done
    }
}

fn say(warnings: &[String]) {
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
}

/// The threads that are called as those of vCPUs are, of the processes that are asked for; none where
/// exits tell which threads are vCPUs.
fn vcpus_by_name(recorded: &RecordedExits, capture: &Capture, wanted: &Request) -> Vec<Task> {
    if !recorded.survey.vcpus().is_empty() {
        return Vec::new();
    }
    let vms = vm_processes(capture, wanted.threads).into_iter();
    let is_wanted = |vm: &VmProcess| wanted.pids.is_empty() || wanted.pids.contains(&vm.pid);
    let tasks = vms.filter(is_wanted).flat_map(|vm| {
        let pid = Some(vm.pid);
        vm.vcpus.into_iter().map(move |tid| Task { pid, tid })
    });
    tasks.collect()
}

impl ExitsOptions {
    /// Asks for the VMs that are wanted; returns what tells devices, VMs by their pids.
    fn take_vms(
        &self,
        request: &mut ExitRequest,
        pids: impl Fn(&[String]) -> Result<Vec<Pid>>,
    ) -> Result<DeviceOptions> {
        request.filter.pids.extend(pids(&self.filter.vm)?);
        self.devices.by_pid(pids)
    }

    /// What names the capture, once what it lacks was downloaded where that is asked for.
    fn naming(&self, input: &Input, capture: &Capture, quiet: bool) -> Result<SymbolRequest> {
        let symbols = this_machine::symbols(&self.input, input);
        let threads = this_machine::threads(self.input.threads);
        let asked = self.debuginfod.asked(threads);
        debuginfod::complete_and_tell(asked, capture, &symbols, quiet)?;
        Ok(symbols)
    }

    /// What call stacks tell where no tracepoint does. Without them there is nothing more to say
    /// than why the table is empty.
    fn stacks(
        capture: &Capture,
        symbols: &SymbolRequest,
        recorded: &RecordedExits,
        request: &ExitRequest,
    ) -> Option<Table> {
        if recorded.has_tracepoints {
            return None;
        }
        let profile = profile(capture, symbols, &request.filter).ok()?;
        Some(tag_table(&profile))
    }

    /// Tables without a row are an answer only where nothing was left out.
    fn refuse_nothing(&self, tables: &TableReport) -> Result<()> {
        let has_rows = tables.tables.iter().any(|table| !table.rows.is_empty());
        if has_rows || !self.filter.is_of_some() {
            return Ok(());
        }
        let input = self.input.input.display();
        let hint = format!("vmflame exits {input} --by vm,vcpu shows those that there are");
        Err(Error::from(NothingLeft::OfExits).with_hint(hint))
    }

    /// The stacks of the slowest exits that are listed.
    fn slow_stacks(
        &self,
        capture: &Capture,
        symbols: &SymbolRequest,
        recorded: &RecordedExits,
    ) -> Vec<Option<SlowStack>> {
        let threads = this_machine::threads(self.input.threads);
        slow_stacks(capture, symbols, recorded.survey.slowest(), threads)
    }

    fn write(&self, tables: &TableReport, destination: &Destination) -> Result<()> {
        let form = TableForm::of(self.json, self.csv);
        write_tables(tables, tables.tables.first(), form, destination)
    }

    /// What exits are told apart by, each once.
    pub(super) fn dimensions(&self) -> Vec<Dimension> {
        let mut dimensions = Vec::new();
        for by in &self.by {
            if !dimensions.contains(&by.0) {
                dimensions.push(by.0);
            }
        }
        dimensions
    }

    fn request(&self) -> ExitRequest {
        let filter = &self.filter;
        ExitRequest {
            filter: filter.request(this_machine::threads(self.input.threads)),
            views: vec![self.dimensions()],
            basis: if self.all_time {
                TimeBasis::Wall
            } else {
                TimeBasis::Handled
            },
            slowest: self.slowest.into(),
            all_threads: false,
            each: false,
        }
    }
}

//! `vmflame convert --weight exit-time`: exits as a flame graph.

use super::convert_args::{ConvertOptions, Format, Viewer};
use super::converted::stack_format;
use super::options::DeviceOptions;
use super::outcome::Outcome;
use super::shown_name::name_of;
use super::write::Destination;
use super::wrong_arguments::WrongArguments;
use crate::cli::{debuginfod, devices, recording, standard_input, this_machine, unused, vms};
use vmflame::analysis::exits::{
    ExitRequest, RecordedExits, TimeBasis, exits_of_text, exits_of_trace_dat, name_kernel_stacks,
    recorded_exits,
};
use vmflame::error::Result;
use vmflame::input::{Input, Opened};
use vmflame::output::{Picture, write_stacks};
use vmflame::report::exits::{
    ASSUMPTION, ExitAnswer, ExitGraph, ExitGraphRequest, exit_graph, exit_tables, graph_views,
};
use vmflame::report::remarks;
use vmflame::report::viewers::recording_of_exits;
use vmflame::symbol::GuestKernels;
use vmflame::text::counted;

/// What is written, and where.
pub(super) struct Output {
    pub(super) format: Format,
    pub(super) destination: Destination,
}

/// The exits of an input.
struct ReadExits {
    input: Input,
    recorded: RecordedExits,
    /// Names of the stacks that stand for time in the kernel.
    kernel_stacks: Vec<Vec<String>>,
    is_damaged: bool,
    /// What tells devices, VMs by their pids.
    devices: DeviceOptions,
}

fn read_exits(
    options: &ConvertOptions,
    wanted: ExitGraphRequest,
    quiet: bool,
) -> Result<ReadExits> {
    let (input, opened) = standard_input::open_any(&options.input, quiet)?;
    let filter = &options.filter;
    let mut request = ExitRequest {
        filter: filter.request(this_machine::threads(options.input.threads)),
        views: graph_views(wanted),
        basis: TimeBasis::Wall,
        slowest: 0,
        all_threads: false,
        each: false,
    };
    let mut is_damaged = input.is_damaged;
    let mut kernel_stacks = Vec::new();
    let mut devices = options.devices.clone();
    let recorded = match opened {
        Opened::TraceDat(trace) => {
            request.filter.pids.extend(vms::pids_alone(&filter.vm)?);
            devices = devices.by_pid(vms::pids_alone)?;
            exits_of_trace_dat(&trace, &request)?
        }
        Opened::TraceText(text) => {
            request.filter.pids.extend(vms::pids_alone(&filter.vm)?);
            devices = devices.by_pid(vms::pids_alone)?;
            exits_of_text(&text, &request)?
        }
        opened @ (Opened::Capture(_) | Opened::Text(_)) => {
            let capture = opened.capture()?;
            let threads = request.filter.threads;
            let pids = |asked: &[String]| vms::pids(asked, &input, &capture, threads);
            request.filter.pids.extend(pids(&filter.vm)?);
            devices = devices.by_pid(pids)?;
            let mut recorded = recorded_exits(&capture, &request)?;
            vms::name_recorded(&mut recorded, &input, &capture, threads);
            is_damaged |= remarks::is_damaged(&capture, &recorded.tally);
            let symbols = this_machine::symbols(&options.input, &input);
            let asked = options.debuginfod.asked(threads);
            debuginfod::complete_and_tell(asked, &capture, &symbols, quiet)?;
            let chains = &recorded.kernel_chains;
            kernel_stacks = name_kernel_stacks(&capture, &symbols, chains, threads)?;
            recorded
        }
    };
    Ok(ReadExits {
        is_damaged: is_damaged || recorded.origin.is_damaged(),
        devices,
        input,
        recorded,
        kernel_stacks,
    })
}

/// Draws the exits of a capture instead of its samples.
pub(super) fn run(
    options: &ConvertOptions,
    wanted: ExitGraphRequest,
    output: Output,
    quiet: bool,
) -> Result<Outcome> {
    let Output {
        format,
        destination,
    } = output;
    if let Some(format) = format.viewer().and_then(Viewer::needing_times) {
        let wrong = format!(
            "--format {format} shows when something was, and stacks of exits do not tell that"
        );
        let instead = "leave out --weight: exits are there beside samples, each with its time";
        return Err(WrongArguments::WithoutTimes { wrong, instead }.into());
    }
    if !quiet {
        let unused = unused::of_exit_graph(options);
        unused.iter().for_each(|line| eprintln!("{line}"));
    }
    let ReadExits {
        input,
        recorded,
        kernel_stacks,
        is_damaged,
        devices: named,
    } = read_exits(options, wanted, quiet)?;
    let devices = devices::devices(&named, &input, recorded.devices())?;
    let guests = GuestKernels::read(&this_machine::symbols(&options.input, &input))?;
    let source = options.input.input.display().to_string();
    let answer = ExitAnswer {
        recorded: &recorded,
        devices: &devices.map,
        guests: &guests,
        source: &source,
        slow_stacks: &[],
        kernel_stacks: &kernel_stacks,
    };
    let graph = exit_graph(answer, wanted);
    let (tree, leaves) = graph.tree_and_leaves();
    destination.write(|out| match format.viewer() {
        Some(viewer) => {
            let title = picture(options, &graph).title;
            let recording = recording_of_exits(&graph, title, &tree, &leaves);
            recording::write_to(viewer, &recording, out)
        }
        None => {
            let format = stack_format(format, options, || picture(options, &graph));
            write_stacks(&tree, &graph.frames, &format, out)
        }
    })?;
    if !quiet {
        speak(answer, &devices.warnings, &graph);
    }
    Ok(match (is_damaged, graph.totals.is_empty()) {
        (true, _) => Outcome::Damaged,
        (false, true) => Outcome::Negative,
        (false, false) => Outcome::Done,
    })
}

fn picture(options: &ConvertOptions, graph: &ExitGraph) -> Picture {
    let given = options.title.clone();
    Picture {
        title: given.unwrap_or_else(|| name_of(&options.input.input)),
        subtitle: graph.subtitle.clone(),
        unit: graph.unit.clone(),
        totals: graph.totals.clone(),
        colors: options.colors(),
        extent: options.picture.extent(),
    }
}

/// Says what should be known before the picture is believed, and why it is empty.
fn speak(answer: ExitAnswer<'_>, of_devices: &[String], graph: &ExitGraph) {
    let recorded = answer.recorded;
    let tables = exit_tables(answer);
    for warning in of_devices.iter().chain(&tables.warnings) {
        eprintln!("warning: {warning}");
    }
    if let Some(table) = tables.tables.first() {
        table.notes.iter().for_each(|note| eprintln!("{note}"));
    }
    if graph.has_assumption {
        eprintln!("{ASSUMPTION}");
    }
    if graph.untimed > 0 {
        let untimed = counted(graph.untimed, "exit");
        eprintln!("{untimed} without width: no entry follows, so that their time is not known");
    }
    let exits = counted(recorded.survey.counts().exits, "exit");
    eprintln!(
        "{exits} of {}",
        counted(recorded.survey.vcpus().len() as u64, "vCPU")
    );
}

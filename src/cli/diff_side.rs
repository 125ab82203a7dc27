//! Reading what `vmflame diff` compares: captures, parts of them, folded text.

use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use super::diff_args::DiffOptions;
use super::diff_exits::{NamedSide, Traced, exits, side_of_capture};
use super::options::{
    FilterOptions, Group, InputOptions, TimeList, Weight, parse_cpus, read_rules,
};
use super::read_side::{ReadSide, damage, said_of, with_exits_alone};
use super::wrong_arguments::WrongArguments;
use crate::cli::{debuginfod, standard_input, this_machine, vms};
use vmflame::analysis::{
    Request, choose_event, count_in_slices, give_back, is_flat, parse_times, profile,
};
use vmflame::before_after::{SideRole, Sides};
use vmflame::diff::{FoldedSide, SLICES, Side, parse_folded};
use vmflame::error::Result;
use vmflame::input::{Input, Opened};
use vmflame::perf::Capture;
use vmflame::report::remarks;
use vmflame::report::remarks::Remark;
use vmflame::symbol::SymbolRequest;

/// What the user wants of one side.
pub(super) struct Wanted<'a> {
    pub(super) role: SideRole,
    pub(super) path: &'a Path,
    pub(super) filters: &'a [String],
    pub(super) kallsyms: Option<&'a Path>,
}

/// Reads both sides, at the same time when there is more than one thread: what one does with one
/// thread only, the other uses.
///
/// # Errors
/// When a side cannot be read, or both are standard input.
pub(super) fn both(
    options: &DiffOptions,
    wanted: &Sides<Wanted<'_>>,
    quiet: bool,
) -> Result<Sides<ReadSide>> {
    let stdin = Path::new("-");
    let paths = wanted.each_ref().map(|side| side.path);
    if paths.iter().all(|&path| path == stdin) {
        return Err(WrongArguments::StandardInputTwice.into());
    }
    let threads = threads_of_side(options, paths);
    let how = How {
        options,
        threads,
        quiet,
    };
    let sides = if options.threads == Some(1) {
        Sides {
            before: side(&how, &wanted.before)?,
            after: side(&how, &wanted.after)?,
        }
    } else {
        let sides = thread::scope(|scope| {
            let before = scope.spawn(|| side(&how, &wanted.before));
            let after = side(&how, &wanted.after);
            let before = before.join();
            let before = before.unwrap_or_else(|panic| resume_unwind(panic));
            Sides { before, after }
        });
        sides.all_ok()?
    };
    let sides = if options.filter.event.is_none() {
        with_exits_alone(sides)
    } else {
        sides
    };
    let are_text = sides.iter().all(|read| read.side.is_text());
    if let Some(option) = options.of_captures().filter(|_| are_text) {
        return Err(WrongArguments::OptionOfCaptures { option }.into());
    }
    Ok(sides)
}

/// How sides are read.
struct How<'a> {
    options: &'a DiffOptions,
    /// Worker threads of each.
    threads: Option<u16>,
    quiet: bool,
}

/// Two sides that take about as long share the threads: more threads than CPUs take each other's
/// caches. The smaller of two that do not would leave its threads idle.
fn threads_of_side(options: &DiffOptions, paths: Sides<&Path>) -> Option<u16> {
    let bytes = |path: &Path| {
        let inside = path.join("perf.data");
        let file = if path.is_dir() { &inside } else { path };
        std::fs::metadata(file).map_or(0, |found| found.len())
    };
    let Sides { before, after } = paths.map(bytes);
    let all = this_machine::threads(options.threads);
    let each = if before.min(after) >= before.max(after) / 2 {
        all.div_ceil(2)
    } else {
        all
    };
    u16::try_from(each).ok()
}

/// Refuses what is asked of samples: a line of folded text is of many.
fn refuse_filters(how: &How<'_>, wanted: &Wanted<'_>) -> Result<()> {
    let filter = &how.options.filter;
    let lists = [
        ("--vm", !filter.vm.is_empty()),
        ("--pid", !filter.pid.is_empty()),
        ("--tid", !filter.tid.is_empty()),
        ("--comm", !filter.comm.is_empty()),
        ("--cgroup", !filter.cgroup.is_empty()),
        ("--cpu", filter.cpu.is_some()),
        ("--time", filter.time.is_some()),
        ("--kernel-only", how.options.kernel_only),
        ("--user-only", how.options.user_only),
        ("--no-idle", how.options.no_idle),
        (
            "--before-filter or --after-filter",
            !wanted.filters.is_empty(),
        ),
    ];
    match lists.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((option, _)) => {
            let path = wanted.path.to_owned();
            Err(WrongArguments::FilteredText { path, option }.into())
        }
    }
}

/// A side that is folded text, to which options that say something of captures do nothing.
fn side_of_text(how: &How<'_>, wanted: &Wanted<'_>, folded: FoldedSide) -> Result<ReadSide> {
    refuse_filters(how, wanted)?;
    let remarks = folded.remarks.into_iter().map(Remark::Warning);
    let unused = how.options.of_captures().map(|option| {
        Remark::Warning(format!(
            "{option} does nothing to folded text, which is taken whole"
        ))
    });
    Ok(ReadSide {
        side: folded.side,
        remarks: said_of(wanted.role, &remarks.chain(unused).collect::<Vec<_>>()),
        is_damaged: false,
    })
}

/// Reads one side: folded text, or a capture.
fn side(how: &How<'_>, wanted: &Wanted<'_>) -> Result<ReadSide> {
    let options = how.options;
    let (path, filters) = (wanted.path, wanted.filters);
    let limit = options.max_unpacked.unwrap_or_default();
    let input = standard_input::resolve(path, limit)?;
    let capture = match standard_input::open_input(&input, limit, how.quiet)? {
        opened @ Opened::Capture(_) => opened.capture()?,
        Opened::TraceDat(trace) => {
            return side_of_traced(how, wanted, &input, &Traced::TraceDat(&trace));
        }
        Opened::TraceText(text) => {
            return side_of_traced(how, wanted, &input, &Traced::Text(&text));
        }
        Opened::Text(text) => {
            let name = text.path().to_owned();
            let folded = parse_folded(&name, text.unpacked(limit)?.bytes())?;
            return side_of_text(how, wanted, folded);
        }
    };
    let name = shown_name(path, filters);
    let places = InputOptions {
        input: path.to_owned(),
        named: None,
        kallsyms: wanted
            .kallsyms
            .map(Path::to_owned)
            .or_else(|| options.kallsyms.clone()),
        symfs: options.symfs.clone(),
        guests: options.guests.clone(),
        buildid_dir: options.buildid_dir.clone(),
        debug_dir: options.debug_dir.clone(),
        threads: how.threads,
        max_unpacked: options.max_unpacked,
    };
    let symbols = this_machine::symbols(&places, &input);
    let filter = narrowed(options, filters)?;
    let mut request = request(options, &filter, &places)?;
    add_vms(&mut request, &filter, &input, &capture)?;
    if let Some(width) = Weight::exit_width(options.weight) {
        let named = NamedSide::new(&name, wanted.role, &input, &options.devices);
        return side_of_capture(named, &capture, request, width);
    }
    let read = CaptureRead {
        name: &name,
        role: wanted.role,
        input: &input,
        capture: &capture,
        symbols: &symbols,
    };
    if request.event.is_none() && !has_stacks(&capture) {
        return side_of_events(&request, read);
    }
    let side = side_of_stacks(how, &request, read);
    give_back(request.threads, capture);
    side
}

/// A side that tracers wrote, of which only exits are compared.
fn side_of_traced(
    how: &How<'_>,
    wanted: &Wanted<'_>,
    input: &Input,
    traced: &Traced<'_>,
) -> Result<ReadSide> {
    let filter = narrowed(how.options, wanted.filters)?;
    let mut request = filter.request(this_machine::threads(how.threads));
    request.pids.extend(vms::pids_alone(&filter.vm)?);
    let name = shown_name(wanted.path, wanted.filters);
    let side = NamedSide::new(&name, wanted.role, input, &how.options.devices);
    traced.side(side, request, Weight::exit_width(how.options.weight))
}

/// A capture as a side of a comparison.
#[derive(Clone, Copy)]
struct CaptureRead<'c> {
    name: &'c str,
    role: SideRole,
    input: &'c Input,
    capture: &'c Capture,
    symbols: &'c SymbolRequest,
}

/// A side without stacks: the events of a capture, counted.
fn side_of_events(request: &Request, read: CaptureRead<'_>) -> Result<ReadSide> {
    let CaptureRead { input, capture, .. } = read;
    let (slices, seconds) = count_in_slices(capture, request)?;
    let remarks = damage(input, capture);
    let mut side = Side::of_events(read.name, capture, &slices, seconds);
    side.exits = exits(capture, request)?;
    Ok(ReadSide {
        side,
        is_damaged: input.is_damaged || !capture.anomalies().is_empty(),
        remarks: said_of(read.role, &remarks),
    })
}

/// A side that is the stacks of a capture.
fn side_of_stacks(how: &How<'_>, request: &Request, read: CaptureRead<'_>) -> Result<ReadSide> {
    let options = how.options;
    let CaptureRead {
        name,
        role,
        input,
        capture,
        symbols,
    } = read;
    let asked = options.debuginfod.asked(request.threads);
    debuginfod::complete_and_tell(asked, capture, symbols, how.quiet)?;
    let exits_of_side = exits(capture, request)?;
    let profile = profile(capture, symbols, request)?;
    let mut remarks = damage(input, capture);
    let is_damaged = input.is_damaged || remarks::is_damaged(capture, &profile.account.tally);
    remarks.extend(remarks::gap_remarks(capture, &profile));
    let stitches = options.names.stitch_lbr;
    remarks.extend(
        stitches
            .then(|| remarks::stitch_remark(capture, &profile))
            .flatten(),
    );
    remarks.extend(remarks::stack_remarks(capture, &profile));
    remarks.extend(remarks::symbol_remarks(&profile, symbols));
    let mut remarks = said_of(role, &remarks);
    let inlined = remarks::inlined_by(&profile).filter(|_| options.names.detail().inlined);
    let lines = inlined.into_iter().chain([remarks::quality(&profile)]);
    remarks.extend(lines.map(|line| format!("{}: {line}", role.as_str())));
    let mut side = Side::of_profile(name, capture, profile, !options.no_tag);
    side.left_out = options.left_out();
    side.exits = exits_of_side;
    Ok(ReadSide {
        side,
        remarks,
        is_damaged,
    })
}

/// Whether an event of the capture records call chains.
fn has_stacks(capture: &Capture) -> bool {
    choose_event(capture, None).is_ok_and(|event| !is_flat(capture, event))
}

/// What a side is called: its path, and its filters.
fn shown_name(path: &Path, filters: &[String]) -> String {
    let name = path.display();
    if filters.is_empty() {
        name.to_string()
    } else {
        format!("{name} [{}]", filters.join(";"))
    }
}

/// Adds the processes of the VMs that are asked for, and who tells what VMs are called.
fn add_vms(
    request: &mut Request,
    filter: &FilterOptions,
    input: &Input,
    capture: &Capture,
) -> Result<()> {
    let vms = vms::pids(&filter.vm, input, capture, request.threads)?;
    request.pids.extend(vms);
    request.vm_naming = vms::naming(input, request.threads);
    Ok(())
}

/// The filter of one side.
fn narrowed(options: &DiffOptions, filters: &[String]) -> Result<FilterOptions> {
    let mut filter = options.filter.clone();
    for text in filters.iter().flat_map(|text| text.split(';')) {
        narrow(&mut filter, text.trim()).map_err(WrongArguments::WrongFilter)?;
    }
    Ok(filter)
}

fn request(
    options: &DiffOptions,
    filter: &FilterOptions,
    places: &InputOptions,
) -> Result<Request> {
    Ok(Request {
        weight: Weight::kind(options.weight),
        grouping: options.group.unwrap_or(Group::Process).into(),
        no_tag: options.no_tag,
        no_idle: options.no_idle,
        scope: options.scope(),
        rules: read_rules(options.rules.as_deref())?,
        slices: SLICES,
        ..options
            .names
            .over(filter.request(this_machine::threads(places.threads)))
    })
}

/// Applies a part of `--before-filter` or `--after-filter`; it takes the place of the option of
/// that name for both sides.
fn narrow(filter: &mut FilterOptions, text: &str) -> std::result::Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| format!("{text:?} is no filter such as time=0%-50%"))?;
    let numbers = || {
        let parts = value.split(',').map(|part| part.trim().parse::<i32>());
        parts
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|_| format!("{value:?} is no list of numbers"))
    };
    match key.trim() {
        "event" => filter.event = Some(value.to_owned()),
        "vm" => filter.vm = value.split(',').map(ToOwned::to_owned).collect(),
        "pid" => filter.pid = numbers()?,
        "tid" => filter.tid = numbers()?,
        "comm" => filter.comm = value.split(',').map(ToOwned::to_owned).collect(),
        "cgroup" => filter.cgroup = value.split(',').map(ToOwned::to_owned).collect(),
        "cpu" => filter.cpu = Some(parse_cpus(value)?),
        "time" => filter.time = Some(TimeList(parse_times(value)?)),
        other => return Err(format!("there is no filter {other:?}")),
    }
    Ok(())
}

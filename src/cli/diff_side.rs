//! Reading what `vmflame diff` compares: captures, parts of them, folded text.

use std::fs::File;
use std::io::{self, Read as _};
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use vmflame::analysis::{
    Input, Request, choose_event, count_in_slices, is_flat, parse_times, profile,
};
use vmflame::diff::{SLICES, Side, is_folded, parse_folded};
use vmflame::error::{Error, Result};
use vmflame::perf::{Capture, Spool, Storage};

use super::args::{FilterOptions, Group, InputOptions, TimeList, Weight, parse_cpus};
use super::convert;
use super::diff_args::DiffOptions;
use super::remarks::{self, Remark};
use super::{live, stream};

/// What the user wants of one side.
pub(super) struct Wanted<'a> {
    /// `before` or `after`.
    pub(super) role: &'static str,
    pub(super) path: &'a Path,
    pub(super) filters: &'a [String],
    pub(super) kallsyms: Option<&'a Path>,
}

/// A side as it was read.
pub(super) struct ReadSide {
    pub(super) side: Side,
    /// What the user should know of it, line by line.
    pub(super) remarks: Vec<String>,
    pub(super) is_damaged: bool,
}

/// Reads both sides, at the same time when there is more than one thread: what one does with one
/// thread only, the other uses.
///
/// # Errors
/// When a side cannot be read, or both are standard input.
pub(super) fn both(
    options: &DiffOptions,
    [before, after]: [&Wanted<'_>; 2],
    quiet: bool,
) -> Result<(ReadSide, ReadSide)> {
    let stdin = Path::new("-");
    if before.path == stdin && after.path == stdin {
        return Err(Error::request("standard input can be read once only")
            .with_hint("keep it in a file to compare parts of it"));
    }
    let threads = threads_of_side(options, [before.path, after.path]);
    let how = How {
        options,
        threads,
        quiet,
    };
    if options.threads == Some(1) {
        return Ok((side(&how, before)?, side(&how, after)?));
    }
    let (before, after) = thread::scope(|scope| {
        let before = scope.spawn(|| side(&how, before));
        let after = side(&how, after);
        let before = before.join();
        (before.unwrap_or_else(|panic| resume_unwind(panic)), after)
    });
    Ok((before?, after?))
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
fn threads_of_side(options: &DiffOptions, paths: [&Path; 2]) -> Option<u16> {
    let bytes = |path: &Path| {
        let inside = path.join("perf.data");
        let file = if path.is_dir() { &inside } else { path };
        std::fs::metadata(file).map_or(0, |found| found.len())
    };
    let [before, after] = paths.map(bytes);
    let all = live::threads(options.threads);
    let each = if before.min(after) >= before.max(after) / 2 {
        all.div_ceil(2)
    } else {
        all
    };
    u16::try_from(each).ok()
}

/// What is at a path.
enum Opened {
    Folded(String),
    Capture(Input, Box<Capture>),
}

fn open(path: &Path, quiet: bool) -> Result<Opened> {
    let is_stdin = path == Path::new("-");
    let found = std::fs::metadata(path);
    if is_stdin || found.is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return open_stream(path, is_stdin, quiet);
    }
    let input = Input::resolve(path)?;
    let text = folded_text(&input.data).map_err(|error| input.shown.error(error))?;
    if let Some(text) = text {
        return Ok(Opened::Folded(text));
    }
    match Capture::open(&input.data) {
        Ok(capture) => {
            let capture = capture.shown_as(input.shown.path(&input.data));
            Ok(Opened::Capture(input, Box::new(capture)))
        }
        // Not at first: a capture that is compressed would be unpacked twice.
        Err(error) => match Storage::open_unpacked(&input.data) {
            Ok(unpacked) if is_folded(unpacked.bytes()) => Ok(Opened::Folded(text_of(&unpacked))),
            Ok(_) | Err(_) => Err(input.shown.error(error)),
        },
    }
}

/// A stream is read once, so it is kept before anything looks at it.
fn open_stream(path: &Path, is_stdin: bool, quiet: bool) -> Result<Opened> {
    let failed = |source| Error::io("read", path, source);
    let spool = if is_stdin {
        stream::read_all(quiet)?
    } else {
        let mut spool = Spool::default();
        let mut file = File::open(path).map_err(|source| Error::io("open", path, source))?;
        io::copy(&mut file, &mut spool).map_err(failed)?;
        spool
    };
    let storage = spool.finish().map_err(failed)?;
    if is_folded(storage.bytes()) {
        return Ok(Opened::Folded(text_of(&storage)));
    }
    let shown = if is_stdin {
        Path::new("standard input")
    } else {
        path
    };
    let capture = Capture::from_storage(shown, storage)?;
    let input = Input::resolve(path)?;
    Ok(Opened::Capture(input, Box::new(capture)))
}

fn text_of(storage: &Storage) -> String {
    String::from_utf8_lossy(storage.bytes()).into_owned()
}

/// Reads one side: folded text, or a capture.
fn side(how: &How<'_>, wanted: &Wanted<'_>) -> Result<ReadSide> {
    let options = how.options;
    let (path, filters) = (wanted.path, wanted.filters);
    let (input, capture) = match open(path, how.quiet)? {
        Opened::Capture(input, capture) => (input, capture),
        Opened::Folded(_) if !filters.is_empty() || options.filter.is_some() || options.no_idle => {
            let path = path.display();
            return Err(Error::request(format!(
                "{path}: folded text cannot be filtered"
            )));
        }
        Opened::Folded(text) => {
            return Ok(ReadSide {
                side: parse_folded(path, &text)?,
                remarks: vec![],
                is_damaged: false,
            });
        }
    };
    let mut name = path.display().to_string();
    if !filters.is_empty() {
        name = format!("{name} [{}]", filters.join(";"));
    }
    let places = InputOptions {
        input: path.to_owned(),
        named: None,
        kallsyms: wanted
            .kallsyms
            .map(Path::to_owned)
            .or_else(|| options.kallsyms.clone()),
        buildid_dir: options.buildid_dir.clone(),
        threads: how.threads,
    };
    let symbols = live::symbols(&places, &input);
    let request = request(options, filters, &places)?;
    if request.event.is_none() && !has_stacks(&capture) {
        let (slices, seconds) = count_in_slices(&capture, &request)?;
        let remarks = damage(&capture);
        return Ok(ReadSide {
            side: Side::of_events(&name, &capture, (&slices, seconds)),
            is_damaged: !remarks.is_empty(),
            remarks: said_of(wanted.role, &remarks),
        });
    }
    let profile = profile(&capture, &symbols, &request)?;
    let mut remarks = damage(&capture);
    let is_damaged = remarks::is_damaged(&capture, &profile.tally);
    remarks.extend(remarks::gap_remarks(&capture, &profile));
    remarks.extend(remarks::stack_remarks(&capture, &profile));
    remarks.extend(remarks::symbol_remarks(&profile, &symbols));
    let mut remarks = said_of(wanted.role, &remarks);
    remarks.push(format!("{}: {}", wanted.role, remarks::quality(&profile)));
    let is_tagged = !options.no_tag;
    Ok(ReadSide {
        side: Side::of_profile(&name, &capture, profile, is_tagged),
        remarks,
        is_damaged,
    })
}

/// Whether an event of the capture records call chains.
fn has_stacks(capture: &Capture) -> bool {
    choose_event(capture, None).is_ok_and(|event| !is_flat(capture, event))
}

/// What is damaged in the file itself.
fn damage(capture: &Capture) -> Vec<Remark> {
    let findings = capture.findings();
    let texts = findings.iter().map(remarks::describe);
    texts.map(Remark::Warning).collect()
}

/// Remarks on one side, as they are printed.
fn said_of(role: &str, remarks: &[Remark]) -> Vec<String> {
    let said = remarks.iter().map(|remark| match remark {
        Remark::Warning(text) => format!("warning: {role}: {text}"),
        Remark::Hint(text) => format!("hint: {role}: {text}"),
    });
    said.collect()
}

/// The text of a file of folded stacks; `None` when the file is something else.
fn folded_text(path: &Path) -> Result<Option<String>> {
    let failed = |source| Error::io("read", path, source);
    let is_file = std::fs::metadata(path).is_ok_and(|found| found.is_file());
    if !is_file {
        return Ok(None);
    }
    let mut file = File::open(path).map_err(failed)?;
    let mut head = vec![0; 1 << 16];
    let mut read = 0;
    loop {
        match file
            .read(head.get_mut(read..).unwrap_or_default())
            .map_err(failed)?
        {
            0 => break,
            more => read += more,
        }
    }
    head.truncate(read);
    if !is_folded(&head) {
        return Ok(None);
    }
    file.read_to_end(&mut head).map_err(failed)?;
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}

fn request(options: &DiffOptions, filters: &[String], places: &InputOptions) -> Result<Request> {
    let mut filter = options.filter.clone();
    for text in filters.iter().flat_map(|text| text.split(';')) {
        narrow(&mut filter, text.trim()).map_err(|wrong| {
            Error::request(wrong).with_hint(
                "a filter is event=, pid=, tid=, comm=, cgroup=, cpu= or time=, several separated by ;",
            )
        })?;
    }
    Ok(Request {
        weight: Weight::kind(options.weight),
        grouping: options.group.unwrap_or(Group::Process).into(),
        no_tag: options.no_tag,
        no_idle: options.no_idle,
        max_stack: options.names.max_stack.map(usize::from),
        raw_names: options.names.no_demangle,
        slices: SLICES,
        ..convert::filtered(&filter, live::threads(places.threads))
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

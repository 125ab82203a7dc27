//! `vmflame diff`: what changed between two captures.

use std::fs::File;
use std::io::Read as _;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use vmflame::analysis::{
    Input, Request, choose_event, count_in_slices, is_flat, parse_times, profile,
};
use vmflame::diff::{
    Comparison, Gate, Matching, Normalise, Options, SLICES, Side, Verdict, as_text, box_facts,
    is_folded, own_weights, parse_folded, picture_of,
};
use vmflame::error::{Error, Result};
use vmflame::output::{WidthBy, write_diff_svg, write_folded_diff};
use vmflame::perf::Capture;

use super::args::{FilterOptions, InputOptions, TimeList, parse_cpus};
use super::diff_args::{DiffFormat, DiffOptions, Match, Width};
use super::diff_json::as_json;
use super::{Outcome, convert, live, write};

pub(super) fn run(options: &DiffOptions, quiet: bool) -> Result<Outcome> {
    let gates = options
        .fail_if
        .iter()
        .map(|text| Gate::parse(text))
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|wrong| {
            Error::request(wrong).with_hint(
                "a condition is QUANTITY > AMOUNT; quantities are total, exits, a tag, frame:NAME, \
                 self:NAME, event:NAME and event:NAME/s",
            )
        })?;
    let is_same = options.after.is_none();
    if is_same && options.before_filter.is_empty() && options.after_filter.is_empty() {
        return Err(Error::request("one capture has nothing to be compared with")
            .with_hint("name two, or compare parts of it: --before-filter time=0%-50% --after-filter time=50%-100%"));
    }
    let before = Wanted {
        path: &options.before,
        filters: &options.before_filter,
        kallsyms: options.before_kallsyms.as_deref(),
    };
    let after = Wanted {
        path: options.after.as_deref().unwrap_or(&options.before),
        filters: &options.after_filter,
        kallsyms: options.after_kallsyms.as_deref(),
    };
    let (before, after) = both(options, &before, &after)?;
    for warning in before.warnings.iter().chain(&after.warnings) {
        eprintln!("warning: {warning}");
    }
    let is_damaged = before.is_damaged || after.is_damaged;
    let (before, after) = (before.side, after.side);
    let names_event = |filters: &[String]| filters.iter().any(|text| text.contains("event="));
    let how = Options {
        normalise: match &options.per {
            Some(event) => Normalise::Event(event.clone()),
            None => normalise(&options.normalise)?,
        },
        matching: match options.matching {
            Match::Exact => Matching::Exact,
            Match::Loose => Matching::Loose,
        },
        confidence: options.confidence,
        different_events: names_event(&options.before_filter) || names_event(&options.after_filter),
    };
    let comparison = Comparison::new(&before, &after, &how)?;
    write_results(options, &comparison)?;
    let is_tripped = check(&gates, &comparison, options.any_change, quiet);
    Ok(if is_damaged {
        Outcome::Damaged
    } else if is_tripped {
        Outcome::Negative
    } else {
        Outcome::Done
    })
}

fn write_results(options: &DiffOptions, comparison: &Comparison) -> Result<()> {
    let format = options
        .format
        .or_else(|| format_of(options.output.as_deref()?));
    let output = options.output.as_deref();
    let format = format.unwrap_or(if options.json {
        DiffFormat::Json
    } else {
        DiffFormat::Text
    });
    let stdout = Path::new("-");
    let target = output.unwrap_or(stdout);
    let union = &comparison.union;
    write::to_path(target, |out| match format {
        DiffFormat::Svg => {
            let width = match options.width {
                Width::Before => WidthBy::Before,
                Width::After => WidthBy::After,
                Width::Larger => WidthBy::Larger,
            };
            let picture = picture_of(comparison, options.title.clone(), width, options.min_width);
            let facts = |node, text: &mut String| box_facts(comparison, node, text);
            write_diff_svg(&union.tree, &union.frames, &picture, &facts, out).map(|_| ())
        }
        DiffFormat::Folded => {
            let weights = |node| own_weights(comparison, node);
            write_folded_diff(&union.tree, &union.frames, &weights, out)
        }
        DiffFormat::Json => writeln!(out, "{:#}", as_json(comparison)),
        DiffFormat::Text => out.write_all(as_text(comparison, options.top).as_bytes()),
    })?;
    // A picture in a file leaves standard output to the table.
    if target != stdout && matches!(format, DiffFormat::Svg | DiffFormat::Folded) {
        let text = if options.json {
            format!("{:#}\n", as_json(comparison))
        } else {
            as_text(comparison, options.top)
        };
        write::to_path(stdout, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

/// Holds the conditions against the comparison and says what became of them; whether one tripped.
fn check(gates: &[Gate], comparison: &Comparison, any_change: bool, quiet: bool) -> bool {
    let mut is_tripped = false;
    for gate in gates {
        match gate.check(comparison, any_change) {
            Verdict::Tripped(reason) => {
                eprintln!("failed: {reason}");
                is_tripped = true;
            }
            Verdict::WithinNoise(reason) | Verdict::Passed(reason) if !quiet => {
                eprintln!("passed: {reason}");
            }
            Verdict::Absent(reason) if !quiet => eprintln!("warning: {reason}"),
            Verdict::WithinNoise(_) | Verdict::Passed(_) | Verdict::Absent(_) => {}
        }
    }
    is_tripped
}

/// What the user wants of one side.
struct Wanted<'a> {
    path: &'a Path,
    filters: &'a [String],
    kallsyms: Option<&'a Path>,
}

/// A side as it was read.
struct ReadSide {
    side: Side,
    /// What the user must know of it.
    warnings: Vec<String>,
    is_damaged: bool,
}

/// Reads both sides, at the same time when there is more than one thread: what one does with one
/// thread only, the other uses.
fn both(
    options: &DiffOptions,
    before: &Wanted<'_>,
    after: &Wanted<'_>,
) -> Result<(ReadSide, ReadSide)> {
    if options.threads == Some(1) {
        return Ok((side(options, before)?, side(options, after)?));
    }
    let (before, after) = thread::scope(|scope| {
        let before = scope.spawn(|| side(options, before));
        let after = side(options, after);
        let before = before.join();
        (before.unwrap_or_else(|panic| resume_unwind(panic)), after)
    });
    Ok((before?, after?))
}

/// Reads one side: folded text, or a capture.
fn side(options: &DiffOptions, wanted: &Wanted<'_>) -> Result<ReadSide> {
    let (path, filters) = (wanted.path, wanted.filters);
    let input = Input::resolve(path)?;
    let mut name = path.display().to_string();
    if !filters.is_empty() {
        name = format!("{name} [{}]", filters.join(";"));
    }
    if let Some(text) = folded_text(&input.data)? {
        if !filters.is_empty() {
            return Err(Error::request(format!(
                "{}: folded text cannot be filtered",
                path.display()
            )));
        }
        return Ok(ReadSide {
            side: parse_folded(path, &text)?,
            warnings: vec![],
            is_damaged: false,
        });
    }
    let capture = Capture::open(&input.data)?;
    let warn = |finding| format!("{}: {}", path.display(), convert::describe(finding));
    let places = InputOptions {
        input: path.to_owned(),
        kallsyms: wanted
            .kallsyms
            .map(Path::to_owned)
            .or_else(|| options.kallsyms.clone()),
        buildid_dir: options.buildid_dir.clone(),
        threads: options.threads,
    };
    let symbols = live::symbols(&places, &input);
    let request = request(options, filters, &places)?;
    let has_stacks = || choose_event(&capture, None).is_ok_and(|event| !is_flat(&capture, event));
    if request.event.is_none() && !has_stacks() {
        let (slices, seconds) = count_in_slices(&capture, &request)?;
        let warnings: Vec<String> = capture.findings().iter().map(warn).collect();
        return Ok(ReadSide {
            side: Side::of_events(&name, &capture, (&slices, seconds)),
            is_damaged: !warnings.is_empty(),
            warnings,
        });
    }
    let profile = profile(&capture, &symbols, &request)?;
    let warnings: Vec<String> = capture.findings().iter().map(warn).collect();
    let is_damaged = !warnings.is_empty() || profile.tally.has_damage();
    let (weight, is_tagged) = (options.weight.into(), !options.no_tag);
    Ok(ReadSide {
        side: Side::of_profile(&name, &capture, profile, weight, is_tagged),
        warnings,
        is_damaged,
    })
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
                "a filter is event=, pid=, tid=, comm=, cpu= or time=, several separated by ;",
            )
        })?;
    }
    Ok(Request {
        weight: options.weight.into(),
        grouping: options.group.into(),
        no_tag: options.no_tag,
        no_idle: options.no_idle,
        slices: SLICES,
        ..convert::filtered(&filter, live::threads(places))
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
        "cpu" => filter.cpu = Some(parse_cpus(value)?),
        "time" => filter.time = Some(TimeList(parse_times(value)?)),
        other => return Err(format!("there is no filter {other:?}")),
    }
    Ok(())
}

fn normalise(text: &str) -> Result<Normalise> {
    match text {
        "share" => Ok(Normalise::Share),
        "cpu-time" => Ok(Normalise::CpuTime),
        "wall" => Ok(Normalise::Wall),
        "guest" => Ok(Normalise::Guest),
        "none" => Ok(Normalise::None),
        other => match other.strip_prefix("event:") {
            Some(name) if !name.is_empty() => Ok(Normalise::Event(name.to_owned())),
            Some(_) | None => Err(
                Error::request(format!("there is no normalisation {other:?}"))
                    .with_hint("share, cpu-time, wall, guest, event:NAME or none"),
            ),
        },
    }
}

fn format_of(output: &Path) -> Option<DiffFormat> {
    match output.extension()?.to_str()? {
        "svg" => Some(DiffFormat::Svg),
        "folded" | "collapsed" => Some(DiffFormat::Folded),
        "json" => Some(DiffFormat::Json),
        "txt" => Some(DiffFormat::Text),
        _ => None,
    }
}

//! `vmflame diff`: what changed between two captures.

use std::path::Path;

use super::diff_args::{DiffFormat, DiffOptions, Match, Width};
use super::diff_side::{Wanted, both};
use super::endings::FormatEnding;
use super::inputs::Inputs;
use super::outcome::Outcome;
use super::read_side::ReadSide;
use super::write::Destination;
use super::wrong_arguments::WrongArguments;
use crate::cli::{endings, this_machine, unused};
use vmflame::analysis::give_back;
use vmflame::before_after::{SideRole, Sides};
use vmflame::diff::{
    Comparison, Gate, Matching, Normalise, Options, Side, Verdict, box_facts,
    leave_out_uneven_idle, leave_out_uneven_inlines, own_weights, picture_of,
};
use vmflame::error::Result;
use vmflame::output::{WidthBy, write_diff_svg, write_folded_diff};
use vmflame::report::diff::{as_json, as_text};

/// Functions that the table shows when nothing is said.
const SHOWN_FUNCTIONS: usize = 25;

pub(super) fn run(options: &DiffOptions, quiet: bool) -> Result<Outcome> {
    let gates = gates(options)?;
    let (format, destinations) = destinations(options)?;
    let read = both(options, &wanted(options), quiet)?;
    if !quiet {
        for remark in read.iter().flat_map(|side| &side.remarks) {
            eprintln!("{remark}");
        }
        warn_of_unused(options, format, read.each_ref().map(|read| &read.side));
    }
    let is_damaged = read.iter().any(|side| side.is_damaged);
    let Comparable { sides, how, uneven } = comparable(options, format, read)?;
    if !quiet && !uneven.is_empty() {
        eprintln!(
            "inlined functions are left out of {}: only one side has debug information of it",
            uneven.join(", ")
        );
    }
    let comparison = Comparison::new(sides.each_ref(), &how)?;
    write_results(options, &comparison, format, &destinations)?;
    // What conditions come to does not depend on the format.
    let is_by_format = options.matching.is_none() && how.matching == Matching::Exact;
    let outcome = if is_by_format && !gates.is_empty() {
        let matching = Matching::Loose;
        let loose = Comparison::new(sides.each_ref(), &Options { matching, ..how })?;
        check(options, &gates, &loose, quiet)
    } else {
        check(options, &gates, &comparison, quiet)
    };
    give_back(how.threads, (sides, comparison));
    Ok(if is_damaged {
        Outcome::Damaged
    } else {
        outcome
    })
}

/// Two sides of which what cannot be compared is left out, and how they are compared.
struct Comparable {
    sides: Sides<Side>,
    how: Options,
    /// Objects whose inlined functions are left out.
    uneven: Vec<String>,
}

fn comparable(
    options: &DiffOptions,
    format: DiffFormat,
    read: Sides<ReadSide>,
) -> Result<Comparable> {
    let mut sides = read.map(|read| read.side);
    let uneven = leave_out_uneven_inlines(&mut sides);
    let is_default = options.normalise.is_none() && options.per.is_none();
    let idle_left_out = is_default
        .then(|| leave_out_uneven_idle(&mut sides))
        .flatten();
    let names_event = |filters: &[String]| filters.iter().any(|text| text.contains("event="));
    let how = Options {
        normalise: normalise(options)?,
        matching: matching(options, format, sides.each_ref()),
        confidence: options.confidence,
        least: options.min_change / 100.0,
        different_events: names_event(&options.before_filter) || names_event(&options.after_filter),
        idle_left_out,
        threads: this_machine::threads(options.threads),
    };
    Ok(Comparable { sides, how, uneven })
}

/// The comparison alone, without a word.
pub(super) fn comparison(options: &DiffOptions) -> Result<Comparison> {
    let read = both(options, &wanted(options), true)?;
    let Comparable { sides, how, .. } = comparable(options, DiffFormat::Text, read)?;
    Comparison::new(sides.each_ref(), &how)
}

/// What is compared with what.
fn wanted(options: &DiffOptions) -> Sides<Wanted<'_>> {
    Sides {
        before: Wanted {
            role: SideRole::Before,
            path: &options.before,
            filters: &options.before_filter,
            kallsyms: options.before_kallsyms.as_deref(),
        },
        after: Wanted {
            role: SideRole::After,
            path: options.after.as_deref().unwrap_or(&options.before),
            filters: &options.after_filter,
            kallsyms: options.after_kallsyms.as_deref(),
        },
    }
}

pub(super) fn gates(options: &DiffOptions) -> Result<Vec<Gate>> {
    let gates = options.fail_if.iter().map(|text| Gate::parse(text));
    gates
        .collect::<std::result::Result<_, _>>()
        .map_err(|wrong| WrongArguments::WrongCondition(wrong).into())
}

/// How frames are matched when nothing is said: text becomes text as difffolded.pl makes it, line
/// for line.
fn matching(options: &DiffOptions, format: DiffFormat, sides: Sides<&Side>) -> Matching {
    match options.matching {
        Some(Match::Exact) => Matching::Exact,
        Some(Match::Loose) => Matching::Loose,
        None if format == DiffFormat::Folded && sides.into_iter().all(Side::is_text) => {
            Matching::Exact
        }
        None => Matching::Loose,
    }
}

/// Says which options change nothing.
fn warn_of_unused(options: &DiffOptions, format: DiffFormat, sides: Sides<&Side>) {
    let unused = unused::of_diff(options, format, no_stacks(sides));
    unused.iter().for_each(|line| eprintln!("{line}"));
}

/// Why there are no stacks that were made of a capture's samples; `None` when there are.
fn no_stacks(sides: Sides<&Side>) -> Option<&'static str> {
    if sides.into_iter().all(Side::is_text) {
        Some("both sides are folded text")
    } else if sides.into_iter().all(|side| side.origin.event.is_none()) {
        Some("no side has stacks")
    } else {
        None
    }
}

/// What is written, and where: the result, and the table beside a picture or folded text. Checked
/// before any work.
fn destinations(options: &DiffOptions) -> Result<(DiffFormat, Destinations)> {
    let output = options.output.as_deref().unwrap_or(Path::new("-"));
    let mut captures = vec![options.before.as_path()];
    captures.extend(options.after.as_deref());
    let files = [
        &options.kallsyms,
        &options.before_kallsyms,
        &options.after_kallsyms,
        &options.rules,
    ];
    let caches = options.buildid_dir.iter().cloned();
    let inputs = Inputs {
        captures,
        files: (files.into_iter().filter_map(Option::as_deref))
            .chain(options.guests.files())
            .chain(options.devices.files())
            .collect(),
        caches: caches.chain(this_machine::own_caches()).collect(),
    };
    let result = Destination::new(output, &inputs)?;
    let format = match options.format {
        Some(format) => Some(format),
        None => endings::format_of(output, &FORMATS)?,
    };
    let format = format.unwrap_or(if options.json {
        DiffFormat::Json
    } else {
        DiffFormat::Text
    });
    if format == DiffFormat::Svg {
        result.refuse_terminal("an SVG picture", "-o diff.svg writes it to a file")?;
    }
    // A picture in a file leaves standard output to the table.
    let leaves_table =
        !result.is_stdout() && matches!(format, DiffFormat::Svg | DiffFormat::Folded);
    let table = leaves_table
        .then(|| Destination::stdout(&inputs))
        .transpose()?;
    Ok((format, Destinations { result, table }))
}

/// Where the results go.
struct Destinations {
    result: Destination,
    table: Option<Destination>,
}

fn write_results(
    options: &DiffOptions,
    comparison: &Comparison,
    format: DiffFormat,
    to: &Destinations,
) -> Result<()> {
    let columns =
        this_machine::columns().filter(|_| to.result.is_stdout() || format != DiffFormat::Text);
    let table = || as_text(comparison, options.top.unwrap_or(SHOWN_FUNCTIONS), columns);
    let union = &comparison.union;
    to.result.write(|out| match format {
        DiffFormat::Svg => {
            let width = match options.width.unwrap_or(Width::Larger) {
                Width::Before => WidthBy::Before,
                Width::After => WidthBy::After,
                Width::Larger => WidthBy::Larger,
            };
            let extent = options.picture.extent();
            let picture = picture_of(comparison, options.title.clone(), width, extent);
            let facts = |node, text: &mut String| box_facts(comparison, node, text);
            write_diff_svg(&union.tree, &union.frames, &picture, &facts, out).map(|_| ())
        }
        DiffFormat::Folded => {
            let weights = |node| own_weights(comparison, node);
            let decimals = comparison.origins.each_ref().map(|origin| origin.decimals);
            write_folded_diff(&union.tree, &union.frames, &weights, decimals, out)
        }
        DiffFormat::Json => writeln!(out, "{:#}", as_json(comparison)),
        DiffFormat::Text => out.write_all(table().as_bytes()),
    })?;
    if let Some(destination) = &to.table {
        let text = if options.json {
            format!("{:#}\n", as_json(comparison))
        } else {
            table()
        };
        destination.write(|out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

/// Holds the conditions against the comparison and says what became of them.
///
/// One that cannot be judged outweighs one that holds: who repairs what holds must not take the rest
/// for passed.
fn check(options: &DiffOptions, gates: &[Gate], comparison: &Comparison, quiet: bool) -> Outcome {
    let verdicts = gates
        .iter()
        .map(|gate| gate.check(comparison, options.any_change));
    told(options, verdicts, quiet)
}

/// Says what became of conditions.
pub(super) fn told(
    options: &DiffOptions,
    verdicts: impl Iterator<Item = Verdict>,
    quiet: bool,
) -> Outcome {
    let (mut is_tripped, mut is_unjudged) = (false, false);
    for verdict in verdicts {
        match verdict {
            Verdict::Tripped(reason) => {
                eprintln!("failed: {reason}");
                is_tripped = true;
            }
            Verdict::WithinNoise(reason) | Verdict::Passed(reason) if !quiet => {
                eprintln!("passed: {reason}");
            }
            Verdict::Unjudged(reason) if !options.allow_absent => {
                eprintln!("error: cannot be judged: {reason}");
                is_unjudged = true;
            }
            Verdict::Unjudged(reason) if !quiet => {
                eprintln!("warning: cannot be judged: {reason}");
            }
            Verdict::WithinNoise(_) | Verdict::Passed(_) | Verdict::Unjudged(_) => {}
        }
    }
    if is_unjudged {
        eprintln!("hint: --allow-absent lets conditions pass that cannot be judged");
        Outcome::Unjudged
    } else if is_tripped {
        Outcome::Negative
    } else {
        Outcome::Done
    }
}

fn normalise(options: &DiffOptions) -> Result<Normalise> {
    if let Some(event) = &options.per {
        return Ok(Normalise::Event(event.clone()));
    }
    match options.normalise.as_deref().unwrap_or("share") {
        "share" => Ok(Normalise::Share),
        "cpu-time" => Ok(Normalise::CpuTime),
        "wall" => Ok(Normalise::Wall),
        "guest" => Ok(Normalise::Guest),
        "none" => Ok(Normalise::None),
        other => match other.strip_prefix("event:") {
            Some(name) if !name.is_empty() => Ok(Normalise::Event(name.to_owned())),
            Some(_) | None => Err(WrongArguments::NoNormalisation(other.to_owned()).into()),
        },
    }
}

/// The endings of output files.
const FORMATS: [FormatEnding<DiffFormat>; 5] = [
    FormatEnding("svg", DiffFormat::Svg),
    FormatEnding("folded", DiffFormat::Folded),
    FormatEnding("collapsed", DiffFormat::Folded),
    FormatEnding("json", DiffFormat::Json),
    FormatEnding("txt", DiffFormat::Text),
];

//! `vmflame convert`: a capture as a flame graph or folded text.

use std::path::Path;

use super::convert_args::{ConvertOptions, Format};
use super::converted::{Converted, stack_format};
use super::endings::{FormatEnding, format_of};
use super::options::{Weight, read_rules};
use super::outcome::Outcome;
use super::write::Destination;
use crate::cli::{debuginfod, exit_graph, recording, standard_input, this_machine, unused, vms};
use vmflame::analysis::{Profile, Request, Stage, Stopwatch, profile, subtitle};
use vmflame::error::Result;
use vmflame::input::Input;
use vmflame::output::{Picture, write_stacks};
use vmflame::perf::Capture;
use vmflame::report::bench::stage_table;
use vmflame::report::remarks::{
    describe, gap_remarks, inlined_by, is_damaged, quality, stack_remarks, stitch_remark,
    symbol_remarks,
};
use vmflame::symbol::SymbolRequest;
use vmflame::text::{counted, grouped};
use vmflame::units::Weights;

pub(super) fn run(options: &ConvertOptions, quiet: bool) -> Result<Outcome> {
    #[cfg(feature = "fleet")]
    if options.format == Some(Format::Parquet) {
        return super::dataset::convert(options, quiet);
    }
    let mut watch = Stopwatch::start();
    let (format, destination) = destination(options)?;
    if let Some(wanted) = options.exit_graph() {
        let output = exit_graph::Output {
            format,
            destination,
        };
        return exit_graph::run(options, wanted, output, quiet);
    }
    let (input, capture) = standard_input::open(&options.input, quiet)?;
    let symbols = this_machine::symbols(&options.input, &input);
    let mut request = request(options)?;
    request.keeps_samples = format.viewer().is_some();
    let asked = options.debuginfod.asked(request.threads);
    let downloads = debuginfod::complete(asked, &capture, &symbols, quiet)?;
    let vms = vms::pids(&options.filter.vm, &input, &capture, request.threads)?;
    request.pids.extend(vms);
    request.vm_naming = vms::naming(&input, request.threads);
    watch.lap(Stage::Open);
    let profile = profile(&capture, &symbols, &request);
    // Damage to compressed records is known only now.
    if !quiet {
        warn_of_damage(&capture);
    }
    let profile = profile?;
    let mut lines = Vec::new();
    if !quiet {
        let unused = unused::of_convert(options, format);
        unused.iter().for_each(|line| eprintln!("{line}"));
        lines.extend(
            downloads
                .warning()
                .map(|warning| format!("warning: {warning}")),
        );
        lines.extend(remarks(&capture, &profile, &symbols, options));
    }
    let is_damaged = input.is_damaged || is_damaged(&capture, &profile.account.tally);
    watch.skip(&profile.timings);
    let made = Made {
        input: &input,
        request: &request,
        capture,
        profile,
    };
    write(options, made, format, &destination, &mut watch)?;
    watch.lap(Stage::Draw);
    if options.timings {
        eprint!("{}", stage_table(&watch.timings()));
    }
    lines.iter().for_each(|line| eprintln!("{line}"));
    Ok(if is_damaged {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

/// What was made of a capture, and is given back with the last use of it.
struct Made<'m> {
    input: &'m Input,
    request: &'m Request,
    capture: Capture,
    profile: Profile,
}

/// Writes what was made of a capture in a format.
fn write(
    options: &ConvertOptions,
    made: Made<'_>,
    format: Format,
    to: &Destination,
    watch: &mut Stopwatch,
) -> Result<()> {
    let Made {
        input,
        request,
        capture,
        mut profile,
    } = made;
    let converted = |profile| Converted {
        options,
        input,
        capture: &capture,
        request,
        profile,
    };
    if let Some(viewer) = format.viewer() {
        return recording::write(&converted(&profile), viewer, to, watch);
    }
    let tree = profile.take_tree(options.reverse);
    watch.lap(Stage::Tree);
    let picture = || Picture {
        title: converted(&profile).title(),
        subtitle: subtitle(&capture, &profile, request),
        unit: profile.unit.clone(),
        totals: profile.totals.clone(),
        colors: options.colors(),
        extent: options.picture.extent(),
    };
    let format = stack_format(format, options, picture);
    to.write(|out| {
        write_stacks(&tree, &profile.frames, &format, out)?;
        // The process ends soon, which gives all of it back at once.
        std::mem::forget((tree, profile, capture));
        Ok(())
    })
}

fn request(options: &ConvertOptions) -> Result<Request> {
    let threads = this_machine::threads(options.input.threads);
    Ok(Request {
        weight: Weight::kind(options.weight),
        scope: options.scope(),
        grouping: options.group.into(),
        no_tag: options.no_tag,
        no_idle: options.no_idle,
        rules: read_rules(options.rules.as_deref())?,
        ..options.names.over(options.filter.request(threads))
    })
}

/// The format that an output file's ending names.
fn format_by_ending(output: &Path) -> Result<Format> {
    let formats = [
        FormatEnding("svg", Format::Svg),
        FormatEnding("folded", Format::Folded),
        FormatEnding("collapsed", Format::Folded),
        FormatEnding("pb", Format::Pprof),
        FormatEnding("pprof", Format::Pprof),
        FormatEnding("firefox.json", Format::Firefox),
        FormatEnding("speedscope.json", Format::Speedscope),
        FormatEnding("trace.json", Format::Chrome),
        FormatEnding("pftrace", Format::Perfetto),
        FormatEnding("perfetto-trace", Format::Perfetto),
        FormatEnding("otlp", Format::Otlp),
        FormatEnding("json", Format::Json),
        FormatEnding("csv", Format::Csv),
    ];
    Ok(format_of(output, &formats)?.unwrap_or(Format::Svg))
}

/// What to write.
pub(super) fn format_of_output(options: &ConvertOptions) -> Result<Format> {
    options
        .format
        .map_or_else(|| format_by_ending(&options.output), Ok)
}

/// What to write and where; checked before any work.
fn destination(options: &ConvertOptions) -> Result<(Format, Destination)> {
    let mut inputs = this_machine::inputs(&options.input);
    inputs.files.extend(options.rules.as_deref());
    inputs.files.extend(options.devices.files());
    let destination = Destination::new(&options.output, &inputs)?;
    let format = format_of_output(options)?;
    refuse_picture(format, &destination)?;
    if matches!(format, Format::Pprof | Format::Perfetto | Format::Otlp) {
        destination.refuse_terminal("a message of bytes", "-o FILE writes it to a file")?;
    }
    Ok((format, destination))
}

/// Keeps a picture from a terminal.
pub(super) fn refuse_picture(format: Format, destination: &Destination) -> Result<()> {
    if format != Format::Svg {
        return Ok(());
    }
    destination.refuse_terminal(
        "an SVG picture",
        "-o perf.svg writes it to a file; --format folded is text",
    )
}

/// Says what was odd about the file. Said also where no result can be made: it may be why.
fn warn_of_damage(capture: &Capture) {
    let path = capture.path().display();
    for anomaly in capture.anomalies() {
        eprintln!("warning: {path}: {}", describe(&anomaly));
    }
}

/// How many of the other events are named.
const SHOWN_EVENTS: usize = 8;

/// The events with samples beside the one that was taken, those with the most first; `None` when
/// there are none.
fn other_events(capture: &Capture, profile: &Profile) -> Option<String> {
    let events = capture.events().iter().zip(&profile.account.samples);
    let others = events.filter(|&((ix, _), &samples)| ix != profile.event && samples > 0);
    let mut others: Vec<(&str, u64)> = others
        .map(|((_, event), &samples)| (event.name.as_str(), samples))
        .collect();
    if others.is_empty() {
        return None;
    }
    others.sort_by_key(|&(_, samples)| std::cmp::Reverse(samples));
    let shown = others.iter().take(SHOWN_EVENTS);
    let mut parts: Vec<String> = shown
        .map(|(name, samples)| format!("{name} ({})", counted(*samples, "sample")))
        .collect();
    if others.len() > SHOWN_EVENTS {
        parts.push(format!("{} more", others.len() - SHOWN_EVENTS));
    }
    Some(parts.join(", "))
}

/// What was done, what was lost, and what would make it better; for standard error.
fn remarks(
    capture: &Capture,
    profile: &Profile,
    symbols: &SymbolRequest,
    options: &ConvertOptions,
) -> Vec<String> {
    let gaps = gap_remarks(capture, profile).into_iter();
    let mut lines: Vec<String> = gaps.map(|remark| remark.to_string()).collect();
    if options.filter.event.is_none()
        && let Some(others) = other_events(capture, profile)
    {
        let event = &profile.event_name;
        lines.push(format!("event: {event}; -e takes another: {others}"));
    }
    let event = capture.events().get(profile.event);
    if event.is_some_and(|event| event.attr.is_counted_with_group()) {
        let Weights {
            samples,
            weight: occurrences,
        } = profile.periods;
        let name = &profile.event_name;
        let stand = if samples == 1 {
            "sample stands"
        } else {
            "samples stand"
        };
        let [samples, occurrences] = [samples, occurrences].map(grouped);
        lines.push(format!(
            "{name} was counted with its group: {samples} {stand} for {occurrences}"
        ));
    }
    if !options.names.inline
        && let Some(inlined) = inlined_by(profile).filter(|_| options.names.detail().inlined)
    {
        lines.push(format!("{inlined}; --no-inline leaves them out"));
    }
    let stitches = options.names.stitch_lbr;
    let of_stitching = stitches.then(|| stitch_remark(capture, profile)).flatten();
    let of_stacks = stack_remarks(capture, profile).into_iter();
    let remarks = of_stitching
        .into_iter()
        .chain(of_stacks)
        .chain(symbol_remarks(profile, symbols));
    lines.extend(remarks.map(|remark| remark.to_string()));
    lines.push(quality(profile));
    lines
}

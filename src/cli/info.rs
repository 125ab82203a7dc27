//! `vmflame info`: what is in a capture.

use std::fmt::Write as _;

use super::Outcome;
use super::args::InfoOptions;
use super::describe_json::as_json;
use super::write::Destination;
use crate::cli::{standard_input, this_machine};
use vmflame::analysis::{Survey, is_flat, is_of_branches, survey};
use vmflame::bytes::{Big, ByteOrder, Compression, Endian, Little};
use vmflame::error::Result;
use vmflame::name::Unnamed;
use vmflame::perf::abi::record_name;
use vmflame::perf::{Capture, CaptureKind, Feature, Features};
use vmflame::report::remarks;
use vmflame::symbol::KernelSource;
use vmflame::text::{counted, grouped};
use vmflame::units::EventIx;

pub(crate) fn run(options: &InfoOptions, quiet: bool) -> Result<Outcome> {
    let destination = Destination::stdout(&this_machine::inputs(&options.input))?;
    let (input, capture) = standard_input::open(&options.input, quiet)?;
    let symbols = this_machine::symbols(&options.input, &input);
    let survey = survey(
        &capture,
        &symbols,
        this_machine::threads(options.input.threads),
    )?;
    let text = if options.json {
        format!("{:#}\n", as_json(&capture, &survey))
    } else {
        as_text(&capture, &survey)
    };
    destination.write(|out| out.write_all(text.as_bytes()))?;
    let is_damaged = input.is_damaged || remarks::is_damaged(&capture, &survey.account.tally);
    Ok(if is_damaged {
        Outcome::Damaged
    } else {
        Outcome::Done
    })
}

/// What the recorder says about the machine, as (label, text) pairs.
pub(crate) fn machine(capture: &Capture) -> Vec<(&'static str, String)> {
    match capture.endian() {
        Endian::Little => machine_facts::<Little>(capture.features()),
        Endian::Big => machine_facts::<Big>(capture.features()),
    }
}

fn machine_facts<O: ByteOrder>(features: &Features) -> Vec<(&'static str, String)> {
    let text = |feature| features.string::<O>(feature);
    let cpus = features
        .cpus::<O>()
        .map(|cpus| format!("{} of {}", cpus.online, cpus.available));
    let memory = features
        .total_memory_kib::<O>()
        .map(|kib| format!("{} MiB", grouped(kib / 1024)));
    let facts = [
        ("host", text(Feature::HOSTNAME)),
        ("kernel", text(Feature::OSRELEASE)),
        ("machine", text(Feature::ARCH)),
        ("cpu", text(Feature::CPUDESC)),
        ("cpus", cpus),
        ("memory", memory),
        ("perf", text(Feature::VERSION)),
        (
            "command",
            features
                .command_line::<O>()
                .map(|arguments| arguments.join(" ")),
        ),
    ];
    facts
        .into_iter()
        .filter_map(|(label, fact)| Some((label, fact?)))
        .collect()
}

fn as_text(capture: &Capture, survey: &Survey) -> String {
    let mut out = String::new();
    let written = write_text(&mut out, capture, survey);
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    // Names come from the file: control characters would drive the terminal.
    out.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

fn write_text(out: &mut String, capture: &Capture, survey: &Survey) -> std::fmt::Result {
    let (path, len) = (
        capture.path().display(),
        counted(capture.file_len(), "byte"),
    );
    let order = match capture.endian() {
        Endian::Little => "little-endian",
        Endian::Big => "big-endian",
    };
    writeln!(out, "{path}: {}, {len}, {order}", kind_words(capture))?;
    let anomalies = capture.anomalies();
    let anomalies = anomalies.iter().map(remarks::describe);
    let gaps = survey
        .account
        .gaps
        .iter()
        .take(10)
        .map(remarks::describe_gap);
    let part = remarks::read_part(capture, survey.account.times);
    for warning in anomalies.chain(part).chain(gaps) {
        writeln!(out, "warning   {warning}")?;
    }
    for (label, fact) in machine(capture) {
        writeln!(out, "{label:<9} {fact}")?;
    }
    if let Some((first, last)) = survey.account.times {
        let nanos = last.as_nanos().saturating_sub(first.as_nanos());
        let millis = nanos / 1_000_000;
        writeln!(
            out,
            "duration  {}.{:03} s ({first} to {last})",
            grouped(millis / 1000),
            millis % 1000
        )?;
    }
    write_events(out, capture, survey)?;
    writeln!(out, "\nrecords")?;
    for (kind, count) in survey.account.records.iter() {
        let name = record_name(kind).map_or_else(|| format!("type {kind}"), ToOwned::to_owned);
        writeln!(out, "  {name:<20} {:>12}", grouped(count))?;
    }
    let tally = &survey.account.tally;
    match tally.lost() {
        Some(lost) => writeln!(out, "{lost}"),
        None => writeln!(out, "nothing lost by the kernel"),
    }?;
    if tally.truncated_aux > 0 {
        let pieces = grouped(tally.truncated_aux);
        writeln!(out, "AUX pieces cut by the kernel: {pieces}")?;
    }
    for (count, what) in [
        (tally.unread_sideband, remarks::UNREAD_SIDEBAND),
        (tally.odd_readings, remarks::ODD_READINGS),
        (tally.odd_records, remarks::ODD_RECORDS),
        (tally.unknown_records, remarks::UNKNOWN_RECORDS),
    ] {
        if count > 0 {
            writeln!(out, "{}", remarks::numbered(count, what))?;
        }
    }
    if tally.damaged_bytes > 0 {
        writeln!(out, "damaged: {}", counted(tally.damaged_bytes, "byte"))?;
    }
    write_symbols(out, survey)
}

/// What kind of file the capture is.
pub(crate) fn kind_words(capture: &Capture) -> String {
    let kind = match capture.kind() {
        CaptureKind::File => "perf.data",
        CaptureKind::Pipe => "perf.data in pipe mode",
        CaptureKind::Directory => "perf.data directory",
    };
    let around = match capture.compression() {
        None => "",
        Some(Compression::Gzip) => " in gzip",
        Some(Compression::Zstd) => " in zstd",
        Some(Compression::Xz) => " in xz",
        Some(Compression::Bzip2) => " in bzip2",
    };
    let records = if capture.has_compressed_records() {
        ", compressed records"
    } else {
        ""
    };
    format!("{kind}{around}{records}")
}

fn write_events(out: &mut String, capture: &Capture, survey: &Survey) -> std::fmt::Result {
    writeln!(out, "\nevents")?;
    for (ix, event) in capture.events().iter() {
        let count = survey
            .account
            .samples
            .get(ix.as_usize())
            .copied()
            .unwrap_or_default();
        let mark = if survey.event == Some(ix) { '*' } else { ' ' };
        let samples = grouped(count);
        let word = if count == 1 { "sample" } else { "samples" };
        let fields = event.attr.sample_fields().join(" ");
        let occurrences = survey.occurrences.get(ix.as_usize()).copied().flatten();
        let counted = occurrences.map_or_else(String::new, |occurrences| {
            let occurrences = grouped(occurrences);
            format!(", counted with its group: they stand for {occurrences}")
        });
        writeln!(
            out,
            "{mark} {:<32} {samples:>12} {word:<7}  {fields}{counted}",
            event.name
        )?;
    }
    match survey.event {
        Some(_) => writeln!(
            out,
            "* what convert takes by default: {}",
            counted(survey.unique_stacks as u64, "different stack")
        ),
        None => writeln!(out, "no event records where its samples were taken"),
    }?;
    let tally = &survey.account.tally;
    let is = |stacks: fn(&Capture, EventIx) -> bool| {
        survey.event.is_some_and(|event| stacks(capture, event))
    };
    if tally.last_branches > 0 {
        let [branched, folded] = [tally.last_branches, tally.folded].map(grouped);
        writeln!(
            out,
            "it records no call chains: the stacks of {branched} of {folded} samples are last \
             branches, which are no call stacks"
        )?;
    } else if is(is_flat) || is(is_of_branches) {
        writeln!(
            out,
            "it records no call chains, stacks are single frames: record with perf record -g"
        )?;
    }
    if tally.copied_stacks > 0 {
        let copies = grouped(tally.copied_stacks);
        writeln!(out, "copied user stacks that are not unwound: {copies}")?;
    }
    Ok(())
}

fn write_symbols(out: &mut String, survey: &Survey) -> std::fmt::Result {
    writeln!(out, "\nsymbols")?;
    writeln!(
        out,
        "  {:<48} {}",
        "[kernel and modules]",
        kernel_words(&survey.account.kernel_source)
    )?;
    for object in &survey.account.objects {
        let found = match &object.outcome {
            Ok(path) => path.display().to_string(),
            Err(cause) => format!("none: {cause}"),
        };
        writeln!(out, "  {:<48} {found}", object.path)?;
        for refused in &object.refused {
            let own = refused
                .found
                .as_ref()
                .map_or("none".to_owned(), ToString::to_string);
            let (path, wanted) = (refused.path.display(), &refused.wanted);
            writeln!(
                out,
                "    not {path}: its build id is {own}, recorded was {wanted}"
            )?;
        }
        for broken in &object.broken {
            writeln!(out, "    {broken}")?;
        }
    }
    write_unnamed(out, &survey.account.unnamed)
}

/// How many objects with frames without a name are listed.
const SHOWN_UNNAMED: usize = 20;

/// One line for each object that has frames without a name, the one with the most first.
fn write_unnamed(out: &mut String, unnamed: &[Unnamed]) -> std::fmt::Result {
    if unnamed.is_empty() {
        return Ok(());
    }
    let sum = |objects: &[Unnamed]| {
        let frames = objects.iter().map(|object| object.frames);
        grouped(frames.fold(0, u64::saturating_add))
    };
    writeln!(
        out,
        "\nframes without a name, each counted once for each sample: {}",
        sum(unnamed)
    )?;
    let (shown, others) = unnamed.split_at(unnamed.len().min(SHOWN_UNNAMED));
    for Unnamed {
        object,
        frames,
        causes,
        ..
    } in shown
    {
        let causes: Vec<String> = match causes.as_slice() {
            [(cause, _)] => vec![cause.to_string()],
            several => {
                let counted = several.iter();
                let counted = counted.map(|(cause, n)| format!("{} {cause}", grouped(*n)));
                counted.collect()
            }
        };
        let (frames, causes) = (grouped(*frames), causes.join("; "));
        writeln!(out, "  {frames:>12}  {object:<48} {causes}")?;
    }
    if !others.is_empty() {
        writeln!(
            out,
            "  {:>12}  of {} more objects",
            sum(others),
            others.len()
        )?;
    }
    Ok(())
}

pub(crate) fn kernel_words(source: &KernelSource) -> String {
    match source {
        KernelSource::SameBoot(path) => path.display().to_string(),
        KernelSource::OtherBoot(path) => {
            format!("{} of another boot: relocated, no modules", path.display())
        }
        KernelSource::Unchecked(path) => format!("{}, boot not checked", path.display()),
        KernelSource::Hidden(path) => {
            format!(
                "none: addresses in {} are hidden by kptr_restrict",
                path.display()
            )
        }
        KernelSource::Missing => "none: no kallsyms of this kernel found".to_owned(),
    }
}

//! What a capture is, as text.

use std::fmt::Write as _;

use super::model::{CaptureFacts, MachineFact, RecordFacts, StackKind};
use crate::loss::Tally;
use crate::name::{ObjectReport, Unnamed};
use crate::object::LookedAt;
use crate::report::remarks;
use crate::report::symbol_remarks::lost_units;
use crate::text::{counted, grouped};

/// What a capture is, for people.
pub fn as_text(facts: &CaptureFacts<'_>) -> String {
    let mut out = String::new();
    let written = write_text(&mut out, facts);
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    without_controls(&out)
}

/// Names come from the file: control characters would drive the terminal.
pub(super) fn without_controls(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

fn write_text(out: &mut String, facts: &CaptureFacts<'_>) -> std::fmt::Result {
    let (path, kind, order) = (&facts.path, &facts.kind, facts.byte_order);
    writeln!(
        out,
        "{path}: {kind}, {}, {order}",
        counted(facts.bytes, "byte")
    )?;
    for warning in facts.warnings() {
        writeln!(out, "warning   {warning}")?;
    }
    for MachineFact { label, text } in &facts.machine {
        writeln!(out, "{label:<9} {text}")?;
    }
    if let (Some(first), Some(last)) = (facts.first, facts.last) {
        let nanos = last.as_nanos().saturating_sub(first.as_nanos());
        let millis = nanos / 1_000_000;
        writeln!(
            out,
            "duration  {}.{:03} s ({first} to {last})",
            grouped(millis / 1000),
            millis % 1000
        )?;
    }
    write_events(out, facts)?;
    writeln!(out, "\nrecords")?;
    for RecordFacts { name, count } in &facts.records {
        writeln!(out, "  {name:<20} {:>12}", grouped(*count))?;
    }
    write_tally(out, facts.tally)?;
    write_symbols(out, facts)
}

/// What is missing, and what makes no sense.
fn write_tally(out: &mut String, tally: &Tally) -> std::fmt::Result {
    match tally.lost() {
        Some(lost) => writeln!(out, "{}", remarks::lost_words(lost)),
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
        (tally.unread_pieces, remarks::UNREAD_PIECES),
        (tally.unknown_records, remarks::UNKNOWN_RECORDS),
    ] {
        if count > 0 {
            writeln!(out, "{}", remarks::numbered(count, what))?;
        }
    }
    if tally.damaged_bytes > 0 {
        writeln!(out, "damaged: {}", counted(tally.damaged_bytes, "byte"))?;
    }
    Ok(())
}

fn write_events(out: &mut String, facts: &CaptureFacts<'_>) -> std::fmt::Result {
    writeln!(out, "\nevents")?;
    for event in &facts.events {
        let mark = if event.is_default { '*' } else { ' ' };
        let samples = grouped(event.samples);
        let word = if event.samples == 1 {
            "sample"
        } else {
            "samples"
        };
        let fields = event.fields.join(" ");
        let counted = event.occurrences.map_or_else(String::new, |occurrences| {
            let stand = if event.samples == 1 {
                "it stands"
            } else {
                "they stand"
            };
            let occurrences = grouped(occurrences);
            format!(", counted with its group: {stand} for {occurrences}")
        });
        writeln!(
            out,
            "{mark} {:<32} {samples:>12} {word:<7}  {fields}{counted}",
            event.name
        )?;
    }
    if facts.events.iter().any(|event| event.is_default) {
        writeln!(
            out,
            "* what convert takes by default: {}",
            counted(facts.unique_stacks as u64, "different stack")
        )?;
    } else {
        writeln!(out, "no event records where its samples were taken")?;
    }
    let tally = facts.tally;
    match facts.stacks {
        StackKind::Chains => {}
        StackKind::Branches => {
            let [branched, folded] = [tally.last_branches, tally.folded].map(grouped);
            writeln!(
                out,
                "it records no call chains: the stacks of {branched} of {folded} samples are last \
                 branches, which are no call stacks"
            )?;
        }
        StackKind::SingleFrames => writeln!(
            out,
            "it records no call chains, stacks are single frames: record with perf record -g"
        )?,
    }
    write_copies(out, tally)
}

/// What became of user stacks.
fn write_copies(out: &mut String, tally: &Tally) -> std::fmt::Result {
    let unwound = [
        (
            "copied user stacks that end with the copy",
            tally.cut_copies,
        ),
        (
            "copied user stacks not unwound to their first function",
            tally.not_unwound,
        ),
    ];
    for (what, count) in unwound.into_iter().filter(|&(_, count)| count > 0) {
        writeln!(out, "{what}: {}", grouped(count))?;
    }
    if tally.copied_stacks > 0 {
        let copies = grouped(tally.copied_stacks);
        writeln!(out, "copied user stacks that are not unwound: {copies}")?;
    }
    Ok(())
}

fn write_symbols(out: &mut String, facts: &CaptureFacts<'_>) -> std::fmt::Result {
    writeln!(out, "\nsymbols")?;
    writeln!(
        out,
        "  {:<48} {}",
        "[kernel and modules]", facts.kernel_symbols
    )?;
    for object in facts.objects {
        let found = match &object.outcome {
            Ok(path) => path.display().to_string(),
            Err(cause) => format!("none: {cause}"),
        };
        writeln!(out, "  {:<48} {found}", object.path)?;
        if let Some(debug) = &object.debug {
            writeln!(out, "    inlined functions by {}", debug.file.display())?;
            if let Some(lost) = lost_units(debug) {
                writeln!(out, "    {lost}")?;
            }
        }
        if let Some(places) = looked_at(object) {
            writeln!(out, "    looked at: {places}")?;
        }
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
            writeln!(out, "    {}", broken.with_causes())?;
        }
    }
    write_unnamed(out, facts.unnamed)
}

/// Where an object's file was looked for, with what was there.
fn looked_at(object: &ObjectReport) -> Option<String> {
    let words =
        |looked_at: &LookedAt| format!("{} ({})", looked_at.place.display(), looked_at.outcome);
    let places: Vec<String> = object.looked_at.iter().map(words).collect();
    (!places.is_empty()).then(|| places.join(", "))
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

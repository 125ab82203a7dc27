//! What the user should know of a trace.dat, or of a text of events: what is missing or doubtful.

use crate::analysis::exits::ExitOrigin;
use crate::loss::Tally;
use crate::report::remarks::{damage_of_capture, numbered};
use crate::tracedat::{CpuStatistics, Missed, TraceDamage, TracePart};
use crate::tracepoint::text::{LineCounts, UnreadLine};

/// What the kernel did not record, a line each; none when it says that it recorded all.
///
/// What was overwritten before it was read is counted twice: in the kernel's statistics and, where a
/// later page was read, before that page. It is told once.
pub fn lost_words(statistics: CpuStatistics, missed: &Missed) -> Vec<String> {
    let CpuStatistics {
        overwritten,
        dropped,
    } = statistics;
    let mut lines = Vec::new();
    let mut say = |count: u64, words: [&str; 2], behind: &str| {
        if count > 0 {
            lines.push(format!("{}{behind}", numbered(count, words)));
        }
    };
    let events = ["event", "events"];
    let larger = ": record with a larger buffer (trace-cmd record -b KILOBYTES)";
    say(
        overwritten,
        events,
        &format!(" lost: overwritten before they were read{larger}"),
    );
    say(
        dropped,
        events,
        &format!(" lost: dropped for want of space{larger}"),
    );
    let by_pages_only = missed.events > statistics.lost_events();
    say(
        if by_pages_only { missed.events } else { 0 },
        events,
        " lost before pages, by the pages' own count",
    );
    say(
        missed.uncounted,
        ["page has", "pages have"],
        " a gap before them, of events that nobody counted",
    );
    lines
}

/// What of a file could not be read or made no sense, a line each; `tally` is that of a capture.
pub fn damage_of(origin: &ExitOrigin, tally: &Tally) -> Vec<String> {
    match origin {
        ExitOrigin::Capture(anomalies) => damage_of_capture(anomalies, tally.has_damage()),
        ExitOrigin::TraceDat(damage) => damage_words(damage),
        ExitOrigin::Text(counts) => line_words(counts),
    }
}

/// What of a file could not be read, a line each.
pub fn damage_words(damage: &TraceDamage) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(cause) = &damage.outer {
        lines.push(format!(
            "what the file is packed in cannot be unpacked to its end: {cause}"
        ));
    }
    for part in &damage.parts {
        lines.push(format!("{}: cannot be read", part_words(*part)));
    }
    let counts = [
        (
            damage.missing_bytes,
            ["byte of events is missing", "bytes of events are missing"],
            ": the file is cut",
        ),
        (
            damage.packed_bytes,
            ["compressed byte of events", "compressed bytes of events"],
            " could not be unpacked",
        ),
        (
            damage.page_bytes,
            ["byte of events", "bytes of events"],
            " could not be read: they make no sense",
        ),
        (
            damage.unknown_events,
            ["event was left out", "events were left out"],
            ": the file does not describe them",
        ),
        (
            damage.short_events,
            ["event was left out", "events were left out"],
            ": shorter than the head of an event",
        ),
        (
            damage.times_backwards,
            ["event is", "events are"],
            " earlier than the one before on that CPU; its time was taken instead",
        ),
    ];
    for (count, words, behind) in counts {
        if count > 0 {
            lines.push(format!("{}{behind}", numbered(count, words)));
        }
    }
    lines
}

fn part_words(part: TracePart) -> String {
    match part {
        TracePart::RingBufferHeaders => "where things lie in a page (header_page)".to_owned(),
        TracePart::FtraceFormats => "the formats of ftrace's own events".to_owned(),
        TracePart::EventFormats => "the formats of events".to_owned(),
        TracePart::TaskNames => "the names of tasks".to_owned(),
        TracePart::Options => "the options".to_owned(),
        TracePart::Option(number) => format!("option {number}"),
        TracePart::Buffer => "where the events of a buffer lie".to_owned(),
    }
}

/// What of a text was not understood, and what it says is missing, a line each.
pub fn line_words(counts: &LineCounts) -> Vec<String> {
    let mut lines = Vec::new();
    if counts.cut_exits > 0 {
        let words = ["line of kvm_exit ends", "lines of kvm_exit end"];
        lines.push(format!(
            "{} before the reason: [cut off] stands for it",
            numbered(counts.cut_exits, words)
        ));
    }
    if counts.unread > 0 {
        let words = numbered(counts.unread, ["line tells", "lines tell"]);
        lines.push(format!(
            "{words} of no event and nothing else that is known:"
        ));
        for UnreadLine { number, text } in &counts.unread_lines {
            lines.push(format!("line {number}: {text}"));
        }
    }
    if counts.uncounted_gaps > 0 {
        let words = numbered(counts.uncounted_gaps, ["place", "places"]);
        lines.push(format!(
            "events are missing in {words}, nobody counted how many"
        ));
    }
    lines
}

//! How a case was recorded, event by event.

use std::collections::BTreeMap;

use crate::analysis::EventLoss;
use crate::report::table::{Cell, Column, Fact, Quantity, Table, TableReport};
use crate::text::grouped;

/// How a case was recorded.
#[derive(Clone, Debug)]
pub struct RecordingAnswer<'r> {
    /// The case, as the user knows it.
    pub source: &'r str,
    /// The recorder and its version.
    pub recorder: String,
    /// The commands that were run, as a shell takes them.
    pub commands: &'r [String],
    /// How long was recorded.
    pub span_ns: u64,
    /// What was recorded of each event, and what was lost.
    pub losses: &'r [EventLoss],
    /// How often events occurred in a second before, by their names in the capture; those that were
    /// not counted are not in it.
    pub expected: &'r BTreeMap<String, f64>,
    /// What recording was to take, in parts of one CPU, and what it took by what was recorded.
    pub expected_cost: Option<f64>,
    /// The same of what was recorded.
    pub cost: f64,
    /// How long the recorder itself ran on CPUs; `None` when it is not known.
    pub recorder_ns: Option<u64>,
    /// Bytes of the capture.
    pub bytes: u64,
    /// Bytes of the buffer of each CPU.
    pub buffer_bytes: u64,
    /// What was said before and meanwhile.
    pub remarks: Vec<String>,
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(
            "event",
            "event",
            Quantity::Text,
            "The event, as the capture has it.",
        ),
        Column::new(
            "samples",
            "samples",
            Quantity::Count,
            "What was recorded of it.",
        ),
        Column::new(
            "per_second",
            "/s",
            Quantity::PerSecond,
            "The same in a second.",
        )
        .or_absent("no time passed"),
        Column::new(
            "expected_per_second",
            "before /s",
            Quantity::PerSecond,
            "How often it occurred in a second just before, as perf stat counted it.",
        )
        .or_absent("it was not counted")
        .ranked(2),
        Column::new(
            "lost",
            "lost",
            Quantity::Count,
            "Its samples that found no space, as the kernel counts them (Linux 6.0, perf 6.1).",
        ),
        Column::new(
            "lost_before",
            "lost before it",
            Quantity::Count,
            "Records of any event that found no space in a buffer, of which it is only known that \
             this event was written next.",
        )
        .ranked(1),
    ]
}

/// The table of a recording's events, and what is said above it.
pub fn recording_tables(answer: &RecordingAnswer<'_>) -> TableReport {
    let mut table = Table::new("events", "What was recorded", columns());
    // perf itself adds an event that never counts, for records of tasks and mappings.
    let losses = answer.losses.iter();
    let mut losses: Vec<&EventLoss> = losses
        .filter(|loss| !loss.name.starts_with("dummy"))
        .collect();
    let occurred = |loss: &&EventLoss| loss.samples > 0 || lost_of(loss) > 0;
    losses.sort_by_key(|loss| std::cmp::Reverse(loss.samples));
    let (shown, silent): (Vec<_>, Vec<_>) = losses.into_iter().partition(occurred);
    if !silent.is_empty() {
        let names: Vec<&str> = silent.iter().map(|loss| plain(&loss.name)).collect();
        table.notes.push(format!("never: {}", names.join(", ")));
    }
    for loss in shown {
        table.push(vec![
            Cell::Text(loss.name.clone()),
            Cell::Count(loss.samples),
            Cell::rate(loss.samples, answer.span_ns),
            Cell::of(answer.expected.get(&loss.name).copied(), Cell::PerSecond),
            Cell::Count(loss.lost_samples),
            Cell::Count(loss.lost_records_before),
        ]);
    }
    let mut warnings = answer.remarks.clone();
    warnings.extend(lost_words(answer));
    TableReport {
        kind: "record",
        source: answer.source.to_owned(),
        facts: facts(answer),
        tables: vec![table],
        warnings,
    }
}

fn facts(answer: &RecordingAnswer<'_>) -> Vec<Fact> {
    let fact = |key, label, value| Fact { key, label, value };
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut facts = vec![fact("recorder", "recorder", text(&answer.recorder))];
    // Where buffers were too large the last one recorded.
    let [first, last] = [answer.commands.first(), answer.commands.last()];
    facts.extend(first.map(|command| fact("count_command", "counted by", text(command))));
    facts.extend(last.map(|command| fact("command", "recorded by", text(command))));
    facts.extend([
        fact("span_ns", "time", Cell::Nanoseconds(answer.span_ns)),
        fact("bytes", "bytes of the capture", Cell::Count(answer.bytes)),
        fact(
            "buffer_bytes",
            "bytes of each CPU's buffer",
            Cell::Count(answer.buffer_bytes),
        ),
        fact(
            "expected_cost",
            "cost, as estimated",
            Cell::of(answer.expected_cost, Cell::Share),
        ),
        fact(
            "cost",
            "cost, by what was recorded",
            Cell::Share(answer.cost),
        ),
        fact(
            "recorder_ns",
            "the recorder's own time",
            Cell::of(answer.recorder_ns, Cell::Nanoseconds),
        ),
    ]);
    facts
}

/// An event's name without its settings.
fn plain(name: &str) -> &str {
    name.split(['/', ' ']).next().unwrap_or(name)
}

/// What is known to be lost with an event.
fn lost_of(loss: &EventLoss) -> u64 {
    loss.lost_samples.max(loss.lost_records_before)
}

/// What was lost, event by event, and what to change.
fn lost_words(answer: &RecordingAnswer<'_>) -> Option<String> {
    let losing = answer.losses.iter().filter(|loss| lost_of(loss) > 0);
    let mut losing: Vec<&EventLoss> = losing.collect();
    losing.sort_by_key(|loss| std::cmp::Reverse(lost_of(loss)));
    let sum = |of: fn(&EventLoss) -> u64| {
        let counts = answer.losses.iter().map(of);
        counts.fold(0, u64::saturating_add)
    };
    let samples = sum(|loss| loss.lost_samples);
    let records = sum(|loss| loss.lost_records_before);
    let most = losing.first()?;
    let shown = losing.iter().take(3).map(|loss| {
        let exact = loss.lost_samples > 0;
        let words = if exact { "" } else { "before one of " };
        format!("{} {words}{}", grouped(lost_of(loss)), loss.name)
    });
    let shown: Vec<String> = shown.collect();
    let most = plain(&most.name);
    Some(format!(
        "{} records were lost, since buffers were full ({}): counts are too low and exits may be \
         paired wrongly. Record with --leave-out {most}, of one VM alone (--vm NAME), or with larger \
         buffers (-m, now {} bytes for each CPU)",
        grouped(samples.max(records)),
        shown.join(", "),
        grouped(answer.buffer_bytes),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a capture says it lost are numbers of a file: their sum ends at the largest.
    #[test]
    fn losses_of_damaged_files_do_not_begin_again_from_zero() {
        let loss = |name: &str| EventLoss {
            name: name.to_owned(),
            lost_samples: u64::MAX,
            lost_records_before: u64::MAX,
            ..EventLoss::default()
        };
        let losses = ["kvm:kvm_exit", "kvm:kvm_entry"].map(loss);
        let answer = RecordingAnswer {
            source: "case",
            recorder: String::new(),
            commands: &[],
            span_ns: 1,
            losses: &losses,
            expected: &BTreeMap::new(),
            expected_cost: None,
            cost: 0.0,
            recorder_ns: None,
            bytes: 0,
            buffer_bytes: 0,
            remarks: Vec::new(),
        };
        let words = lost_words(&answer).unwrap();
        assert!(
            words.starts_with("18,446,744,073,709,551,615 records"),
            "{words}"
        );
    }
}

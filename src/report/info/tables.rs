//! What a capture is, as tables.

use super::model::{CaptureFacts, RecordFacts};
use super::remedy::Nameless;
use crate::analysis::exits::TracepointCount;
use crate::name::{ObjectShare, Unnamed};
use crate::report::remarks;
use crate::report::table::{Cell, Column, Fact, Quantity, Table, TableReport};
use crate::text::{counted, grouped};

/// What a capture is: facts, events, records, and how much of its objects has names.
pub fn capture_tables(facts: &CaptureFacts<'_>) -> TableReport {
    TableReport {
        kind: "info",
        source: facts.path.clone(),
        facts: facts_of(facts),
        tables: vec![events(facts), names(facts), records(facts)],
        warnings: facts.warnings().cloned().collect(),
    }
}

fn facts_of(facts: &CaptureFacts<'_>) -> Vec<Fact> {
    let text = |key, label, text: String| Fact {
        key,
        label,
        value: Cell::Text(text),
    };
    let mut told = vec![text(
        "file",
        "file",
        format!(
            "{}, {}, {}",
            facts.kind,
            counted(facts.bytes, "byte"),
            facts.byte_order
        ),
    )];
    let machine = facts.machine.iter();
    told.extend(machine.map(|fact| text(fact.label, fact.label, fact.text.clone())));
    if let (Some(first), Some(last)) = (facts.first, facts.last) {
        let nanos = last.as_nanos().saturating_sub(first.as_nanos());
        told.push(Fact {
            key: "span_ns",
            label: "duration",
            value: Cell::Nanoseconds(nanos),
        });
        told.push(text("times", "times", format!("{first} to {last}")));
    }
    let lost = match facts.tally.lost() {
        Some(lost) => remarks::lost_words(lost),
        None => "nothing lost by the kernel".to_owned(),
    };
    told.push(text("lost", "lost", lost));
    let kernel = facts.kernel_symbols.clone();
    told.push(text("kernel_symbols", "names of the kernel by", kernel));
    told
}

fn events(facts: &CaptureFacts<'_>) -> Table {
    let columns = vec![
        Column::new("event", "event", Quantity::Text, "The event."),
        Column::new("samples", "samples", Quantity::Count, "Its samples."),
        Column::new(
            "frequency",
            "Hz",
            Quantity::Count,
            "How many samples a second were asked for.",
        )
        .or_absent("a period was asked for"),
        Column::new(
            "taken",
            "",
            Quantity::Text,
            "Whether it is taken where none is named.",
        )
        .or_absent("it is not"),
        Column::new("fields", "fields", Quantity::Text, "What its samples hold."),
    ];
    let mut table = Table::new("events", "Events", columns);
    for event in &facts.events {
        let taken = event.is_default.then(|| "by default".to_owned());
        table.push(vec![
            Cell::Text(event.name.clone()),
            Cell::Count(event.samples),
            Cell::of(event.frequency, Cell::Count),
            Cell::of(taken, Cell::Text),
            Cell::Text(event.fields.join(" ")),
        ]);
    }
    table
}

/// The events of a source that tells no more than how often they occurred.
pub fn event_table(events: &[TracepointCount]) -> Table {
    let columns = vec![
        Column::new("event", "event", Quantity::Text, "The event."),
        Column::new("count", "count", Quantity::Count, "How often it occurred."),
    ];
    let mut table = Table::new("events", "Events", columns);
    for event in events {
        table.push(vec![
            Cell::Text(event.name.clone()),
            Cell::Count(event.samples),
        ]);
    }
    table
}

fn records(facts: &CaptureFacts<'_>) -> Table {
    let columns = vec![
        Column::new("record", "record", Quantity::Text, "The type of record."),
        Column::new("records", "records", Quantity::Count, "How many there are."),
    ];
    let mut table = Table::new("records", "Records", columns);
    for RecordFacts { name, count } in &facts.records {
        table.push(vec![Cell::Text(name.clone()), Cell::Count(*count)]);
    }
    table
}

/// How much of each object has names, and what would name the rest.
fn names(facts: &CaptureFacts<'_>) -> Table {
    let columns = vec![
        Column::new("object", "object", Quantity::Text, "The object."),
        Column::new(
            "samples",
            "samples",
            Quantity::Count,
            "Samples with a frame of it.",
        ),
        Column::new(
            "unnamed",
            "without a name",
            Quantity::Share,
            "The part of its frames that has no name, each counted once for each sample.",
        ),
        Column::new(
            "causes",
            "why",
            Quantity::Text,
            "Why they have none, with the number of frames.",
        )
        .or_absent("all have names"),
        Column::new(
            "remedy",
            "what would help",
            Quantity::Text,
            "The command or option that would name them.",
        )
        .or_absent("all have names, or nothing is known to help"),
    ];
    let mut table = Table::new("names", "Objects and their names", columns);
    for (share, lacking_names) in facts.shares_with_unnamed() {
        table.push(name_cells(facts, share, &lacking_names));
    }
    if table.rows.is_empty() {
        table.notes.push("no frames of any object".to_owned());
    }
    table
}

fn name_cells(
    facts: &CaptureFacts<'_>,
    share: &ObjectShare,
    lacking_names: &[&Unnamed],
) -> Vec<Cell> {
    let (mut causes, mut remedies) = (Vec::new(), Vec::new());
    for unnamed in lacking_names {
        for &(cause, frames) in &unnamed.causes {
            causes.push(format!("{cause} ({})", grouped(frames)));
            let nameless = Nameless {
                cause,
                build_id: unnamed.build_id.as_ref(),
                release: &facts.release,
            };
            remedies.extend(nameless.remedy());
        }
    }
    remedies.dedup();
    let words =
        |words: Vec<String>| Cell::of((!words.is_empty()).then(|| words.join("; ")), Cell::Text);
    let all = share.named.saturating_add(share.unnamed);
    vec![
        Cell::Text(share.object.clone()),
        Cell::Count(share.samples),
        Cell::share(share.unnamed, all),
        words(causes),
        words(remedies),
    ]
}

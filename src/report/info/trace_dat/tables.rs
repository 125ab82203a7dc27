//! What a trace.dat is, as tables.

use super::model::TraceDatFacts;
use crate::analysis::exits::TracepointCount;
use crate::report::info::tables::event_table;
use crate::report::table::{Cell, Fact, TableReport};
use crate::text::{counted, grouped};
use crate::tracedat::ClockUnit;

/// What a trace.dat is: facts, and its events.
pub fn trace_tables(facts: &TraceDatFacts) -> TableReport {
    let events = facts.events.iter().map(|event| TracepointCount {
        name: event.name.clone(),
        samples: event.count,
    });
    let warnings = facts.damage.iter().chain(&facts.lost);
    TableReport {
        kind: "info",
        source: facts.path.clone(),
        facts: facts_of(facts),
        tables: vec![event_table(&events.collect::<Vec<_>>())],
        warnings: warnings.cloned().collect(),
    }
}

fn facts_of(facts: &TraceDatFacts) -> Vec<Fact> {
    let fact = |key, label, text: String| Fact {
        key,
        label,
        value: Cell::Text(text),
    };
    let file = format!(
        "trace.dat of trace-cmd, version {}, {}, {}",
        facts.version,
        counted(facts.bytes, "byte"),
        facts.byte_order
    );
    let mut told = vec![fact("file", "file", file)];
    if let Some(recorder) = &facts.recorder {
        told.push(fact(
            "recorder",
            "recorder",
            format!("trace-cmd {recorder}"),
        ));
    }
    if let Some(uname) = &facts.uname {
        told.push(fact("machine", "machine", uname.clone()));
    }
    if let Some(cpus) = facts.cpu_count {
        told.push(fact("cpus", "cpus", grouped(cpus.into())));
    }
    match (&facts.clock, facts.first, facts.last) {
        (ClockUnit::Nanoseconds, Some(first), Some(last)) => {
            told.push(Fact {
                key: "span_ns",
                label: "duration",
                value: Cell::Nanoseconds(last.as_nanos().saturating_sub(first.as_nanos())),
            });
            told.push(fact("times", "times", format!("{first} to {last}")));
        }
        (ClockUnit::Other(clock), ..) => {
            let words = format!("{clock}, which counts no nanoseconds");
            told.push(fact("clock", "clock", words));
        }
        (ClockUnit::Nanoseconds, ..) => {}
    }
    if facts.lost.is_empty() {
        let lost = "nothing lost by the kernel".to_owned();
        told.push(fact("lost", "lost", lost));
    }
    told
}

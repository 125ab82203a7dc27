//! What a capture is, and what should be known of it.

use vmflame::analysis::exits::RecordedExits;
use vmflame::analysis::{Profile, Survey};
use vmflame::input::Input;
use vmflame::perf::Capture;
use vmflame::report::info::trace_dat::{TraceDatFacts, trace_tables};
use vmflame::report::info::{CaptureFacts, capture_tables, event_table};
use vmflame::report::remarks::{
    Remark, gap_remarks, of_archives, quality, stack_remarks, symbol_remarks,
};
use vmflame::report::table::{Cell, Fact, TableReport};
use vmflame::symbol::SymbolRequest;

/// What a capture is, and what should be known of it.
pub(super) struct Provenance {
    pub(super) tables: TableReport,
    pub(super) warnings: Vec<String>,
}

/// Of a capture of perf's.
pub(super) fn of_capture(
    capture: &Capture,
    survey: &Survey,
    profile: Option<&Profile>,
    input: &Input,
    symbols: &SymbolRequest,
) -> Provenance {
    let mut remarks: Vec<Remark> = of_archives(input).collect();
    if let Some(profile) = profile {
        remarks.extend(gap_remarks(capture, profile));
        remarks.extend(stack_remarks(capture, profile));
        remarks.extend(symbol_remarks(profile, symbols));
    }
    let mut tables = capture_tables(&CaptureFacts::of(capture, survey));
    tables.facts.extend(profile.map(|profile| Fact {
        key: "account",
        label: "of them in the flame graph",
        value: Cell::Text(quality(profile)),
    }));
    let mut provenance = Provenance {
        warnings: std::mem::take(&mut tables.warnings),
        tables,
    };
    provenance.add(remarks);
    provenance
}

impl Provenance {
    /// Adds what should be known, each once.
    pub(super) fn add(&mut self, remarks: impl IntoIterator<Item = Remark>) {
        for remark in remarks {
            let text = match remark {
                Remark::Warning(text) => text,
                hint @ Remark::Hint(_) => hint.to_string(),
            };
            if !self.warnings.contains(&text) {
                self.warnings.push(text);
            }
        }
    }
}

/// Of a trace.dat.
pub(super) fn of_trace_dat(facts: &TraceDatFacts) -> Provenance {
    let mut tables = trace_tables(facts);
    Provenance {
        warnings: std::mem::take(&mut tables.warnings),
        tables,
    }
}

/// Of a text of events.
pub(super) fn of_text(recorded: &RecordedExits) -> Provenance {
    let tables = TableReport {
        kind: "info",
        source: String::new(),
        facts: Vec::new(),
        tables: vec![event_table(&recorded.events)],
        warnings: Vec::new(),
    };
    Provenance {
        tables,
        warnings: Vec::new(),
    }
}

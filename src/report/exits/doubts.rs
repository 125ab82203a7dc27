//! What should be known before the tables are believed, and why one is empty.

use crate::analysis::exits::{ExitOrigin, RecordedExits};
use crate::kvm::exit::{Dimension, ExitStats, TimeBasis, View};
use crate::perf::{Anomaly, Feature};
use crate::report::remarks::lost_words;
use crate::report::trace_remarks::damage_of;
use crate::text::{counted, grouped};

/// What recording one occurrence takes, in nanoseconds; the second with its call chain.
const COST_NS: u64 = 200;
const COST_WITH_CHAIN_NS: u64 = 1000;

/// What should be known of the whole.
pub(super) fn warnings(recorded: &RecordedExits) -> Vec<String> {
    let mut found = Vec::new();
    let counts = recorded.survey.counts();
    if let Some(lost) = recorded.tally.lost() {
        found.push(format!(
            "{}: exits are missing, and what lies beside a gap may be paired wrongly",
            lost_words(lost)
        ));
    }
    if !recorded.sampled.is_empty() {
        let names = recorded.sampled.join(", ");
        found.push(format!(
            "not every occurrence of {names} was recorded: record with perf record -c 1"
        ));
    }
    if counts.ended_by_exit > 0 {
        found.push(format!(
            "{} followed by another exit without an entry between: when they ended is not known \
             (fast paths of Linux 5.8 to 5.10 trace no entry; or the entry was lost)",
            counted(counts.ended_by_exit, "exit")
        ));
    }
    if !recorded.assumed.is_empty() {
        let names = recorded.assumed.join(", ");
        found.push(format!(
            "the capture does not carry the layout of {names}: that of the kernel's version is \
             assumed"
        ));
    }
    if recorded.undecoded > 0 {
        let samples = counted(recorded.undecoded, "sample");
        found.push(format!(
            "{samples} of tracepoints are not what their layout says"
        ));
    }
    found.extend(damage_of(&recorded.origin, &recorded.tally));
    found
}

/// What recording took of the time that is shown; `None` below 2 %.
pub(super) fn cost(
    recorded: &RecordedExits,
    total: &ExitStats,
    basis: TimeBasis,
) -> Option<String> {
    let each = if recorded.has_chains {
        COST_WITH_CHAIN_NS
    } else {
        COST_NS
    };
    let cost = total.occurrences.saturating_mul(each);
    let shown = total.total(basis);
    if shown == 0 || cost.saturating_mul(50) <= shown {
        return None;
    }
    let with = if recorded.has_chains {
        " with its call chain"
    } else {
        ""
    };
    let micros = each as f64 / 1e3;
    let share = (cost as f64 / shown as f64 * 100.0).min(100.0);
    Some(format!(
        "recording the {} within these exits may have taken {share:.0} % of the time shown, at \
         {micros} µs for each{with}",
        counted(total.occurrences, "event")
    ))
}

/// Whether what names the events of a capture is missing, which lies at its end.
fn lacks_names(origin: &ExitOrigin) -> bool {
    let names = |feature: &Feature| [Feature::EVENT_DESC, Feature::TRACING_DATA].contains(feature);
    let is_lost = |anomaly: &Anomaly| {
        matches!(anomaly, Anomaly::Unfinished | Anomaly::CutOff { .. })
            || matches!(anomaly, Anomaly::LostFeatures(lost) if lost.iter().any(names))
    };
    matches!(origin, ExitOrigin::Capture(anomalies) if anomalies.iter().any(is_lost))
}

/// Why a view has no rows, and what to record.
pub(super) fn why_empty(recorded: &RecordedExits, view: &View) -> Vec<String> {
    let has = recorded.survey.recorded();
    let mut notes = Vec::new();
    if !recorded.has_tracepoints {
        if lacks_names(&recorded.origin) {
            notes.push(
                "the end of the file, which tells what its events are, is missing: whether there \
                 were kvm tracepoints is not known"
                    .to_owned(),
            );
            return notes;
        }
        let events: Vec<&str> = recorded
            .events
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        notes.push(format!(
            "the capture has no kvm tracepoints; its events are: {}",
            events.join(", ")
        ));
        notes.push(
            "record them: perf kvm stat record -a -- sleep 10, or perf record -a -e 'kvm:*' -- \
             sleep 10"
                .to_owned(),
        );
        return notes;
    }
    let total = view.total();
    if !has.exits {
        notes.push(format!(
            "kvm_exit was not recorded, and nothing that was tells of {}",
            names(view.dimensions())
        ));
    } else if recorded.survey.counts().exits == 0 {
        notes.push(
            "kvm_exit was recorded and never fired, or no exit passes the filters".to_owned(),
        );
    } else if view.is_of_targets() {
        notes.push(format!(
            "{} were recorded, and none reaches what {} asks for",
            grouped(total.exits),
            names(view.dimensions())
        ));
    }
    let events = view
        .dimensions()
        .iter()
        .filter_map(|&one| tracepoint_of(one));
    for event in events {
        let count = recorded.events.iter().find(|one| one.name == event);
        notes.push(match count {
            Some(count) => format!("{event} was recorded {} times", grouped(count.samples)),
            None => format!("{event} was not recorded: it tells of this"),
        });
    }
    notes
}

/// What should be known of a table whose times are missing.
pub(super) fn why_untimed(recorded: &RecordedExits) -> Option<String> {
    let has = recorded.survey.recorded();
    let counts = recorded.survey.counts();
    if let Some(clock) = &recorded.foreign_clock {
        return Some(format!(
            "no times: those of the clock {clock} are no nanoseconds; record with trace-cmd record -C \
             mono"
        ));
    }
    let because = if !has.exits && !has.entries {
        "kvm_exit and kvm_entry were not recorded"
    } else if !has.exits {
        "kvm_exit was not recorded"
    } else if !has.entries {
        "kvm_entry was not recorded"
    } else if counts.exits == 0 && counts.entries == 0 {
        "kvm_exit and kvm_entry were recorded and never fired, as on hosts that run guests without \
         hardware virtualization (kvm_pvm)"
    } else if counts.exits == 0 {
        "kvm_exit was recorded and never fired"
    } else if counts.paired == 0 {
        "no exit is followed by an entry"
    } else {
        return None;
    };
    Some(format!(
        "no times: {because}; counts are of what was recorded"
    ))
}

fn names(dimensions: &[Dimension]) -> String {
    let names: Vec<&str> = dimensions.iter().map(|one| one.as_str()).collect();
    names.join(", ")
}

/// The tracepoint that tells of a dimension where `kvm_exit` does not.
const fn tracepoint_of(dimension: Dimension) -> Option<&'static str> {
    match dimension {
        Dimension::Port => Some("kvm:kvm_pio"),
        Dimension::Mmio => Some("kvm:kvm_mmio"),
        Dimension::Apic => Some("kvm:kvm_apic"),
        Dimension::Msr => Some("kvm:kvm_msr"),
        Dimension::Cpuid => Some("kvm:kvm_cpuid"),
        Dimension::Hypercall => Some("kvm:kvm_hypercall"),
        Dimension::Irq => Some("kvm:kvm_inj_virq"),
        Dimension::Gpa => Some("kvm:kvm_page_fault"),
        Dimension::Reason
        | Dimension::Vm
        | Dimension::Vcpu
        | Dimension::Rip
        | Dimension::Register
        | Dimension::Device
        | Dimension::Second
        | Dimension::Slice(_)
        | Dimension::KernelStack => None,
    }
}

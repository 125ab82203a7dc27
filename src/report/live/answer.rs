//! The tables, and what is said above them.

use super::counter_table::counter_table;
use super::halt_table::halt_table;
use super::vm_table::vm_table;
use crate::kvm::counter::{CounterChanges, LiveVm};
use crate::report::table::{Cell, Fact, TableReport};
use crate::text::counted;
use crate::utc::utc_words;

/// What tables are made of.
#[derive(Clone, Copy, Debug)]
pub struct LiveAnswer<'c> {
    /// What changed.
    pub changes: &'c CounterChanges,
    /// What is read, in one line.
    pub source: &'c str,
    /// When it was read, in nanoseconds since 1970; `None` where the clock is not set.
    pub wall_ns: Option<u64>,
    /// What reading took of one CPU so far, from 0 to 1; `None` when that is not known.
    pub own_share: Option<f64>,
    /// What could not be read this time, a line each.
    pub troubles: &'c [String],
    /// Whether each row says when it was read.
    pub has_times: bool,
}

/// The tables of one interval. That of counters is always there, with the same columns.
pub fn live_tables(answer: LiveAnswer<'_>) -> TableReport {
    let changes = answer.changes;
    let mut tables = Vec::new();
    if changes.vms.len() > 1 {
        tables.push(vm_table(changes));
    }
    let row_times = answer.wall_ns.filter(|_| answer.has_times);
    tables.push(counter_table(changes, row_times));
    tables.extend(halt_table(changes));
    TableReport {
        kind: "stat-live",
        source: answer.source.to_owned(),
        facts: facts(answer),
        tables,
        warnings: warnings(answer),
    }
}

fn facts(answer: LiveAnswer<'_>) -> Vec<Fact> {
    let changes = answer.changes;
    let fact = |key, label, value| Fact { key, label, value };
    vec![
        fact(
            "at",
            "time",
            Cell::of(answer.wall_ns, |ns| Cell::Text(utc_words(ns))),
        ),
        fact(
            "interval_ns",
            "interval",
            Cell::Nanoseconds(changes.interval_ns),
        ),
        fact(
            "watched_ns",
            "watched for",
            Cell::Nanoseconds(changes.watched_ns),
        ),
        fact("vms", "VMs", Cell::Count(changes.vms.len() as u64)),
        fact(
            "own_share",
            "vmflame's own CPU",
            Cell::of(answer.own_share, Cell::Share),
        ),
    ]
}

fn warnings(answer: LiveAnswer<'_>) -> Vec<String> {
    let changes = answer.changes;
    let mut warnings = answer.troubles.to_vec();
    let begun = changes.begun.iter();
    warnings.extend(begun.map(|vm| format!("{} has started", vm_words(vm))));
    let ended = changes.ended.iter();
    warnings.extend(ended.map(|vm| format!("{} has ended", vm_words(vm))));
    if changes.set_back > 0 {
        let counters = counted(changes.set_back, "counter");
        warnings.push(format!(
            "{counters} set back by somebody: their rates begin anew"
        ));
    }
    warnings
}

/// A VM in a sentence.
fn vm_words(vm: &LiveVm) -> String {
    match (&vm.name, vm.pid) {
        (Some(name), Some(pid)) => format!("{name} (pid {pid})"),
        (Some(name), None) => name.clone(),
        (None, Some(pid)) => format!("the VM of process {pid}"),
        (None, None) => format!("the VM of {}", vm.key),
    }
}

//! The tables, and what is said above them.

use std::collections::{BTreeMap, BTreeSet};

use super::count_table::count_table;
use super::doubts;
use super::event_table::{event_table, totals};
use super::labels::StatLabels;
use super::time_table::time_table;
use crate::analysis::stat::{EventPatterns, EventStat, VmOwner};
use crate::report::table::{Cell, Fact, TableReport};
use crate::units::Pid;

/// What tables are made of.
#[derive(Clone, Copy, Debug)]
pub struct StatAnswer<'s> {
    /// What was counted.
    pub stat: &'s EventStat,
    /// What VMMs call the VMs of these processes.
    pub vm_names: &'s BTreeMap<Pid, String>,
    /// Which events were asked for.
    pub wanted: &'s EventPatterns,
    /// The capture, as the user knows it.
    pub source: &'s str,
}

/// The tables of a source's events; the last is for programs.
pub fn stat_tables(answer: StatAnswer<'_>) -> TableReport {
    let StatAnswer {
        stat,
        vm_names,
        wanted,
        source,
    } = answer;
    let labels = StatLabels::of(stat, vm_names);
    let mut events = event_table(stat, &labels);
    if events.rows.is_empty() {
        events.notes = doubts::why_empty(stat, wanted);
    } else {
        events.notes.extend(doubts::why_untimed(stat));
    }
    let is_empty = events.rows.is_empty();
    let mut tables = vec![events];
    if let Some(stretches) = stat.stretches.filter(|_| !is_empty) {
        tables.push(time_table(stat, &stretches, &labels));
        tables.push(count_table(stat, &stretches, &labels));
    }
    TableReport {
        kind: "stat",
        source: source.to_owned(),
        facts: facts(stat),
        tables,
        warnings: doubts::warnings(stat),
    }
}

fn facts(stat: &EventStat) -> Vec<Fact> {
    let totals = totals(stat);
    let vms: BTreeSet<&VmOwner> = totals
        .keys()
        .filter(|owner| matches!(owner, VmOwner::Vm(_)))
        .collect();
    let all = totals
        .values()
        .fold(0, |sum: u64, &one| sum.saturating_add(one));
    let fact = |key, label, value| Fact { key, label, value };
    let timed = stat.stretches.is_some();
    vec![
        fact(
            "span_ns",
            "duration",
            Cell::of(timed.then_some(stat.span_ns), Cell::Nanoseconds),
        ),
        fact(
            "interval_ns",
            "stretches of",
            Cell::of(
                stat.stretches.map(|stretches| stretches.len_ns),
                Cell::Nanoseconds,
            ),
        ),
        fact("vms", "VMs", Cell::Count(vms.len() as u64)),
        fact("events", "events", Cell::Count(all)),
        fact(
            "events_per_second",
            "events/s",
            Cell::rate(all, stat.span_ns),
        ),
    ]
}

//! A row for each VM and counter.

use std::cmp::Reverse;

use super::vm_table::{vm_cells, vm_columns};
use crate::kvm::counter::{CounterChange, CounterChanges, CounterKind, CounterUnit, VmChange};
use crate::report::table::{Cell, Column, Quantity, Table};
use crate::utc::utc_words;

fn columns() -> Vec<Column> {
    let no_sum = "it is no sum, or was set back";
    let mut columns = vec![
        Column::new("at", "time", Quantity::Text, "When it was read.")
            .or_absent("it is said above the tables")
            .ranked(9),
    ];
    columns.extend(vm_columns());
    columns.extend([
        Column::new("counter", "counter", Quantity::Text, "The counter."),
        Column::new(
            "per_second",
            "/s",
            Quantity::PerSecond,
            "What it went up by in a second of the interval; of times, in nanoseconds.",
        )
        .or_absent(no_sum),
        Column::new(
            "busy",
            "of a CPU",
            Quantity::Share,
            "Of counters of time: their part of the time that passed; 100 % is one CPU.",
        )
        .or_absent("it counts no time")
        .ranked(3),
        Column::new(
            "mean_per_second",
            "mean /s",
            Quantity::PerSecond,
            "The same since it is watched.",
        )
        .or_absent(no_sum)
        .ranked(1),
        Column::new(
            "grown",
            "grown",
            Quantity::Count,
            "What it went up by in the interval.",
        )
        .or_absent(no_sum)
        .ranked(2),
        Column::new(
            "value",
            "value",
            Quantity::Count,
            "Its value: since the VM started, or since it is counted.",
        )
        .ranked(2),
        Column::new(
            "kind",
            "",
            Quantity::Text,
            "What the value is: a sum, what there is at the time, or the most that there was.",
        )
        .ranked(4),
    ]);
    columns
}

/// The counters of all VMs that are not 0, those that grow fastest first. Those that did not move
/// since they are watched are left out of the text.
pub(super) fn counter_table(changes: &CounterChanges, wall_ns: Option<u64>) -> Table {
    let mut table = Table::new("counters", "counters", columns());
    let mut rows: Vec<(&VmChange, &CounterChange)> = Vec::new();
    for vm in &changes.vms {
        let counters = vm.counters.iter().filter(|counter| counter.value > 0);
        rows.extend(counters.map(|counter| (vm, counter)));
    }
    rows.sort_by_key(|(vm, counter)| {
        let is_time = counter.unit == CounterUnit::Nanoseconds;
        let speed = (counter.grown, counter.grown_in_all);
        (
            !has_moved(counter),
            is_time,
            Reverse(speed),
            &counter.name,
            &vm.vm,
        )
    });
    table.hidden_rows = rows.iter().filter(|(_, one)| !has_moved(one)).count();
    for (vm, counter) in rows {
        let mut row = vec![Cell::of(wall_ns, |ns| Cell::Text(utc_words(ns)))];
        row.extend(vm_cells(&vm.vm));
        row.extend(cells(vm, counter, changes.interval_ns));
        table.push(row);
    }
    if wall_ns.is_none() {
        table.drop_first_column();
    }
    if table.rows.len() == table.hidden_rows {
        let note = if changes.vms.is_empty() {
            "no VM runs"
        } else {
            "no counter has moved"
        };
        table.notes.push(note.to_owned());
    }
    table
}

fn has_moved(counter: &CounterChange) -> bool {
    counter.grown_in_all.is_some_and(|grown| grown > 0)
}

fn cells(vm: &VmChange, counter: &CounterChange, interval_ns: u64) -> Vec<Cell> {
    let rate = |grown: Option<u64>, span_ns| match grown {
        Some(grown) => Cell::rate(grown, span_ns),
        None => Cell::Absent,
    };
    let busy = match counter.unit {
        CounterUnit::Nanoseconds => counter.grown,
        CounterUnit::Occurrences => None,
    };
    vec![
        Cell::Text(counter.name.clone()),
        rate(counter.grown, interval_ns),
        busy.map_or(Cell::Absent, |busy| Cell::share(busy, interval_ns)),
        rate(counter.grown_in_all, vm.watched_ns),
        Cell::of(counter.grown, Cell::Count),
        Cell::Count(counter.value),
        Cell::Text(kind_name(counter.kind).to_owned()),
    ]
}

/// What a kind is called.
const fn kind_name(kind: CounterKind) -> &'static str {
    match kind {
        CounterKind::Cumulative => "sum",
        CounterKind::Instant => "level",
        CounterKind::Peak => "peak",
    }
}

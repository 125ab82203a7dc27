//! A row for each VM.

use std::cmp::Reverse;

use crate::kvm::counter::{CounterChange, CounterChanges, CounterUnit, LiveVm, VmChange};
use crate::report::table::{Cell, Column, Quantity, Table};
use crate::text::grouped;

/// Counters of a row that are named.
const NAMED: usize = 3;

/// The columns of a VM.
pub(super) fn vm_columns() -> [Column; 2] {
    [
        Column::new(
            "vm",
            "vm",
            Quantity::Text,
            "The VM: the id of the VMM's process.",
        )
        .or_absent("it is not known, or of another pid namespace"),
        Column::new("vm_name", "name", Quantity::Text, "What its VMM calls it.")
            .or_absent("it has no name that can be read"),
    ]
}

/// The cells of a VM.
pub(super) fn vm_cells(vm: &LiveVm) -> [Cell; 2] {
    [
        Cell::of(vm.pid, |pid| Cell::Text(pid.to_string())),
        Cell::of(vm.name.clone(), Cell::Text),
    ]
}

fn columns() -> Vec<Column> {
    let mut columns = vm_columns().to_vec();
    columns.extend([
        Column::new(
            "exits_per_second",
            "exits/s",
            Quantity::PerSecond,
            "Exits in a second of the interval.",
        )
        .or_absent("they are not counted"),
        Column::new(
            "most",
            "most of all",
            Quantity::Text,
            "The counters that went up most, with how much in a second.",
        ),
    ]);
    columns
}

/// The VMs, those that do most first.
pub(super) fn vm_table(changes: &CounterChanges) -> Table {
    let mut table = Table::new("vms", "VMs", columns());
    let mut vms: Vec<&VmChange> = changes.vms.iter().collect();
    vms.sort_by_key(|vm| {
        let all = vm.counters.iter().filter_map(occurrences);
        let all = all.fold(0, |sum: u64, one| sum.saturating_add(one));
        (Reverse((exits(vm), all)), &vm.vm)
    });
    for vm in vms {
        let mut counters: Vec<(u64, &CounterChange)> = vm
            .counters
            .iter()
            .filter_map(|counter| Some((occurrences(counter)?, counter)))
            .filter(|(grown, _)| *grown > 0)
            .collect();
        counters.sort_by_key(|&(grown, counter)| (Reverse(grown), &counter.name));
        let most = counters.iter().take(NAMED).map(|(grown, counter)| {
            let rate = per_second(*grown, changes.interval_ns);
            format!("{} {}", counter.name, grouped(rate))
        });
        let mut row = vm_cells(&vm.vm).to_vec();
        row.push(match exits(vm) {
            Some(exits) => Cell::rate(exits, changes.interval_ns),
            None => Cell::Absent,
        });
        row.push(Cell::Text(most.collect::<Vec<_>>().join(", ")));
        table.push(row);
    }
    table
}

fn per_second(count: u64, span_ns: u64) -> u64 {
    let rate = (u128::from(count) * 1_000_000_000).checked_div(u128::from(span_ns));
    u64::try_from(rate.unwrap_or(0)).unwrap_or(u64::MAX)
}

/// Exits, as KVM or a tracepoint counts them.
fn exits(vm: &VmChange) -> Option<u64> {
    let mut counters = vm.counters.iter();
    let found = counters.find(|counter| matches!(&*counter.name, "exits" | "kvm_exit"));
    found.and_then(|counter| counter.grown)
}

/// What a counter of occurrences went up by.
fn occurrences(counter: &CounterChange) -> Option<u64> {
    counter
        .grown
        .filter(|_| counter.unit == CounterUnit::Occurrences)
}

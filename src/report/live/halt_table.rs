//! A row for each VM and histogram.

use super::vm_table::{vm_cells, vm_columns};
use crate::kvm::counter::CounterChanges;
use crate::report::table::{Bar, Cell, Column, Quantity, Table};

/// The histograms that changed; `None` when none did. KVM has those of halts: how long they polled
/// with and without success, and how long they slept.
pub(super) fn halt_table(changes: &CounterChanges) -> Option<Table> {
    let mut columns = vm_columns().to_vec();
    columns.extend([
        Column::new("histogram", "halts", Quantity::Text, "The histogram."),
        Column::new(
            "count",
            "count",
            Quantity::Count,
            "How many there are in the interval.",
        ),
        Column::new(
            "times",
            "1 ns → 1 s",
            Quantity::Histogram,
            "How many of them took how long, by powers of two of nanoseconds.",
        ),
    ]);
    let mut table = Table::new("halts", "halts by how long they took", columns);
    for vm in &changes.vms {
        for histogram in &vm.histograms {
            let all = histogram.buckets.iter();
            let all = all.fold(0, |sum: u64, one| sum.saturating_add(*one));
            let mut row = vm_cells(&vm.vm).to_vec();
            row.extend([
                Cell::Text(histogram.name.clone()),
                Cell::Count(all),
                Cell::Histogram(bars(&histogram.buckets)),
            ]);
            table.push(row);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

fn bars(buckets: &[u64]) -> Vec<Bar> {
    let bound = |power: u32| 1_u64.checked_shl(power).unwrap_or(u64::MAX);
    let last = buckets.len().saturating_sub(1);
    let buckets = (0_u32..).zip(buckets).enumerate();
    let bars = buckets.map(|(place, (number, &values))| Bar {
        least: number.checked_sub(1).map_or(0, bound),
        end: if place == last {
            u64::MAX
        } else {
            bound(number)
        },
        values,
    });
    bars.collect()
}

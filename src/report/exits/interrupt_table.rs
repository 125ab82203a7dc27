//! How long interrupts took to their guests.

use super::columns::tid_column;
use super::labels::ExitLabels;
use crate::analysis::exits::RecordedExits;
use crate::report::table::{Cell, Column, Quantity, Table};

fn interrupt_columns() -> Vec<Column> {
    let unknown =
        "kvm_set_irq or kvm_msi_set_irq, and kvm_apic_accept_irq, were not recorded for it";
    let time = |key, heading, meaning| {
        Column::new(key, heading, Quantity::Nanoseconds, meaning).or_absent(unknown)
    };
    vec![
        Column::new(
            "vcpu",
            "vcpu",
            Quantity::Text,
            "The vCPU that was interrupted.",
        ),
        tid_column(),
        Column::new("vector", "vector", Quantity::Hex, "The interrupt's vector."),
        Column::new(
            "injected",
            "injected",
            Quantity::Count,
            "How often it was injected.",
        ),
        Column::new(
            "timed",
            "timed",
            Quantity::Count,
            "Those of them of which it is known when they were raised.",
        ),
        Column::new(
            "merged",
            "merged",
            Quantity::Count,
            "How often it was raised while it had not reached the guest yet.",
        ),
        time(
            "p50_ns",
            "p50",
            "Half took no longer from being raised to injection.",
        ),
        time(
            "p99_ns",
            "p99",
            "99 % took no longer from being raised to injection.",
        ),
        time("max_ns", "max", "The longest."),
    ]
}

/// Interrupts by vCPU and vector; `None` when none was put into a guest.
pub(super) fn interrupt_table(recorded: &RecordedExits, labels: &ExitLabels<'_>) -> Option<Table> {
    let interrupts = recorded.interrupts.as_ref()?;
    let title = "interrupts: from being raised to injection";
    let mut table = Table::new("interrupts", title, interrupt_columns());
    for vcpu in recorded.survey.vcpus() {
        let own = interrupts.found().iter();
        for (of, found) in own.filter(|(of, _)| of.tid == vcpu.task.tid) {
            let percentile = |part| Cell::of(found.latency.percentile(part), Cell::Nanoseconds);
            table.push(vec![
                Cell::Text(labels.vcpu_name(vcpu.task)),
                Cell::Text(vcpu.task.tid.to_string()),
                Cell::Hex(of.vector.into()),
                Cell::Count(found.injected),
                Cell::Count(found.timed),
                Cell::Count(found.merged),
                percentile(0.5),
                percentile(0.99),
                Cell::of(
                    (found.timed > 0).then_some(found.longest_ns),
                    Cell::Nanoseconds,
                ),
            ]);
        }
    }
    let is_timed = interrupts.found().values().any(|found| found.timed > 0);
    // Counts alone are what --by irq shows.
    (is_timed && !table.rows.is_empty()).then_some(table)
}

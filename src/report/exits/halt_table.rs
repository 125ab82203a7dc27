//! What halts did.

use super::columns::{tid_column, vcpu_column};
use super::labels::ExitLabels;
use crate::analysis::exits::RecordedExits;
use crate::report::table::{Cell, Column, Quantity, Table};

/// Halts by vCPU; `None` when no halt was recorded.
pub(super) fn halt_table(recorded: &RecordedExits, labels: &ExitLabels<'_>) -> Option<Table> {
    let columns = vec![
        vcpu_column(),
        tid_column(),
        Column::new("halts", "halts", Quantity::Count, "Halts that ended."),
        Column::new(
            "won",
            "polled, won",
            Quantity::Count,
            "Halts that ended while the host still polled for it.",
        ),
        Column::new(
            "slept",
            "slept",
            Quantity::Count,
            "Halts in which the thread slept.",
        ),
        Column::new(
            "won_ns",
            "won",
            Quantity::Nanoseconds,
            "Time polled with success.",
        ),
        Column::new(
            "lost_ns",
            "lost",
            Quantity::Nanoseconds,
            "Time polled in vain, as far as sched_switch or kvm_halt_poll_ns tell it.",
        ),
        Column::new("blocked_ns", "asleep", Quantity::Nanoseconds, "Time slept."),
    ];
    let title = "halts: polling for their end, and sleep";
    let mut table = Table::new("halts", title, columns);
    for vcpu in recorded.survey.vcpus() {
        let halts = &vcpu.halts;
        if halts.ended > 0 {
            table.push(vec![
                Cell::Text(labels.vcpu_name(vcpu.task)),
                Cell::Text(vcpu.task.tid.to_string()),
                Cell::Count(halts.ended),
                Cell::Count(halts.ended - halts.slept),
                Cell::Count(halts.slept),
                Cell::Nanoseconds(halts.won_ns),
                Cell::Nanoseconds(halts.lost_ns),
                Cell::Nanoseconds(halts.blocked_ns),
            ]);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

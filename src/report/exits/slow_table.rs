//! The slowest exits.

use super::labels::Labels;
use crate::analysis::exits::RecordedExits;
use crate::kvm::exit::TimeBasis;
use crate::report::table::{Cell, Column, Quantity, Table};

/// The slowest exits, the slowest first.
pub(super) fn slow_table(recorded: &RecordedExits, labels: &Labels<'_>, basis: TimeBasis) -> Table {
    let absent = "it was not recorded";
    let columns = vec![
        Column::new(
            "at",
            "time stamp",
            Quantity::Time,
            "When the guest stopped.",
        ),
        Column::new(
            "vcpu",
            "vcpu",
            Quantity::Text,
            "The vCPU's number or its thread's name.",
        ),
        Column::new("tid", "tid", Quantity::Text, "The vCPU's thread.").ranked(2),
        Column::new(
            "time_ns",
            "took",
            Quantity::Nanoseconds,
            "How long it took.",
        ),
        Column::new("reason", "reason", Quantity::Text, "Why the guest stopped."),
        Column::new(
            "reached",
            "reached",
            Quantity::Text,
            "What the guest reached.",
        )
        .or_absent("nothing, or it was not recorded"),
        Column::new("device", "device", Quantity::Text, "The device behind it.")
            .or_absent("no table and no memory map names it")
            .ranked(1),
        Column::new(
            "rip",
            "rip",
            Quantity::Hex,
            "The guest's instruction pointer.",
        )
        .or_absent(absent),
        Column::new(
            "kernel_ns",
            "kernel",
            Quantity::Nanoseconds,
            "In the host kernel.",
        )
        .ranked(3),
        Column::new("vmm_ns", "vmm", Quantity::Nanoseconds, "In user space.")
            .or_absent(absent)
            .ranked(3),
        Column::new(
            "off_cpu_ns",
            "off cpu",
            Quantity::Nanoseconds,
            "Not running.",
        )
        .or_absent(absent)
        .ranked(3),
        Column::new(
            "polled_ns",
            "polled",
            Quantity::Nanoseconds,
            "Polling for the end of a halt.",
        )
        .or_absent(absent)
        .ranked(3),
        Column::new(
            "blocked_ns",
            "slept",
            Quantity::Nanoseconds,
            "What the guest slept.",
        )
        .or_absent("it did not sleep")
        .ranked(3),
    ];
    let mut table = Table::new("slowest", "slowest exits", columns);
    let has = recorded.survey.recorded();
    for slow in recorded.survey.slowest() {
        let (exit, parts) = (&slow.exit, &slow.exit.parts);
        let reached = exit.accesses.foremost();
        let target = reached.map(|access| {
            let direction = access.direction.as_str();
            let text = format!("{} {direction}", Labels::target(access.target));
            Cell::Text(text.trim_end().to_owned())
        });
        let device = reached.and_then(|access| labels.device(access));
        let part =
            |is_told: bool, nanos: u64| Cell::of(is_told.then_some(nanos), Cell::Nanoseconds);
        table.push(vec![
            Cell::Time(exit.start.as_nanos()),
            Cell::Text(labels.vcpu_name(slow.task)),
            Cell::Text(slow.task.tid.to_string()),
            Cell::Nanoseconds(basis.of(parts)),
            Cell::Text(labels.reason(exit.reason)),
            target.unwrap_or(Cell::Absent),
            Cell::of(device, |name| Cell::Text(name.to_string())),
            Cell::of(exit.rip, Cell::Hex),
            Cell::Nanoseconds(parts.kernel),
            part(has.userspace_exits, parts.vmm),
            part(has.switches, parts.off_cpu),
            part(has.wakeups, parts.polled),
            Cell::of(
                (parts.blocked > 0).then_some(parts.blocked),
                Cell::Nanoseconds,
            ),
        ]);
    }
    table.drop_empty_columns();
    table
}

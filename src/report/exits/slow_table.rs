//! The slowest exits.

use super::labels::ExitLabels;
use crate::analysis::exits::RecordedExits;
use crate::kvm::exit::TimeBasis;
use crate::report::table::{Cell, Column, Quantity, Table};

fn slow_columns() -> Vec<Column> {
    let absent = "it was not recorded";
    let text = |key, heading, meaning| Column::new(key, heading, Quantity::Text, meaning);
    let nanos = |key, heading, meaning| Column::new(key, heading, Quantity::Nanoseconds, meaning);
    let part = |key, heading, meaning| nanos(key, heading, meaning).or_absent(absent).ranked(3);
    vec![
        Column::new(
            "at",
            "time stamp",
            Quantity::Time,
            "When the guest stopped.",
        ),
        text("vcpu", "vcpu", "The vCPU's number or its thread's name."),
        text("tid", "tid", "The vCPU's thread.").ranked(2),
        nanos("time_ns", "took", "How long it took."),
        text("reason", "reason", "Why the guest stopped."),
        text("reached", "reached", "What the guest reached.")
            .or_absent("nothing, or it was not recorded"),
        text("device", "device", "The device behind it.")
            .or_absent("no table and no memory map names it")
            .ranked(1),
        Column::new(
            "rip",
            "rip",
            Quantity::Hex,
            "The guest's instruction pointer.",
        )
        .or_absent(absent),
        part("kernel_ns", "kernel", "In the host kernel."),
        part("vmm_ns", "vmm", "In user space."),
        part("off_cpu_ns", "off cpu", "Not running."),
        part("polled_ns", "polled", "Polling for the end of a halt."),
        nanos("blocked_ns", "slept", "What the guest slept.")
            .or_absent("it did not sleep")
            .ranked(3),
    ]
}

/// The slowest exits, the slowest first.
pub(super) fn slow_table(
    recorded: &RecordedExits,
    labels: &ExitLabels<'_>,
    basis: TimeBasis,
) -> Table {
    let mut table = Table::new("slowest", "slowest exits", slow_columns());
    let has = recorded.survey.recorded();
    for slow in recorded.survey.slowest() {
        let (exit, parts) = (&slow.exit, &slow.exit.parts);
        let reached = exit.accesses.foremost();
        let target = reached.map(|access| {
            let direction = access.direction.as_str();
            let text = format!("{} {direction}", ExitLabels::target(access.target));
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

//! The slowest exits.

use super::labels::ExitLabels;
use crate::analysis::exits::{RecordedExits, SlowStack};
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
        Column::new(
            "stack",
            "stack",
            Quantity::Count,
            "The number of its stack in the table of those, `slow_stacks`.",
        )
        .or_absent("no stack was recorded")
        .ranked(1),
    ]
}

/// The slowest exits, the slowest first.
pub(super) fn slow_table(
    recorded: &RecordedExits,
    labels: &ExitLabels<'_>,
    basis: TimeBasis,
    slow_stacks: &[Option<SlowStack>],
) -> Table {
    let mut table = Table::new("slowest", "slowest exits", slow_columns());
    let has = recorded.survey.recorded();
    let mut numbers = numbers(slow_stacks).into_iter();
    for slow in recorded.survey.slowest() {
        let (exit, parts) = (&slow.exit, &slow.exit.parts);
        let reached = exit.accesses.foremost();
        let target = reached.map(|access| {
            let direction = access.direction.as_str();
            let text = format!("{} {direction}", ExitLabels::target(access.target));
            Cell::Text(text.trim_end().to_owned())
        });
        let device = reached.and_then(|access| labels.device(slow.task.pid, access));
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
            Cell::of(numbers.next().flatten(), Cell::Count),
        ]);
    }
    table.drop_empty_columns();
    table
}

/// The different stacks, in the order in which the slowest exits have them.
fn different(slow_stacks: &[Option<SlowStack>]) -> Vec<&SlowStack> {
    let mut found: Vec<&SlowStack> = Vec::new();
    for stack in slow_stacks.iter().flatten() {
        if !found.contains(&stack) {
            found.push(stack);
        }
    }
    found
}

/// The number of each exit's stack, from 1 on.
fn numbers(slow_stacks: &[Option<SlowStack>]) -> Vec<Option<u64>> {
    let different = different(slow_stacks);
    let number = |stack: &SlowStack| (1..).zip(&different).find(|(_, own)| **own == stack);
    let numbers = slow_stacks
        .iter()
        .map(|stack| stack.as_ref().and_then(number));
    numbers
        .map(|found| found.map(|(number, _)| number))
        .collect()
}

/// The stacks of the slowest exits, a row for each frame; `None` where none was recorded.
pub(super) fn slow_stack_table(slow_stacks: &[Option<SlowStack>]) -> Option<Table> {
    let at_leaf = "it is in the row of the leaf";
    let columns = vec![
        Column::new(
            "stack",
            "stack",
            Quantity::Count,
            "Its number, by which the table of the slowest exits names it.",
        ),
        Column::new(
            "exits",
            "exits",
            Quantity::Count,
            "How many of them have it.",
        )
        .or_absent(at_leaf),
        Column::new(
            "event",
            "recorded by",
            Quantity::Text,
            "The tracepoint at the longest stretch of the exit's time without one: it began there, or, \
             where kvm_exit began it, ended there.",
        )
        .or_absent(at_leaf),
        Column::new(
            "frame",
            "frame",
            Quantity::Text,
            "A function, as a flame graph names it; the leaf first.",
        ),
    ];
    let title = "where the slowest exits spent most of their time: stacks, the leaf first";
    let mut table = Table::new("slow_stacks", title, columns);
    let different = different(slow_stacks);
    let shared = shared_root(&different);
    for (number, stack) in (1..).zip(&different) {
        let own = slow_stacks.iter().flatten().filter(|own| own == stack);
        let mut leaf = Some(own.count() as u64);
        for frame in stack.frames.iter().skip(shared.len()).rev() {
            let exits = leaf.take();
            table.push(vec![
                Cell::Count(number),
                Cell::of(exits, Cell::Count),
                Cell::of(exits, |_| Cell::Text(stack.event.clone())),
                Cell::Text(frame.clone()),
            ]);
        }
    }
    if !shared.is_empty() {
        let callers: Vec<&str> = shared.iter().rev().map(String::as_str).collect();
        let note = format!("all of them are called by {}", callers.join(" < "));
        table.notes.push(note);
    }
    (!table.rows.is_empty()).then_some(table)
}

/// The frames with which all stacks begin, where there are several; of each its leaf stays.
fn shared_root<'s>(stacks: &[&'s SlowStack]) -> &'s [String] {
    let [first, rest @ ..] = stacks else {
        return &[];
    };
    let callers = |stack: &&'s SlowStack| {
        let frames = stack.frames.as_slice();
        frames.split_last().map_or(&[][..], |(_, callers)| callers)
    };
    let shared = rest.iter().map(|other| {
        let two = callers(first).iter().zip(callers(other));
        two.take_while(|(own, other)| own == other).count()
    });
    let len = shared.min().unwrap_or(0);
    first.frames.get(..len).unwrap_or_default()
}

//! The columns of the tables of threads and of VMs.

use super::measure::Measure;
use crate::report::table::{Column, Quantity};

const NOT_TOLD: &str = "it runs no vCPU, or nothing tells it";
const EXACT: &str = "times are not told by samples";
const NO_SWITCHES: &str = "sched_switch was not recorded, or CPUs were chosen";

/// The columns of what was run, shares of the same whole.
pub(super) fn part_columns() -> Vec<Column> {
    let part = |key, heading, meaning| {
        Column::new(key, heading, Quantity::Share, meaning)
            .or_absent(NOT_TOLD)
            .ranked(1)
    };
    vec![
        part("guest", "guest", "Of that, guest code."),
        part(
            "exits",
            "exits",
            "Of that, the kernel from a VM exit to the next entry.",
        ),
        part("vmm", "vmm", "Of that, the VMM in user space."),
        part(
            "halt",
            "halt",
            "Of that, polling for the end of a halt, and going to sleep.",
        ),
        part("host", "host", "Of that, all else."),
    ]
}

/// The column of running time as a share.
pub(super) fn cpu_column(measure: Measure) -> Column {
    if measure.is_time {
        Column::new(
            "cpu",
            "cpu",
            Quantity::Share,
            "Time on a host CPU, as a part of the time looked at: 1 is one CPU, all the time.",
        )
        .or_absent("nothing tells whether the thread ran")
    } else {
        Column::new(
            "of_samples",
            "of all",
            Quantity::Share,
            "The part of what all samples of the event weigh, idle CPUs' too.",
        )
    }
}

/// The columns of a row for each thread.
pub(super) fn thread_columns(measure: Measure) -> Vec<Column> {
    let mut columns = who_columns();
    columns.push(cpu_column(measure));
    columns.extend(interval_columns());
    columns.extend(part_columns());
    columns.push(if measure.is_time {
        let column = nanos("running_ns", "ran", "Time on a host CPU.");
        column.or_absent("nothing tells whether the thread ran")
    } else {
        let meaning = "What its samples weigh.";
        Column::new("weight", "weight", Quantity::Count, meaning).ranked(3)
    });
    columns.extend(wait_columns());
    columns.extend(place_columns());
    columns
}

const fn text(key: &'static str, heading: &'static str, meaning: &'static str) -> Column {
    Column::new(key, heading, Quantity::Text, meaning)
}

const fn nanos(key: &'static str, heading: &'static str, meaning: &'static str) -> Column {
    Column::new(key, heading, Quantity::Nanoseconds, meaning).ranked(3)
}

fn who_columns() -> Vec<Column> {
    vec![
        text("tid", "tid", "The id of the thread."),
        text("pid", "pid", "The id of its process.")
            .or_absent("it was not recorded")
            .ranked(4),
        text("name", "thread", "Its latest name.").or_absent("none was recorded"),
        text(
            "role",
            "what",
            "What it does: vCPU, emulator (any other thread of a VM's process), iothread, vhost (the \
             kernel, for a VM), host.",
        ),
        text(
            "vm",
            "vm",
            "The process of the VM that it belongs to or works for.",
        )
        .or_absent("none")
        .ranked(1),
    ]
}

/// Between which shares the true one lies.
fn interval_columns() -> Vec<Column> {
    let share = |key, heading, meaning| {
        Column::new(key, heading, Quantity::Share, meaning)
            .or_absent(EXACT)
            .ranked(2)
    };
    vec![
        share(
            "cpu_least",
            "from",
            "The share is no less, with 95 % confidence.",
        ),
        share(
            "cpu_greatest",
            "to",
            "The share is no greater, with 95 % confidence.",
        ),
    ]
}

fn wait_columns() -> Vec<Column> {
    let count = |key, heading, meaning| Column::new(key, heading, Quantity::Count, meaning);
    vec![
        nanos(
            "ready_ns",
            "ready",
            "Time in which it could run and did not: of a vCPU, the guest's steal.",
        )
        .or_absent(NO_SWITCHES)
        .ranked(1),
        nanos(
            "asleep_ns",
            "asleep",
            "Time in which it waited for something.",
        )
        .or_absent(NO_SWITCHES)
        .ranked(2),
        count(
            "preempted",
            "preempted",
            "How often it was made to stop running.",
        )
        .or_absent(NO_SWITCHES)
        .ranked(4),
        count("woken", "woken", "How often it was woken.")
            .or_absent("sched_switch or sched_wakeup was not recorded, or CPUs were chosen")
            .ranked(4),
        count("samples", "samples", "Samples that found it running.")
            .or_absent(EXACT)
            .ranked(3),
    ]
}

fn place_columns() -> Vec<Column> {
    vec![
        text(
            "cpus",
            "on CPUs",
            "The host CPUs that it ran on, the one with the most time first.",
        )
        .or_absent("samples do not tell")
        .ranked(2),
        text(
            "nodes",
            "on nodes",
            "The NUMA nodes that it ran on, the one with the most time first.",
        )
        .or_absent("the host has one, nothing tells nodes, or samples do not tell CPUs")
        .ranked(2),
        text("earlier_names", "was called", "Names that it had before.")
            .or_absent("no other name was seen")
            .ranked(5),
    ]
}

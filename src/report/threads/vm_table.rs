//! A row for each VM, and for each node that it ran on.

use std::collections::BTreeMap;

use super::columns::{cpu_column, part_columns};
use super::measure::Measure;
use super::thread_table::{by_node, part_cells};
use crate::analysis::threads::{OnCpuParts, ThreadRole, ThreadTimes, ThreadUse};
use crate::report::table::{Cell, Column, Quantity, Table};
use crate::units::Pid;

/// The threads of each VM.
fn by_vm(times: &ThreadTimes) -> BTreeMap<Pid, Vec<&ThreadUse>> {
    let mut vms: BTreeMap<Pid, Vec<&ThreadUse>> = BTreeMap::new();
    for thread in &times.threads {
        if let Some(vm) = thread.vm {
            vms.entry(vm).or_default().push(thread);
        }
    }
    vms
}

fn vm_column() -> Column {
    Column::new("vm", "vm", Quantity::Text, "The process of the VM.")
}

/// What the threads of each VM ran; `None` without VMs.
pub(super) fn vm_table(times: &ThreadTimes) -> Option<Table> {
    let measure = Measure::of(times);
    let role = |key, heading, meaning| {
        Column::new(key, heading, Quantity::Share, meaning).or_absent("it has none that ran")
    };
    let mut columns = vec![
        vm_column(),
        Column::new(
            "name",
            "process",
            Quantity::Text,
            "The name of its process.",
        )
        .or_absent("none was recorded"),
        Column::new(
            "threads",
            "threads",
            Quantity::Count,
            "Threads that were seen running.",
        )
        .ranked(2),
        cpu_column(measure),
        role("vcpus", "vCPUs", "Of that, its vCPUs' threads."),
        role(
            "emulator",
            "emulator",
            "Of that, other threads of its process.",
        ),
        role("iothreads", "iothreads", "Of that, its I/O threads.").ranked(1),
        role(
            "vhost",
            "vhost",
            "Of that, the kernel's threads that work for it.",
        )
        .ranked(1),
    ];
    columns.extend(part_columns());
    columns.push(
        Column::new(
            "ready_ns",
            "vCPUs ready",
            Quantity::Nanoseconds,
            "Time in which its vCPUs could run and did not, all added up: the guest's steal.",
        )
        .or_absent("sched_switch was not recorded, or CPUs were chosen")
        .ranked(1),
    );
    let mut table = Table::new("vms", "VMs: all their threads added up", columns);
    for (vm, threads) in by_vm(times) {
        table.push(vm_cells(measure, vm, &threads));
    }
    table.drop_empty_columns();
    (!table.rows.is_empty()).then_some(table)
}

fn vm_cells(measure: Measure, vm: Pid, threads: &[&ThreadUse]) -> Vec<Cell> {
    let sum = |is_meant: &dyn Fn(ThreadRole) -> bool| {
        let meant = threads.iter().filter(|thread| is_meant(thread.role));
        let ran: Vec<u64> = meant.filter_map(|thread| thread.on_cpu).collect();
        let all = ran.iter().fold(0_u64, |sum, &ran| sum.saturating_add(ran));
        Cell::of((!ran.is_empty()).then_some(all), |all| measure.share(all))
    };
    let is_vcpu = |role: ThreadRole| matches!(role, ThreadRole::Vcpu(_));
    let process = threads.iter().find(|thread| thread.task.pid == Some(vm));
    let process = process.filter(|thread| !thread.process.is_empty());
    let vcpus = || threads.iter().filter(|thread| is_vcpu(thread.role));
    let parts = vcpus().filter_map(|thread| thread.parts);
    let parts = parts.reduce(|mut sum: OnCpuParts, parts| {
        sum.join(&parts);
        sum
    });
    let waits: Vec<u64> = vcpus()
        .filter_map(|thread| thread.waits.map(|waits| waits.ready_ns))
        .collect();
    let ready = waits.iter().fold(0_u64, |sum, &ns| sum.saturating_add(ns));
    let mut cells = vec![
        Cell::Text(vm.to_string()),
        Cell::of(process, |thread| Cell::Text(thread.process.clone())),
        Cell::Count(threads.len() as u64),
        sum(&|_| true),
        sum(&is_vcpu),
        sum(&|role| role == ThreadRole::Emulator),
        sum(&|role| role == ThreadRole::IoThread),
        sum(&|role| role == ThreadRole::Vhost),
    ];
    cells.extend(part_cells(parts, measure));
    cells.push(Cell::of(
        (!waits.is_empty()).then_some(ready),
        Cell::Nanoseconds,
    ));
    cells
}

/// On which nodes the threads of each VM ran; `None` on a host with one node.
pub(super) fn node_table(times: &ThreadTimes) -> Option<Table> {
    if times.nodes.as_ref()?.len() < 2 {
        return None;
    }
    let measure = Measure::of(times);
    let columns = vec![
        vm_column(),
        Column::new("node", "node", Quantity::Text, "The NUMA node."),
        cpu_column(measure),
        Column::new(
            "of_vm",
            "of the VM",
            Quantity::Share,
            "The part of what the VM ran.",
        ),
    ];
    let mut table = Table::new("nodes", "NUMA nodes that VMs ran on", columns);
    for (vm, threads) in by_vm(times) {
        let places = by_node(times, threads.iter().copied());
        let all: u64 = places
            .iter()
            .map(|place| place.ran)
            .fold(0, u64::saturating_add);
        for place in places {
            table.push(vec![
                Cell::Text(vm.to_string()),
                Cell::Text(place.number.to_string()),
                measure.share(place.ran),
                Cell::share(place.ran, all),
            ]);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

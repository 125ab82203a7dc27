//! Times by switches, and by the tracepoints of kvm.

use std::collections::{BTreeMap, BTreeSet};

use super::thread_use::{OnCpuParts, ThreadUse, Waits};
use crate::analysis::exits::RecordedExits;
use crate::kvm::exit::{Dimension, DimensionValue, Schedule, Task, TaskSchedule, TimeParts};
use crate::units::{Cpu, Tid};

/// The threads of a schedule; on these CPUs only, where any are named.
pub(super) fn threads_of(
    recorded: &RecordedExits,
    schedule: &Schedule,
    cpus: &[Cpu],
) -> Vec<ThreadUse> {
    let tasks = schedule.tasks().iter();
    let threads = tasks.map(|task| thread_of(recorded, task, cpus));
    let is_met = |thread: &ThreadUse| {
        let waits = thread.waits.unwrap_or_default();
        thread.on_cpu.is_some_and(|ran| ran > 0) || waits.ready_ns > 0 || waits.asleep_ns > 0
    };
    threads.filter(is_met).collect()
}

fn thread_of(recorded: &RecordedExits, schedule: &TaskSchedule, cpus: &[Cpu]) -> ThreadUse {
    let tid = schedule.task.tid;
    let task = Task {
        pid: schedule
            .task
            .pid
            .or_else(|| recorded.processes.get(&tid).copied()),
        tid,
    };
    let mut names = schedule.names.iter().map(|name| {
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    });
    let name = names.next_back();
    let earlier_names = names.collect();
    let name = name.or_else(|| recorded.names.get(&tid).cloned());
    let mut thread = ThreadUse::of(task, name.unwrap_or_default());
    thread.earlier_names = earlier_names;
    let process = task.pid.map(|pid| Tid::new(pid.as_i32()));
    let process = process.and_then(|main| recorded.names.get(&main));
    thread.process = process.cloned().unwrap_or_default();
    let is_wanted = |cpu: &Cpu| cpus.is_empty() || cpus.contains(cpu);
    let by_cpu = schedule.running_on.iter();
    let by_cpu = by_cpu.filter(|(cpu, _)| is_wanted(cpu));
    thread.by_cpu = by_cpu.map(|(&cpu, &nanos)| (cpu, nanos)).collect();
    thread.on_cpu = Some(thread.by_cpu.values().copied().fold(0, u64::saturating_add));
    // A thread waits for no CPU in particular.
    thread.waits = cpus.is_empty().then_some(Waits {
        ready_ns: schedule.ready_ns,
        asleep_ns: schedule.asleep_ns,
        preempted: schedule.preempted,
        woken: schedule.woken,
    });
    thread
}

/// What is known of vCPUs by tracepoints alone: times that passed, whether the threads ran or not.
pub(super) fn vcpus_of(recorded: &RecordedExits) -> Vec<ThreadUse> {
    let parts = parts_by_thread(recorded);
    let vcpus = recorded.survey.vcpus().iter();
    let threads = vcpus.map(|vcpu| {
        let name = recorded.names.get(&vcpu.task.tid).cloned();
        let mut thread = ThreadUse::of(vcpu.task, name.unwrap_or_default());
        let process = vcpu.task.pid.map(|pid| Tid::new(pid.as_i32()));
        let process = process.and_then(|main| recorded.names.get(&main));
        thread.process = process.cloned().unwrap_or_default();
        thread.parts = parts.get(&vcpu.task.tid).copied();
        thread
    });
    threads.collect()
}

/// The threads that run vCPUs.
pub(super) fn vcpu_tids(recorded: &RecordedExits) -> BTreeSet<Tid> {
    let vcpus = recorded.survey.vcpus().iter();
    vcpus.map(|vcpu| vcpu.task.tid).collect()
}

/// What the threads of vCPUs ran, by `kvm_entry` and `kvm_exit`; nothing where these are missing.
pub(super) fn parts_by_thread(recorded: &RecordedExits) -> BTreeMap<Tid, OnCpuParts> {
    let mut parts: BTreeMap<Tid, OnCpuParts> = BTreeMap::new();
    let counts = recorded.survey.counts();
    if counts.paired == 0 {
        return parts;
    }
    for vcpu in recorded.survey.vcpus() {
        let own = parts.entry(vcpu.task.tid).or_default();
        own.guest = own.guest.saturating_add(vcpu.guest_ns);
    }
    let views = recorded.survey.views().iter();
    for view in views.filter(|view| view.dimensions() == [Dimension::Vcpu]) {
        for row in view.rows() {
            if let [DimensionValue::Vcpu(task)] = row.values {
                let TimeParts {
                    kernel,
                    vmm,
                    polled,
                    ..
                } = row.stats.parts;
                parts.entry(task.tid).or_default().join(&OnCpuParts {
                    guest: 0,
                    exits: kernel,
                    vmm,
                    halt: polled,
                    host: 0,
                });
            }
        }
    }
    parts
}

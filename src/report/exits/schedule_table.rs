//! How vCPUs got their host CPUs, and who had them meanwhile.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::columns::{tid_column, vcpu_column};
use super::labels::ExitLabels;
use crate::analysis::exits::RecordedExits;
use crate::kvm::exit::{Histogram, Schedule, TaskSchedule};
use crate::report::table::{Cell, Column, Quantity, Table};
use crate::units::{Pid, Tid};

/// How many rivals of each vCPU are named.
const SHOWN_RIVALS: usize = 5;

fn schedule_columns() -> Vec<Column> {
    let nanos = |key, heading, meaning| Column::new(key, heading, Quantity::Nanoseconds, meaning);
    let count = |key, heading, meaning| Column::new(key, heading, Quantity::Count, meaning);
    let never = "it did not happen";
    vec![
        vcpu_column(),
        tid_column(),
        nanos("running_ns", "running", "Time on a host CPU."),
        nanos(
            "ready_ns",
            "ready",
            "Time in which it could run and did not: the guest's steal.",
        ),
        Column::new(
            "ready_share",
            "steal",
            Quantity::Share,
            "The part of the time in which it wanted to run that it was ready.",
        )
        .or_absent("it neither ran nor wanted to"),
        nanos(
            "asleep_ns",
            "asleep",
            "Time in which it waited for something.",
        ),
        count(
            "preempted",
            "preempted",
            "How often it was made to stop running.",
        ),
        nanos(
            "preempted_p99_ns",
            "p99",
            "99 % of these took no longer until it ran again.",
        )
        .or_absent(never)
        .ranked(3),
        nanos("preempted_max_ns", "max", "The longest of these.").or_absent(never),
        count("woken", "woken", "How often it was woken."),
        nanos(
            "wake_p50_ns",
            "p50",
            "Half of these took no longer until it ran.",
        )
        .or_absent("sched_wakeup was not recorded, or it was not woken")
        .ranked(2),
        nanos(
            "wake_p99_ns",
            "p99",
            "99 % of these took no longer until it ran.",
        )
        .or_absent("sched_wakeup was not recorded, or it was not woken"),
        nanos("wake_max_ns", "max", "The longest of these.")
            .or_absent("sched_wakeup was not recorded, or it was not woken"),
    ]
}

/// How vCPUs got their CPUs; `None` when none was switched.
pub(super) fn schedule_table(recorded: &RecordedExits, labels: &ExitLabels<'_>) -> Option<Table> {
    let schedule = recorded.schedule.as_ref()?;
    let title = "host CPUs of vCPUs: ready is what guests see as steal";
    let mut table = Table::new("schedule", title, schedule_columns());
    for vcpu in schedule.tasks() {
        if vcpu.running_ns == 0 && vcpu.ready_ns == 0 {
            continue;
        }
        let wanted = vcpu.running_ns.saturating_add(vcpu.ready_ns);
        let percentile = |histogram: &Histogram, part: f64| {
            Cell::of(histogram.percentile(part), Cell::Nanoseconds)
        };
        let longest = |nanos: u64, times: &Histogram| {
            Cell::of((times.values() > 0).then_some(nanos), Cell::Nanoseconds)
        };
        table.push(vec![
            Cell::Text(labels.vcpu_name(vcpu.task)),
            Cell::Text(vcpu.task.tid.to_string()),
            Cell::Nanoseconds(vcpu.running_ns),
            Cell::Nanoseconds(vcpu.ready_ns),
            Cell::share(vcpu.ready_ns, wanted),
            Cell::Nanoseconds(vcpu.asleep_ns),
            Cell::Count(vcpu.preempted),
            percentile(&vcpu.preempted_for, 0.99),
            longest(vcpu.longest_preempted_ns, &vcpu.preempted_for),
            Cell::Count(vcpu.woken),
            percentile(&vcpu.wake_latency, 0.5),
            percentile(&vcpu.wake_latency, 0.99),
            longest(vcpu.longest_wake_ns, &vcpu.wake_latency),
        ]);
    }
    if !recorded.survey.recorded().sched_wakeups {
        table.notes.push(
            "sched_wakeup was not recorded: time from being woken to running counts as asleep"
                .to_owned(),
        );
    }
    (!table.rows.is_empty()).then_some(table)
}

/// Who was ready.
fn ready_column() -> Column {
    Column::new("vcpu", "vcpu", Quantity::Text, "The vCPU that was ready.")
}

/// Who ran meanwhile.
fn who_column() -> Column {
    let meaning = "What ran on its CPU meanwhile.";
    Column::new("who", "who ran", Quantity::Text, meaning)
}

fn rival_columns() -> Vec<Column> {
    vec![
        ready_column(),
        tid_column(),
        who_column(),
        Column::new(
            "name",
            "thread",
            Quantity::Text,
            "The name of the thread that ran.",
        )
        .or_absent("it was not recorded"),
        Column::new("rival_tid", "tid", Quantity::Text, "The thread that ran.").ranked(1),
        Column::new("time_ns", "time", Quantity::Nanoseconds, "For how long."),
        Column::new(
            "ready_share",
            "of ready",
            Quantity::Share,
            "The part of the time in which the vCPU was ready.",
        ),
    ]
}

/// Who had the CPUs while vCPUs were ready for them; `None` when nobody had.
pub(super) fn rival_table(recorded: &RecordedExits, labels: &ExitLabels<'_>) -> Option<Table> {
    let schedule = recorded.schedule.as_ref()?;
    let threads = VmThreads::of(recorded);
    let title = "who had the CPU while a vCPU was ready";
    let mut table = Table::new("rivals", title, rival_columns());
    for vcpu in schedule.tasks() {
        let mut rivals: Vec<(Tid, u64)> = vcpu.rivals.iter().map(|(&tid, &ns)| (tid, ns)).collect();
        rivals.retain(|&(_, nanos)| nanos > 0);
        rivals.sort_by_key(|&(tid, nanos)| (Reverse(nanos), tid));
        for &(tid, nanos) in rivals.iter().take(SHOWN_RIVALS) {
            let name = name_of(recorded, schedule, tid);
            table.push(vec![
                Cell::Text(labels.vcpu_name(vcpu.task)),
                Cell::Text(vcpu.task.tid.to_string()),
                Cell::Text(threads.kind_of(vcpu, tid, name.as_deref())),
                Cell::of(name, Cell::Text),
                Cell::Text(tid.to_string()),
                Cell::Nanoseconds(nanos),
                Cell::share(nanos, vcpu.ready_ns),
            ]);
        }
        if rivals.len() > SHOWN_RIVALS {
            let others = rivals
                .iter()
                .skip(SHOWN_RIVALS)
                .map(|&(_, nanos)| nanos)
                .fold(0, u64::saturating_add);
            table.push(vec![
                Cell::Text(labels.vcpu_name(vcpu.task)),
                Cell::Text(vcpu.task.tid.to_string()),
                Cell::Text(format!("{} others", rivals.len() - SHOWN_RIVALS)),
                Cell::Absent,
                Cell::Absent,
                Cell::Nanoseconds(others),
                Cell::share(others, vcpu.ready_ns),
            ]);
        }
        if let Some(untold) = untold_row(vcpu, labels, &[Cell::Absent, Cell::Absent]) {
            table.push(untold);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

/// The same by what ran: another VM, the same VM's own threads, vhost, the host.
pub(super) fn rival_kind_table(recorded: &RecordedExits, labels: &ExitLabels<'_>) -> Option<Table> {
    let schedule = recorded.schedule.as_ref()?;
    let columns = vec![
        ready_column(),
        tid_column(),
        who_column(),
        Column::new(
            "threads",
            "threads",
            Quantity::Count,
            "How many threads these are.",
        ),
        Column::new("time_ns", "time", Quantity::Nanoseconds, "For how long."),
        Column::new(
            "ready_share",
            "of ready",
            Quantity::Share,
            "The part of the time in which the vCPU was ready.",
        ),
    ];
    let threads = VmThreads::of(recorded);
    let title = "what had the CPU while a vCPU was ready";
    let mut table = Table::new("rival_kinds", title, columns);
    for vcpu in schedule.tasks() {
        let mut kinds: BTreeMap<String, KindSum> = BTreeMap::new();
        for (&tid, &nanos) in vcpu.rivals.iter().filter(|(_, nanos)| **nanos > 0) {
            let name = name_of(recorded, schedule, tid);
            let kind = threads.kind_of(vcpu, tid, name.as_deref());
            let sum = kinds.entry(kind).or_default();
            sum.threads += 1;
            sum.nanos = sum.nanos.saturating_add(nanos);
        }
        let mut kinds: Vec<(String, KindSum)> = kinds.into_iter().collect();
        kinds.sort_by_key(|(_, sum)| Reverse(sum.nanos));
        for (kind, KindSum { threads, nanos }) in kinds {
            table.push(vec![
                Cell::Text(labels.vcpu_name(vcpu.task)),
                Cell::Text(vcpu.task.tid.to_string()),
                Cell::Text(kind),
                Cell::Count(threads),
                Cell::Nanoseconds(nanos),
                Cell::share(nanos, vcpu.ready_ns),
            ]);
        }
        if let Some(untold) = untold_row(vcpu, labels, &[Cell::Absent]) {
            table.push(untold);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

/// For how long a vCPU was ready while nothing tells who ran, with what there is of threads; `None` where
/// all is told.
fn untold_row(vcpu: &TaskSchedule, labels: &ExitLabels<'_>, threads: &[Cell]) -> Option<Vec<Cell>> {
    let told = vcpu.rivals.values().copied().fold(0, u64::saturating_add);
    let nanos = vcpu.ready_ns.checked_sub(told).filter(|&nanos| nanos > 0)?;
    let mut row = vec![
        Cell::Text(labels.vcpu_name(vcpu.task)),
        Cell::Text(vcpu.task.tid.to_string()),
        Cell::Text("not told: CPU changed, or switches missing".to_owned()),
    ];
    row.extend_from_slice(threads);
    row.extend([Cell::Nanoseconds(nanos), Cell::share(nanos, vcpu.ready_ns)]);
    Some(row)
}

/// How much time threads of a kind took.
#[derive(Clone, Copy, Debug, Default)]
struct KindSum {
    threads: u64,
    nanos: u64,
}

fn name_of(recorded: &RecordedExits, schedule: &Schedule, tid: Tid) -> Option<String> {
    let switched = schedule.name(tid);
    switched.or_else(|| recorded.names.get(&tid).cloned())
}

/// The threads of VMs, also of those whose exits are not wanted.
#[derive(Debug)]
struct VmThreads<'r> {
    recorded: &'r RecordedExits,
    vcpus: BTreeMap<Tid, Option<Pid>>,
    vms: BTreeSet<Pid>,
}

impl<'r> VmThreads<'r> {
    fn of(recorded: &'r RecordedExits) -> Self {
        let vcpus = recorded.vcpu_threads();
        Self {
            recorded,
            vms: vcpus.values().copied().flatten().collect(),
            vcpus,
        }
    }

    /// What a thread is to a vCPU.
    fn kind_of(&self, vcpu: &TaskSchedule, tid: Tid, name: Option<&str>) -> String {
        if tid == Tid::new(0) {
            return "idle: the CPU was woken".to_owned();
        }
        let own_pid = vcpu.task.pid;
        match (self.vcpus.get(&tid), self.recorded.processes.get(&tid)) {
            (Some(&other), _) if own_pid.is_some() && other == own_pid => {
                "vCPU of the same VM".to_owned()
            }
            (Some(&Some(vm)), _) => format!("vCPU of {}", self.vm_words(vm)),
            (Some(None), _) => "vCPU, not told of which VM".to_owned(),
            (None, _) if name.is_some_and(|name| name.starts_with("vhost-")) => "vhost".to_owned(),
            (None, Some(&pid)) if Some(pid) == own_pid => "the same VM's other threads".to_owned(),
            (None, Some(&pid)) if self.vms.contains(&pid) => {
                format!("other threads of {}", self.vm_words(pid))
            }
            (None, Some(_)) => "host".to_owned(),
            // A trace.dat tells no processes: it may be the VM's own.
            (None, None) if self.recorded.processes.is_empty() => "no vCPU".to_owned(),
            (None, None) => "host".to_owned(),
        }
    }

    /// A VM by its process, and what its VMM calls it.
    fn vm_words(&self, vm: Pid) -> String {
        match self.recorded.vm_names.get(&vm) {
            Some(name) => format!("VM {vm} ({name})"),
            None => format!("VM {vm}"),
        }
    }
}

//! A row for each thread.

use super::columns::thread_columns;
use super::measure::Measure;
use super::sorting::ThreadOrder;
use crate::analysis::threads::{OnCpuParts, RunningBasis, ThreadRole, ThreadTimes, ThreadUse};
use crate::report::table::{Cell, Table};

/// How many rows people see.
const SHOWN_ROWS: usize = 40;

/// The cells of the columns of what was run.
pub(super) fn part_cells(parts: Option<OnCpuParts>, measure: Measure) -> Vec<Cell> {
    let told = measure.told_parts;
    let share = |is_told: bool, part: fn(OnCpuParts) -> u64| {
        Cell::of(parts.filter(|_| is_told), |parts| {
            measure.share(part(parts))
        })
    };
    vec![
        share(true, |parts| parts.guest),
        share(true, |parts| parts.exits),
        share(told.vmm, |parts| parts.vmm),
        share(told.halt, |parts| parts.halt),
        share(told.host, |parts| parts.host),
    ]
}

/// The threads in order; of a host with one node, nodes are left out.
pub(super) fn thread_table(times: &ThreadTimes, order: ThreadOrder) -> Table {
    let measure = Measure::of(times);
    let mut table = Table::new("threads", "threads", thread_columns(measure));
    let mut threads: Vec<&ThreadUse> = times.threads.iter().collect();
    order.sort(&mut threads);
    for thread in threads {
        table.push(cells(times, measure, thread));
    }
    table.hidden_rows = table.rows.len().saturating_sub(SHOWN_ROWS);
    table.drop_empty_columns();
    table
}

fn cells(times: &ThreadTimes, measure: Measure, thread: &ThreadUse) -> Vec<Cell> {
    let name = |name: &str| Cell::of((!name.is_empty()).then(|| name.to_owned()), Cell::Text);
    let pid = thread.task.pid.map(|pid| pid.to_string());
    let vm = thread.vm.map(|vm| vm.to_string());
    let mut cells = vec![
        Cell::Text(thread.task.tid.to_string()),
        Cell::of(pid, Cell::Text),
        name(&thread.name),
        Cell::Text(role_words(thread.role)),
        Cell::of(vm, Cell::Text),
        Cell::of(thread.on_cpu, |ran| measure.share(ran)),
    ];
    cells.extend(measure.interval(thread.samples));
    let is_vcpu = matches!(thread.role, ThreadRole::Vcpu(_));
    cells.extend(part_cells(thread.parts.filter(|_| is_vcpu), measure));
    let waits = thread.waits;
    let ran = |ran| {
        if measure.is_time {
            Cell::Nanoseconds(ran)
        } else {
            Cell::Count(ran)
        }
    };
    cells.extend([
        Cell::of(thread.on_cpu, ran),
        Cell::of(waits, |waits| Cell::Nanoseconds(waits.ready_ns)),
        Cell::of(waits, |waits| Cell::Nanoseconds(waits.asleep_ns)),
        Cell::of(waits, |waits| Cell::Count(waits.preempted)),
        Cell::of(waits.filter(|_| times.has_wakeups), |waits| {
            Cell::Count(waits.woken)
        }),
        Cell::of(thread.samples, Cell::Count),
        name(&places(
            thread
                .by_cpu
                .iter()
                .map(|(cpu, &ran)| PlaceUse { number: cpu.0, ran }),
        )),
        name(&nodes_of(times, thread)),
        name(&thread.earlier_names.join(", ")),
    ]);
    debug_assert!(!matches!(times.basis, RunningBasis::KvmEvents) || thread.on_cpu.is_none());
    cells
}

/// What a thread does, in words.
fn role_words(role: ThreadRole) -> String {
    match role {
        ThreadRole::Vcpu(Some(number)) => format!("vCPU {number}"),
        ThreadRole::Vcpu(None) => "vCPU".to_owned(),
        ThreadRole::Emulator => "emulator".to_owned(),
        ThreadRole::IoThread => "iothread".to_owned(),
        ThreadRole::Vhost => "vhost".to_owned(),
        ThreadRole::Host => "host".to_owned(),
    }
}

/// What was run on a CPU or a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlaceUse {
    pub(super) number: u32,
    pub(super) ran: u64,
}

/// How many CPUs are named.
const SHOWN_PLACES: usize = 4;

/// Places with their shares, `3 (71 %), 2 (29 %)`; one alone without.
fn places(places: impl Iterator<Item = PlaceUse>) -> String {
    let mut places: Vec<PlaceUse> = places.filter(|place| place.ran > 0).collect();
    places.sort_by_key(|place| (std::cmp::Reverse(place.ran), place.number));
    if let [PlaceUse { number, .. }] = places[..] {
        return number.to_string();
    }
    let all: u64 = places
        .iter()
        .map(|place| place.ran)
        .fold(0, u64::saturating_add);
    let shown = places.iter().take(SHOWN_PLACES).map(|place| {
        let share = place.ran as f64 / all.max(1) as f64 * 100.0;
        format!("{} ({share:.0} %)", place.number)
    });
    let mut shown: Vec<String> = shown.collect();
    if places.len() > SHOWN_PLACES {
        shown.push(format!("{} more", places.len() - SHOWN_PLACES));
    }
    shown.join(", ")
}

/// What threads ran on each node; CPUs of no node count as none.
pub(super) fn by_node<'t>(
    times: &ThreadTimes,
    threads: impl Iterator<Item = &'t ThreadUse>,
) -> Vec<PlaceUse> {
    let mut found: Vec<PlaceUse> = Vec::new();
    let Some(nodes) = &times.nodes else {
        return found;
    };
    for (&cpu, &ran) in threads.flat_map(|thread| &thread.by_cpu) {
        let Some(number) = nodes.node_of(cpu) else {
            continue;
        };
        match found.iter_mut().find(|place| place.number == number) {
            Some(place) => place.ran = place.ran.saturating_add(ran),
            None => found.push(PlaceUse { number, ran }),
        }
    }
    found.sort_by_key(|place| place.number);
    found
}

fn nodes_of(times: &ThreadTimes, thread: &ThreadUse) -> String {
    if times.nodes.as_ref().is_none_or(|nodes| nodes.len() < 2) {
        return String::new();
    }
    places(by_node(times, std::iter::once(thread)).into_iter())
}

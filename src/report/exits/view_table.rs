//! A view as a table.

use crate::units::Pid;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::columns;
use super::labels::{ExitLabels, interface_prefix};
use crate::analysis::exits::RecordedExits;
use crate::kvm::exit::{
    Access, Dimension, DimensionValue, ExitStats, Histogram, Recorded, Target, TimeBasis, View,
};
use crate::report::table::{Bar, Cell, Table};
use crate::text::grouped;

/// How many rows people see.
const SHOWN_ROWS: usize = 40;

/// A row before it is made of cells: the cells of its dimensions, and its statistics.
struct LabelledRow {
    labels: Vec<Cell>,
    stats: ExitStats,
}

/// The view as a table, the rows with the most time first; those of seconds in their order.
pub(super) fn view_table(recorded: &RecordedExits, view: &View, labels: &ExitLabels<'_>) -> Table {
    let dimensions = view.dimensions();
    let names: Vec<&str> = dimensions.iter().map(|one| one.as_str()).collect();
    let mut heads = columns::of_dimensions(dimensions);
    let basis = view.basis();
    heads.extend(columns::of_stats(basis, view.is_of_targets()));
    let title = format!("exits by {}", names.join(", "));
    let mut table = Table::new("exits", title, heads);
    let total = view.total().total(basis);
    let told = Told {
        basis,
        total,
        span_ns: recorded.span_ns,
        recorded: recorded.survey.recorded(),
        has_exits: recorded.survey.counts().exits > 0,
        is_of_targets: view.is_of_targets(),
    };
    for row in rows_of(view, labels) {
        let mut cells = row.labels;
        cells.extend(told.cells(&row.stats));
        table.push(cells);
    }
    table.hidden_rows = table.rows.len().saturating_sub(SHOWN_ROWS);
    table.drop_empty_columns();
    if view.is_of_targets() && !table.rows.is_empty() {
        let others = view.left_out().exits;
        if others > 0 {
            let others = grouped(others);
            table.notes.push(format!("{others} other exits reach none"));
        }
    }
    table
}

/// The rows in the order in which they are shown. Rows of registers that are one device are one.
fn rows_of(view: &View, labels: &ExitLabels<'_>) -> Vec<LabelledRow> {
    let basis = view.basis();
    let mut rows: Vec<LabelledRow> = Vec::new();
    let mut devices: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let merges = view.dimensions().contains(&Dimension::Device);
    for found in view.rows() {
        let mut cells = Vec::new();
        let vm = vm_of(found.values);
        for (&dimension, &value) in view.dimensions().iter().zip(found.values) {
            let named = DimensionOf { dimension, vm };
            push_labels(&mut cells, labels, named, value);
            if let (DimensionValue::Rip(rip), Some(cell)) = (value, cells.last_mut()) {
                *cell = Cell::of(labels.guest_function(vm, rip), Cell::Text);
            }
        }
        if merges {
            let key = cells.iter().map(|cell| format!("{cell:?}")).collect();
            let place = *devices.entry(key).or_insert(rows.len());
            if let Some(row) = rows.get_mut(place) {
                row.stats.merge(found.stats);
                continue;
            }
        }
        rows.push(LabelledRow {
            labels: cells,
            stats: found.stats.clone(),
        });
    }
    if view.dimensions().first() != Some(&Dimension::Second) {
        rows.sort_by_key(|row| {
            let stats = &row.stats;
            Reverse((stats.total(basis), stats.exits, stats.accesses))
        });
    }
    rows
}

/// The VM that a row tells.
fn vm_of(values: &[DimensionValue]) -> Option<Pid> {
    values.iter().find_map(|value| match *value {
        DimensionValue::Vm(vm) => vm,
        DimensionValue::Vcpu(task) => task.pid,
        DimensionValue::Absent
        | DimensionValue::Reason(_)
        | DimensionValue::Access(_)
        | DimensionValue::Page(_)
        | DimensionValue::Rip(_)
        | DimensionValue::Second(_)
        | DimensionValue::Slice(_)
        | DimensionValue::KernelStack(_) => None,
    })
}

/// What a value is of.
#[derive(Clone, Copy)]
struct DimensionOf {
    dimension: Dimension,
    /// The VM that the row tells.
    vm: Option<Pid>,
}

/// Adds the cells of a dimension's value, as many as it has columns.
fn push_labels(
    cells: &mut Vec<Cell>,
    labels: &ExitLabels<'_>,
    named: DimensionOf,
    value: DimensionValue,
) {
    let dimension = named.dimension;
    let width = columns::of_dimension(dimension).len();
    let end = cells.len() + width;
    match value {
        DimensionValue::Absent => {}
        DimensionValue::Reason(reason) => cells.push(Cell::Text(labels.reason(reason))),
        DimensionValue::Vm(pid) => {
            cells.push(Cell::of(pid, |pid| Cell::Text(pid.to_string())));
            let name = pid.and_then(|pid| labels.vm_name(pid));
            cells.push(Cell::of(name, |name| Cell::Text(name.to_owned())));
        }
        DimensionValue::Vcpu(task) => {
            cells.push(Cell::Text(labels.vcpu_name(task)));
            cells.push(Cell::Text(task.tid.to_string()));
        }
        DimensionValue::Page(gpa) => cells.push(Cell::Hex(gpa)),
        DimensionValue::Rip(rip) => cells.push(Cell::Hex(rip)),
        DimensionValue::Second(time) | DimensionValue::Slice(time) => {
            cells.push(Cell::Text(time.to_string()));
        }
        DimensionValue::KernelStack(stack) => cells.push(Cell::Text(stack.to_string())),
        DimensionValue::Access(access) => push_access(cells, labels, named, access),
    }
    cells.resize(end, Cell::Absent);
}

fn push_access(cells: &mut Vec<Cell>, labels: &ExitLabels<'_>, named: DimensionOf, access: Access) {
    let DimensionOf { dimension, vm } = named;
    let device = || {
        let name = labels.device(vm, access);
        Cell::of(name, |name| {
            let doubt = if name.origin.is_assumption() {
                " ?"
            } else {
                ""
            };
            Cell::Text(format!("{name}{doubt}"))
        })
    };
    match (dimension, access.target) {
        (Dimension::Device, target) => {
            let name = labels.device(vm, access).map(|name| {
                let doubt = if name.origin.is_assumption() {
                    " ?"
                } else {
                    ""
                };
                format!("{}{doubt}", name.device)
            });
            cells.push(Cell::Text(name.unwrap_or_else(|| kind_name(target))));
            return;
        }
        (Dimension::Register, target) => cells.push(Cell::Text(ExitLabels::target(target))),
        (_, Target::Port(port)) => cells.push(Cell::Hex(port.into())),
        (_, Target::Mmio(gpa) | Target::Fault(gpa)) => cells.push(Cell::Hex(gpa)),
        (_, Target::Apic(offset)) => cells.push(Cell::Hex(offset.into())),
        (_, Target::Msr(index)) => cells.push(Cell::Hex(index.into())),
        (_, Target::Cpuid(function, index)) => {
            cells.push(Cell::Hex(function.into()));
            cells.push(Cell::of(index, |index| Cell::Hex(index.into())));
            return;
        }
        (_, Target::Hypercall(interface, number)) => {
            let prefix = interface_prefix(interface);
            cells.push(Cell::Text(format!("{prefix}{number:#x}")));
            return;
        }
        (_, Target::HostInterrupt(vector)) => {
            cells.extend([Cell::Text("host".to_owned()), Cell::Hex(vector.into())]);
            return;
        }
        (_, Target::GuestInterrupt(vector)) => {
            cells.extend([Cell::Text("guest".to_owned()), Cell::Hex(vector.into())]);
            return;
        }
    }
    let direction = access.direction.as_str();
    let direction = Some(direction).filter(|direction| !direction.is_empty());
    cells.push(Cell::of(direction, |text| Cell::Text(text.to_owned())));
    cells.push(device());
}

/// What stands where no device is known: registers in memory by their page.
fn kind_name(target: Target) -> String {
    const PAGE: u64 = 0xfff;
    match target {
        Target::Mmio(gpa) => format!("mmio in page {:#x}", gpa & !PAGE),
        Target::Cpuid(..) => "CPUID".to_owned(),
        Target::Fault(_) => "memory".to_owned(),
        Target::Hypercall(..) => "hypercalls".to_owned(),
        Target::HostInterrupt(_) => "host interrupts".to_owned(),
        Target::GuestInterrupt(_) => "guest interrupts".to_owned(),
        Target::Port(_) | Target::Apic(_) | Target::Msr(_) => ExitLabels::target(target),
    }
}

/// What cells are computed with.
struct Told {
    basis: TimeBasis,
    /// Time of all exits.
    total: u64,
    span_ns: u64,
    recorded: Recorded,
    /// Whether any exit was seen.
    has_exits: bool,
    is_of_targets: bool,
}

impl Told {
    /// The cells of [`columns::of_stats`].
    fn cells(&self, stats: &ExitStats) -> Vec<Cell> {
        let is_timed = stats.timed > 0;
        let time = |nanos: u64| Cell::of(is_timed.then_some(nanos), Cell::Nanoseconds);
        let percentile = |part: f64| Cell::of(stats.percentile(part), Cell::Nanoseconds);
        let part = |is_told: bool, nanos: u64| {
            let told = (is_timed && is_told).then_some(nanos);
            Cell::of(told, Cell::Nanoseconds)
        };
        let total = stats.total(self.basis);
        let mean = stats.mean(self.basis);
        let events = if self.has_exits {
            stats.exits
        } else {
            stats.accesses
        };
        let mut cells = vec![Cell::of(
            self.recorded.exits.then_some(stats.exits),
            Cell::Count,
        )];
        if self.is_of_targets {
            let accesses = (stats.accesses > 0).then_some(stats.accesses);
            cells.push(Cell::of(accesses, Cell::Count));
        }
        let blocked = stats.parts.blocked;
        cells.extend([
            Cell::rate(events, self.span_ns),
            if is_timed {
                Cell::share(total, self.total)
            } else {
                Cell::Absent
            },
            time(total),
            time(stats.least),
            Cell::of(mean, Cell::Nanoseconds),
            percentile(0.5),
            percentile(0.9),
            percentile(0.99),
            percentile(0.999),
            time(stats.greatest),
            Cell::of(is_timed.then_some(&stats.histogram), |histogram| {
                Cell::Histogram(bars(histogram))
            }),
            part(true, stats.parts.kernel),
            part(self.recorded.userspace_exits, stats.parts.vmm),
            part(self.recorded.switches, stats.parts.off_cpu),
            part(self.recorded.wakeups, stats.parts.polled),
            Cell::of((blocked > 0).then_some(blocked), Cell::Nanoseconds),
        ]);
        cells
    }
}

/// The histogram by powers of two, from 1 µs to 1 s, so that those of all rows lie under each other:
/// what lies outside is in the first or the last bar.
fn bars(histogram: &Histogram) -> Vec<Bar> {
    const FIRST: u32 = 10;
    const LAST: u32 = 30;
    let mut bars: Vec<Bar> = (FIRST..LAST)
        .map(|power| Bar {
            least: if power == FIRST { 0 } else { 1 << power },
            end: if power + 1 == LAST {
                u64::MAX
            } else {
                1 << (power + 1)
            },
            values: 0,
        })
        .collect();
    for range in histogram.octaves() {
        let holds = |bar: &&mut Bar| bar.least <= range.least && range.least < bar.end;
        if let Some(bar) = bars.iter_mut().find(holds) {
            bar.values += range.values;
        }
    }
    bars
}

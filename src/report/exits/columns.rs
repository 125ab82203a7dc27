//! What the columns of a view are.

use crate::kvm::exit::{Dimension, TimeBasis};
use crate::report::table::{Column, Quantity};

/// What it means that no time is known.
const UNTIMED: &str = "no time is known: no entry followed, or all of it was sleep";
const NOT_TOLD: &str = "exits of the row do not tell";

const fn text(key: &'static str, heading: &'static str, meaning: &'static str) -> Column {
    Column::new(key, heading, Quantity::Text, meaning)
}

const fn hex(key: &'static str, heading: &'static str, meaning: &'static str) -> Column {
    Column::new(key, heading, Quantity::Hex, meaning).or_absent(NOT_TOLD)
}

const fn nanos(key: &'static str, heading: &'static str, meaning: &'static str) -> Column {
    Column::new(key, heading, Quantity::Nanoseconds, meaning).or_absent(UNTIMED)
}

/// The columns of several dimensions' values, each with a key of its own: where more than one has a
/// direction or a device, these are called by what they are of.
pub(super) fn of_dimensions(dimensions: &[Dimension]) -> Vec<Column> {
    let all = dimensions.iter().map(|&one| (one, of_dimension(one)));
    let all: Vec<(Dimension, Vec<Column>)> = all.collect();
    let keys = all.iter().flat_map(|(_, columns)| columns);
    let keys: Vec<&str> = keys.map(|column| column.key).collect();
    let is_shared = |key: &str| keys.iter().filter(|other| **other == key).count() > 1;
    let own = all.into_iter().flat_map(|(dimension, columns)| {
        columns.into_iter().map(move |column| (dimension, column))
    });
    let own = own.map(|(dimension, column)| match own_key(dimension, column.key) {
        Some(key) if is_shared(column.key) => Column { key, ..column },
        Some(_) | None => column,
    });
    own.collect()
}

/// What the direction and the device of a dimension are called beside those of others.
fn own_key(dimension: Dimension, key: &str) -> Option<&'static str> {
    let [direction, device] = match dimension {
        Dimension::Port => ["port_direction", "port_device"],
        Dimension::Mmio => ["mmio_direction", "mmio_device"],
        Dimension::Apic => ["apic_direction", "apic_device"],
        Dimension::Msr => ["msr_direction", "msr_device"],
        Dimension::Register => ["register_direction", "register_device"],
        Dimension::Reason
        | Dimension::Vm
        | Dimension::Vcpu
        | Dimension::Cpuid
        | Dimension::Hypercall
        | Dimension::Irq
        | Dimension::Gpa
        | Dimension::Rip
        | Dimension::Device
        | Dimension::Second
        | Dimension::Slice(_)
        | Dimension::KernelStack => return None,
    };
    match key {
        "direction" => Some(direction),
        "device" => Some(device),
        _ => None,
    }
}

const SECOND: Column = text(
    "second",
    "second",
    "The second of the capture's clock in which the exit began.",
);

const SLICE: Column = text(
    "slice",
    "slice",
    "The slice of time in which the exit began, from 0.",
);

const KERNEL_STACK: Column = text(
    "kernel_stack",
    "stack",
    "The number of the stack that stands for its time in the kernel.",
);

/// The columns of a dimension's value.
pub(super) fn of_dimension(dimension: Dimension) -> Vec<Column> {
    match dimension {
        Dimension::Reason => vec![
            text(
                "reason",
                "reason",
                "Why the guest stopped, as its kernel calls it.",
            )
            .or_absent("kvm_exit was not recorded"),
        ],
        Dimension::Vm => vec![
            text("vm", "vm", "The VM: the id of the VMM's process.")
                .or_absent("the source does not tell processes"),
            text(
                "vm_name",
                "",
                "What its VMM calls it, or the name of that process where no command line tells it.",
            )
            .or_absent("it was not recorded"),
        ],
        Dimension::Vcpu => vec![
            text(
                "vcpu",
                "vcpu",
                "The vCPU's number in its VM, or the name of its thread.",
            ),
            text("tid", "tid", "The vCPU's thread.").ranked(4),
        ],
        Dimension::Rip => vec![
            hex("rip", "rip", "The guest's instruction pointer."),
            text(
                "function",
                "function",
                "The function of the guest's kernel there.",
            )
            .or_absent("none is known there, or no names of the guest were given")
            .ranked(1),
        ],
        Dimension::Device => vec![text(
            "device",
            "device",
            "The device, or what was reached where no device is known.",
        )],
        Dimension::Second => vec![SECOND],
        Dimension::Slice(_) => vec![SLICE],
        Dimension::KernelStack => vec![KERNEL_STACK],
        Dimension::Port
        | Dimension::Mmio
        | Dimension::Apic
        | Dimension::Msr
        | Dimension::Cpuid
        | Dimension::Hypercall
        | Dimension::Irq
        | Dimension::Gpa
        | Dimension::Register => of_target(dimension),
    }
}

/// The columns of what is reached.
fn of_target(dimension: Dimension) -> Vec<Column> {
    let first = match dimension {
        Dimension::Port => hex("port", "port", "The port."),
        Dimension::Mmio => hex("mmio", "mmio", "The guest-physical address of a device."),
        Dimension::Apic => hex(
            "apic",
            "apic",
            "The register's offset in the local APIC's page.",
        ),
        Dimension::Msr => hex("msr", "msr", "The index of the model-specific register."),
        Dimension::Cpuid => {
            return vec![
                hex("cpuid", "cpuid", "The leaf of CPUID, in EAX."),
                hex("cpuid_index", "index", "The index of the leaf, in ECX."),
            ];
        }
        Dimension::Irq => {
            let whose = "Whose interrupt it is: the host's that stopped the guest, or the guest's.";
            return vec![
                text("irq", "interrupt", whose),
                hex("vector", "vector", "The interrupt's vector."),
            ];
        }
        Dimension::Gpa => {
            let page =
                "The first address of the page of guest-physical memory that was not mapped.";
            return vec![hex("gpa", "page", page)];
        }
        Dimension::Hypercall => {
            return vec![text("hypercall", "hypercall", "The hypercall's number.")];
        }
        Dimension::Register
        | Dimension::Reason
        | Dimension::Vm
        | Dimension::Vcpu
        | Dimension::Rip
        | Dimension::Device
        | Dimension::Second
        | Dimension::Slice(_)
        | Dimension::KernelStack => text("register", "register", "What was reached."),
    };
    let direction = text("direction", "", "Whether it was read or written.");
    let device = text(
        "device",
        "device",
        "What is behind it, and what that is called.",
    );
    vec![
        first,
        direction.or_absent("it is neither, or not recorded"),
        device.or_absent("no table and no memory map names it"),
    ]
}

/// The columns of counts and times.
pub(super) fn of_stats(basis: TimeBasis, is_of_targets: bool) -> Vec<Column> {
    let count = |key, heading, meaning| Column::new(key, heading, Quantity::Count, meaning);
    let share = match basis {
        TimeBasis::Handled => {
            "The part of the time of all exits, without what guests slept, that these took."
        }
        TimeBasis::Wall => "The part of the time of all exits that these took.",
    };
    let mut columns =
        vec![count("count", "count", "Exits.").or_absent("kvm_exit was not recorded")];
    if is_of_targets {
        columns.push(
            count(
                "accesses",
                "accesses",
                "Tracepoints that told of an access by themselves (kvm_pio and its like).",
            )
            .or_absent("none of these was recorded")
            .ranked(5),
        );
    }
    columns.push(
        Column::new(
            "per_second",
            "/s",
            Quantity::PerSecond,
            "Exits, or accesses where no exits were recorded, in a second of the capture.",
        )
        .or_absent("the capture tells no times"),
    );
    columns.push(Column::new("time_share", "time", Quantity::Share, share).or_absent(UNTIMED));
    columns.extend(times());
    columns.extend(parts());
    columns
}

/// How long exits took.
fn times() -> [Column; 9] {
    [
        nanos("total_ns", "total", "The time of all of them."),
        nanos("min_ns", "min", "The shortest.").ranked(3),
        nanos("mean_ns", "mean", "The mean of those whose time is known."),
        nanos(
            "p50_ns",
            "p50",
            "Half of them took no longer (within 0.8 %).",
        ),
        nanos(
            "p90_ns",
            "p90",
            "90 % of them took no longer (within 0.8 %).",
        )
        .ranked(2),
        nanos(
            "p99_ns",
            "p99",
            "99 % of them took no longer (within 0.8 %).",
        ),
        nanos(
            "p999_ns",
            "p99.9",
            "99.9 % of them took no longer (within 0.8 %).",
        )
        .ranked(2),
        nanos("max_ns", "max", "The longest."),
        Column::new(
            "histogram",
            "1 µs → 1 s",
            Quantity::Histogram,
            "How many took how long, by powers of two.",
        )
        .or_absent(UNTIMED)
        .ranked(1),
    ]
}

/// Where the time went.
fn parts() -> [Column; 5] {
    let part = |key, heading, meaning, absence| {
        let column = Column::new(key, heading, Quantity::Nanoseconds, meaning);
        column.or_absent(absence).ranked(6)
    };
    [
        part(
            "kernel_ns",
            "kernel",
            "What of the time was in the host kernel.",
            UNTIMED,
        ),
        part(
            "vmm_ns",
            "vmm",
            "What of the time was in user space, from kvm_userspace_exit to the next kvm event.",
            "kvm_userspace_exit was not recorded: it is part of the kernel's",
        ),
        part(
            "off_cpu_ns",
            "off cpu",
            "What of the time the thread did not run although the guest had not halted.",
            "sched_switch was not recorded: it is part of the others",
        ),
        part(
            "polled_ns",
            "polled",
            "What of the time was spent polling for the end of a halt.",
            "kvm_vcpu_wakeup was not recorded: it is part of what was slept",
        ),
        part(
            "blocked_ns",
            "slept",
            "What the guest slept: not part of the total, unless all time is asked for.",
            "the guest did not halt in them",
        ),
    ]
}

/// Who a row is about.
pub(super) fn vcpu_column() -> Column {
    let meaning = "The vCPU's number or its thread's name.";
    Column::new("vcpu", "vcpu", Quantity::Text, meaning)
}

/// The thread of that vCPU.
pub(super) fn tid_column() -> Column {
    Column::new("tid", "tid", Quantity::Text, "The vCPU's thread.").ranked(1)
}

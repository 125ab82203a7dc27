//! The tables, and what is said above them.

use super::doubts;
use super::halt_table::halt_table;
use super::interrupt_table::interrupt_table;
use super::labels::ExitLabels;
use super::schedule_table::{rival_kind_table, rival_table, schedule_table};
use super::slow_table::{slow_stack_table, slow_table};
use super::view_table::view_table;
use crate::analysis::exits::{RecordedExits, SlowStack};
use crate::kvm::device::DeviceMap;
use crate::kvm::exit::{TimeBasis, View};
use crate::report::table::{Cell, Fact, TableReport};
use crate::symbol::GuestKernels;

/// What tables are made of.
#[derive(Clone, Copy, Debug)]
pub struct ExitAnswer<'r> {
    /// The exits.
    pub recorded: &'r RecordedExits,
    /// What devices are called.
    pub devices: &'r DeviceMap,
    /// The kernels of guests, which name their addresses.
    pub guests: &'r GuestKernels,
    /// The capture, as the user knows it.
    pub source: &'r str,
    /// The stacks of the slowest exits, in their order; empty where none were recorded, or asked for.
    pub slow_stacks: &'r [Option<SlowStack>],
    /// Names of the frames of stacks that stand for exits, the root first, by the numbers of
    /// [`RecordedExits::kernel_chains`]; empty where none were recorded, or asked for.
    pub kernel_stacks: &'r [Vec<String>],
}

/// The tables of a capture's exits: one for each view that was asked for, and what else is known.
pub fn exit_tables(answer: ExitAnswer<'_>) -> TableReport {
    let views = answer.recorded.survey.views();
    exit_tables_of(answer, &views.iter().collect::<Vec<&View>>())
}

/// The same with tables for these of the views.
pub fn exit_tables_of(answer: ExitAnswer<'_>, views: &[&View]) -> TableReport {
    let ExitAnswer {
        recorded,
        devices,
        guests,
        source,
        slow_stacks,
        ..
    } = answer;
    let labels = ExitLabels::of(recorded, devices, guests);
    let survey = &recorded.survey;
    let basis = survey.request().basis;
    let mut tables = Vec::new();
    for &view in views {
        let mut table = view_table(recorded, view, &labels);
        if table.rows.is_empty() {
            table.notes = doubts::why_empty(recorded, view);
        } else {
            table.notes.extend(doubts::why_untimed(recorded));
            table
                .notes
                .extend(doubts::cost(recorded, &view.total(), basis));
            table.notes.extend(assumption(&table));
        }
        tables.push(table);
    }
    let slowest = slow_table(recorded, &labels, basis, slow_stacks);
    if !slowest.rows.is_empty() {
        tables.push(slowest);
    }
    tables.extend(slow_stack_table(slow_stacks));
    tables.extend(halt_table(recorded, &labels));
    tables.extend(schedule_table(recorded, &labels));
    tables.extend(rival_kind_table(recorded, &labels));
    tables.extend(rival_table(recorded, &labels));
    tables.extend(interrupt_table(recorded, &labels));
    TableReport {
        kind: "exits",
        source: source.to_owned(),
        facts: facts(recorded, basis),
        tables,
        warnings: doubts::warnings(recorded),
    }
}

/// What a question mark behind the name of a device means.
pub const ASSUMPTION: &str =
    "?: by QEMU's usual layout, an assumption; --mtree FILE takes the VM's own memory map";

/// What the question mark behind a device's name means, where there is one.
fn assumption(table: &crate::report::table::Table) -> Option<String> {
    let is_doubtful = |cell: &Cell| matches!(cell, Cell::Text(text) if text.ends_with(" ?"));
    let found = table.rows.iter().flatten().any(is_doubtful);
    found.then(|| ASSUMPTION.to_owned())
}

fn facts(recorded: &RecordedExits, basis: TimeBasis) -> Vec<Fact> {
    let survey = &recorded.survey;
    let (counts, total) = (survey.counts(), survey.total());
    let guest: u64 = survey
        .vcpus()
        .iter()
        .map(|vcpu| vcpu.guest_ns)
        .fold(0, u64::saturating_add);
    let fact = |key, label, value| Fact { key, label, value };
    let has = survey.recorded();
    let of_exits = |value: u64| Cell::of(has.exits.then_some(value), Cell::Count);
    let time = |nanos: u64| {
        let is_known = counts.paired > 0;
        Cell::of(is_known.then_some(nanos), Cell::Nanoseconds)
    };
    let some = |value: u64| Cell::of((value > 0).then_some(value), Cell::Count);
    let mut facts = vec![
        fact("span_ns", "duration", Cell::Nanoseconds(recorded.span_ns)),
        fact("vcpus", "vCPUs", Cell::Count(survey.vcpus().len() as u64)),
        fact("exits", "exits", of_exits(counts.exits)),
        fact(
            "exits_per_second",
            "exits/s",
            if has.exits {
                Cell::rate(counts.exits, recorded.span_ns)
            } else {
                Cell::Absent
            },
        ),
        fact("paired", "paired with an entry", of_exits(counts.paired)),
        fact(
            "ended_by_exit",
            "ended by another exit",
            some(counts.ended_by_exit),
        ),
        fact("unended", "without an end", some(counts.unended)),
        fact(
            "entries_without_exit",
            "entries without an exit",
            some(counts.entries_without_exit),
        ),
        fact(
            "out_of_order",
            "events out of order",
            some(counts.out_of_order),
        ),
        fact("guest_ns", "time in guests", time(guest)),
        fact("handled_ns", "time in exits", time(total.parts.handled())),
        fact("blocked_ns", "guests asleep", time(total.parts.blocked)),
    ];
    if basis == TimeBasis::Wall {
        facts.push(fact(
            "basis",
            "times",
            Cell::Text("all time, sleep too".to_owned()),
        ));
    }
    facts
}

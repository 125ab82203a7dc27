//! The tables, and what is said above them.

use super::doubts;
use super::sorting::ThreadOrder;
use super::thread_table::thread_table;
use super::vm_table::{node_table, vm_table};
use crate::analysis::threads::{RunningBasis, ThreadTimes};
use crate::report::table::{Cell, Fact, TableReport};

/// The tables of how long threads ran; `source` is what they were read from, as the user knows it.
pub fn thread_tables(times: &ThreadTimes, order: ThreadOrder, source: &str) -> TableReport {
    let mut threads = thread_table(times, order);
    threads.notes = doubts::notes(times);
    let mut tables = vec![threads];
    tables.extend(vm_table(times));
    tables.extend(node_table(times));
    TableReport {
        kind: "threads",
        source: source.to_owned(),
        facts: facts(times),
        tables,
        warnings: doubts::warnings(times),
    }
}

fn facts(times: &ThreadTimes) -> Vec<Fact> {
    let fact = |key, label, value| Fact { key, label, value };
    let host = &times.host;
    let is_time = !matches!(
        times.basis,
        RunningBasis::Other { .. } | RunningBasis::KvmEvents
    );
    let all_cpus = host.cpus.filter(|_| host.is_whole && is_time);
    let all = all_cpus.map(|cpus| times.span_ns.saturating_mul(cpus.into()));
    let share = |part: u64| Cell::of(all, |all| Cell::share(part, all));
    vec![
        fact(
            "basis",
            "times are",
            Cell::Text(doubts::basis_words(&times.basis)),
        ),
        fact("span_ns", "duration", Cell::Nanoseconds(times.span_ns)),
        fact(
            "cpus",
            "host CPUs",
            Cell::of(host.cpus, |cpus| Cell::Count(cpus.into())),
        ),
        fact("threads", "threads that ran", Cell::Count(host.threads)),
        fact("busy", "CPUs busy with threads", share(host.busy)),
        fact(
            "interrupts",
            "with interrupts in idle",
            Cell::of(host.interrupts, share),
        ),
        fact(
            "nodes",
            "NUMA nodes",
            Cell::of(
                times.nodes.as_ref(),
                |nodes| Cell::Count(nodes.len() as u64),
            ),
        ),
    ]
}

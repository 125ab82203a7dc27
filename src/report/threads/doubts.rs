//! What should be known before the tables are believed.

use crate::analysis::threads::{RunningBasis, ThreadRole, ThreadTimes};
use crate::report::remarks::{damage_of_capture, lost_words};
use crate::text::grouped;

/// What makes the times worth less.
pub(super) fn warnings(times: &ThreadTimes) -> Vec<String> {
    let mut found = Vec::new();
    let is_by_switches = times.basis == RunningBasis::Switches;
    if let Some(lost) = times.tally.lost() {
        let which = if is_by_switches {
            "what threads did between a lost switch and the next one counts as nothing"
        } else {
            "threads ran longer than is told"
        };
        found.push(format!("{}: {which}", lost_words(lost)));
    }
    found.extend(times.refused_switches.clone());
    if is_by_switches && times.unseen_switches > 0 {
        found.push(format!(
            "before {} of {} switches another one is missing: what these threads did until then \
             counts as nothing",
            grouped(times.unseen_switches),
            grouped(times.switches)
        ));
    }
    let mut vcpus = times.threads.iter();
    let has_guest = |role| matches!(role, ThreadRole::Vcpu(_));
    let has_vcpus = vcpus.any(|thread| has_guest(thread.role));
    let parts = times.threads.iter().filter_map(|thread| thread.parts);
    let guest: u64 = parts.fold(0, |sum, parts| sum.saturating_add(parts.guest));
    if times.excludes_guests && has_vcpus && guest == 0 {
        found.push(
            "the event leaves guests out: time in guests is missing, and vCPUs ran longer than is \
             told; record it with :GH, as in perf record -e cycles:GH"
                .to_owned(),
        );
    }
    found.extend(damage_of_capture(
        &times.anomalies,
        times.tally.has_damage(),
    ));
    found
}

/// How the times are known, in one line each.
pub(super) fn notes(times: &ThreadTimes) -> Vec<String> {
    let mut notes = Vec::new();
    match &times.basis {
        RunningBasis::Switches => {
            if !times.has_wakeups {
                notes.push(
                    "sched_wakeup was not recorded: time from being woken to running counts as asleep"
                        .to_owned(),
                );
            }
        }
        RunningBasis::Clock { .. } => notes.push(
            "from, to: by chance alone, samples tell a share between these in 95 of 100 recordings"
                .to_owned(),
        ),
        RunningBasis::Other { event, .. } => notes.push(format!(
            "{event} counts no time: these are shares of its samples, and top shows others; perf \
             record -e cpu-clock, or -e sched:sched_switch,sched:sched_wakeup, tells time"
        )),
        RunningBasis::KvmEvents => notes.push(
            "by kvm_exit and kvm_entry alone: exits and vmm hold time in which the thread did not \
             run; record sched:sched_switch,sched:sched_wakeup too"
                .to_owned(),
        ),
    }
    if let Some(by) = &times.parts_by {
        notes.push(format!("guest, exits, vmm, halt and host: by {by}"));
    }
    if !times.host.is_whole && times.basis != RunningBasis::KvmEvents {
        notes.push(
            "recorded of some threads only: what the host did besides is not known, nor whether the \
             recording lasted longer than their samples"
                .to_owned(),
        );
    }
    if times.nodes.is_none() && times.threads.iter().any(|thread| thread.vm.is_some()) {
        notes.push("NUMA nodes are not recorded in what was read".to_owned());
    }
    notes
}

/// How the times are known, in some words.
pub(super) fn basis_words(basis: &RunningBasis) -> String {
    match basis {
        RunningBasis::Switches => "exact, by sched_switch".to_owned(),
        RunningBasis::Clock { event, samples, .. } => {
            format!("{} samples of {event} × its period", grouped(*samples))
        }
        RunningBasis::Other { event, samples, .. } => {
            format!("shares of {} samples of {event}", grouped(*samples))
        }
        RunningBasis::KvmEvents => "exact, by kvm_exit and kvm_entry, of vCPUs only".to_owned(),
    }
}

//! What was looked at: VMs, captures, the host.

use std::collections::BTreeMap;

use super::lines::line;
use super::words::{Words, per_cent, per_second, vm_words};
use crate::kvm::advice::{ACCESS, Evidence, ExitEvidence, Recording, VmEvidence, all_rules};
use crate::text::{counted, grouped, one_line};

/// Reasons that are named of a VM's exits.
const SHOWN_REASONS: usize = 4;

/// A VM, and what its captures hold of it.
pub(super) fn write_vm(out: &mut String, vm: &VmEvidence) {
    out.push_str(&format!("VM {}\n", vm_words(vm)));
    if let Some(exits) = &vm.exits {
        line(out, "exits", &exit_words(exits));
    }
    if let Some(stacks) = &vm.stacks {
        let mut words = counted(stacks.samples, "sample") + " of vCPU threads";
        if stacks.is_unnamed {
            words.push_str(", whose functions of KVM have no names (--kallsyms names them)");
        }
        line(out, "stacks", &words);
    }
    if let Some(ready) = &vm.ready {
        let words = format!(
            "its vCPUs waited for a CPU {} of the time",
            per_cent(ready.share)
        );
        line(out, "waiting", &words);
    }
    if let Some(halts) = &vm.halts {
        line(
            out,
            "halts",
            &format!("{} ended", counted(halts.wakeups, "halt")),
        );
    }
}

/// How many exits there are, what they take, and of which reasons most are.
fn exit_words(exits: &ExitEvidence) -> String {
    let mut words = Words::default();
    let vcpus = counted(exits.vcpus.into(), "vCPU");
    let (all, seconds) = (exits.count(), exits.seconds);
    if exits.rows.iter().all(|row| row.reason == ACCESS) {
        if all == 0 {
            return format!("none recorded in {seconds:.1} s");
        }
        let all = grouped(all);
        return format!("none recorded, but {all} accesses to registers in {seconds:.1} s");
    }
    let all = counted(all, "exit");
    words.add(Some(format!("{all} on {vcpus} in {seconds:.1} s")));
    let taken = exits.share();
    words.add(taken.map(|share| format!("{} of vCPU time without sleep", per_cent(share))));
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &exits.rows {
        let count = reasons.entry(&row.reason).or_default();
        *count = count.saturating_add(row.count);
    }
    let mut reasons: Vec<(&str, u64)> = reasons.into_iter().collect();
    reasons.sort_by_key(|&(reason, count)| (std::cmp::Reverse(count), reason));
    let seconds = exits.vcpu_seconds();
    let most = reasons.iter().take(SHOWN_REASONS).map(|&(reason, count)| {
        let rate = if seconds > 0.0 {
            count as f64 / seconds
        } else {
            0.0
        };
        format!("{} {}/s", one_line(reason), per_second(rate))
    });
    let most: Vec<String> = most.collect();
    words.add(Some(format!("most of them {}", most.join(", "))));
    words.to_string()
}

/// The captures, the host, the rules.
pub(super) fn write_looked_at(out: &mut String, evidence: &Evidence) {
    out.push_str("\nlooked at\n");
    for recording in &evidence.recordings {
        line(out, "capture", &recording_words(recording));
    }
    let host = &evidence.host;
    let mut words = Words::default();
    words.add(host.name.clone());
    words.add(
        host.kernel
            .as_ref()
            .map(|release| format!("Linux {release}")),
    );
    words.add(host.machine.clone());
    words.add(host.cpu.clone());
    words.add(Some(match &host.parameters_from {
        Some(from) => format!("module parameters from {from}"),
        None => "module parameters not known".to_owned(),
    }));
    line(out, "host", &one_line(&words.to_string()));
    for doubt in &host.doubts {
        line(out, "doubt", &one_line(doubt));
    }
    let rules = format!(
        "{}: vmflame advise --explain lists them, --explain RULE tells how one concludes",
        all_rules().count()
    );
    line(out, "rules", &rules);
}

fn recording_words(recording: &Recording) -> String {
    let mut words = Words::default();
    words.add(Some(recording.path.clone()));
    words.add(recording.seconds.map(|seconds| format!("{seconds:.1} s")));
    words.add(Some(counted(recording.read, "event")));
    words.add((recording.lost > 0).then(|| format!("{} lost", counted(recording.lost, "event"))));
    words.add((recording.unpaired > 0).then(|| {
        format!(
            "{} exits or entries without a pair",
            grouped(recording.unpaired)
        )
    }));
    let events = recording.events.iter();
    let events: Vec<&str> = events
        .map(|event| event.strip_prefix("kvm:").unwrap_or(event))
        .collect();
    words.add(Some(events.join(" ")));
    one_line(&words.to_string()).into_owned()
}

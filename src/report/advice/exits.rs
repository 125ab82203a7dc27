//! The exits of a capture, as evidence for the rules.

use std::collections::BTreeMap;

use crate::analysis::exits::RecordedExits;
use crate::kvm::advice::{
    Evidence, ReadyEvidence, Recording, Runner, SurveySource, add_exits, vm_of,
};
use crate::kvm::device::DeviceMap;
use crate::kvm::exit::{Dimension, ReasonNames};
use crate::units::{Pid, Tid};

/// What recording an event costs, in nanoseconds, without and with a call chain.
///
/// Measurement with perf record of kvm tracepoints, Linux 6.1.
const EVENT_NANOS: [u64; 2] = [200, 1000];

/// What the exits of a capture must be told apart by.
pub fn wanted_views() -> Vec<Vec<Dimension>> {
    crate::kvm::advice::wanted_views()
}

/// Adds the exits of a capture, VM by VM, and what they tell of the recording itself.
pub fn add_recorded(
    evidence: &mut Evidence,
    recording: usize,
    recorded: &RecordedExits,
    devices: &DeviceMap,
) {
    if let Some(found) = evidence.recordings.get_mut(recording) {
        judge(found, recorded);
    }
    if evidence.host.machine.is_none() {
        evidence.host.machine.clone_from(&recorded.machine);
    }
    let names = ReasonNames::new(&recorded.formats);
    add_exits(
        evidence,
        &SurveySource {
            recording,
            seconds: recorded.span_ns as f64 / 1e9,
            survey: &recorded.survey,
            devices,
            reason_name: &|reason| names.name(reason).text,
            vm_name: &|pid| vm_name(recorded, pid),
        },
    );
    add_waiting(evidence, recording, recorded);
}

/// Adds how long the vCPUs of each VM waited for a CPU, and who had it.
fn add_waiting(evidence: &mut Evidence, recording: usize, recorded: &RecordedExits) {
    let Some(schedule) = &recorded.schedule else {
        return;
    };
    let vcpus = recorded.vcpu_threads();
    let mut vms: BTreeMap<Option<Pid>, Waiting> = BTreeMap::new();
    for vcpu in schedule.tasks() {
        let vm = vms.entry(vcpu.task.pid).or_default();
        let known = vcpu
            .running_ns
            .saturating_add(vcpu.asleep_ns)
            .saturating_add(vcpu.ready_ns);
        vm.ready = vm.ready.saturating_add(vcpu.ready_ns);
        vm.known = vm.known.saturating_add(known);
        vm.worst = vm.worst.max(part(vcpu.ready_ns, known));
        for (&tid, &nanos) in &vcpu.rivals {
            let sum = vm
                .rivals
                .entry(rival_name(recorded, &vcpus, tid))
                .or_default();
            *sum = sum.saturating_add(nanos);
        }
    }
    for (pid, waiting) in vms {
        if waiting.known > 0 {
            let vm = vm_of(evidence, pid, &vm_name(recorded, pid));
            vm.ready = Some(waiting.evidence(recording));
        }
    }
}

/// How long the vCPUs of a VM waited. Times are nanoseconds.
#[derive(Debug, Default)]
struct Waiting {
    ready: u64,
    known: u64,
    worst: f64,
    rivals: BTreeMap<String, u64>,
}

impl Waiting {
    fn evidence(self, recording: usize) -> ReadyEvidence {
        let mut rivals: Vec<(String, u64)> = self.rivals.into_iter().collect();
        rivals.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let runners = rivals.into_iter().map(|(name, nanos)| Runner {
            name,
            share: part(nanos, self.ready),
        });
        ReadyEvidence {
            recording,
            share: part(self.ready, self.known),
            worst: self.worst,
            runners: runners.collect(),
        }
    }
}

fn part(nanos: u64, of: u64) -> f64 {
    nanos as f64 / of.max(1) as f64
}

/// What a thread is called that ran while a vCPU waited: of a vCPU its VM, too.
fn rival_name(recorded: &RecordedExits, vcpus: &BTreeMap<Tid, Option<Pid>>, tid: Tid) -> String {
    if tid == Tid::new(0) {
        return "the idle task, until the CPU had woken".to_owned();
    }
    let switched = recorded.schedule.as_ref();
    let switched = switched.and_then(|schedule| schedule.name(tid));
    let name = switched.unwrap_or_else(|| format!("tid {tid}"));
    match vcpus.get(&tid) {
        Some(&Some(pid)) => format!("{name} of VM {} ({pid})", vm_name(recorded, Some(pid))),
        Some(None) | None => name,
    }
}

/// How far the recording can be believed.
fn judge(recording: &mut Recording, recorded: &RecordedExits) {
    let survey = &recorded.survey;
    let counts = survey.counts();
    let vcpus = survey.vcpus().len() as u64;
    // At both ends of the recording each vCPU is in the middle of one.
    recording.unpaired = counts
        .ended_by_exit
        .saturating_add(counts.unended.saturating_sub(vcpus))
        .saturating_add(counts.entries_without_exit.saturating_sub(vcpus));
    let total = survey.total();
    let handled = total.parts.handled();
    let cost = EVENT_NANOS[usize::from(recorded.has_chains)];
    if handled > 0 {
        let spent = total.occurrences.saturating_mul(cost);
        recording.tracing_share = Some((spent as f64 / handled as f64).min(1.0));
    }
}

/// The name of a VM: what its VMM's command line says, else that of its process's first thread, else of
/// a vCPU's.
fn vm_name(recorded: &RecordedExits, pid: Option<Pid>) -> String {
    if let Some(name) = pid.and_then(|pid| recorded.vm_names.get(&pid)) {
        return name.clone();
    }
    let names = &recorded.names;
    let of_process = pid.and_then(|pid| {
        let mut names = names.iter();
        names.find(|(tid, _)| tid.as_i32() == pid.as_i32())
    });
    let of_vcpu = || {
        let mut vcpus = recorded.survey.vcpus().iter();
        let vcpu = vcpus.find(|vcpu| vcpu.task.pid == pid)?;
        names.get(&vcpu.task.tid)
    };
    let found = of_process.map(|(_, name)| name).or_else(of_vcpu);
    found.cloned().unwrap_or_else(|| "VM".to_owned())
}

//! The recording itself.

use crate::kvm::advice::case::{Case, Measurement};
use crate::kvm::advice::rule::{Gain, Remedy, Rule, RuleKind, Signature};
use crate::text::{counted, grouped};

/// Lost events.
pub(super) const LOST_EVENTS: Rule = Rule {
    id: "lost-events",
    title: "the recorder lost events",
    kind: RuleKind::Recording,
    signature: Signature::Other(lost),
    only_for: None,
    meaning: "counts and rates are too small, and an exit whose entry was lost seems to take until the \
              next one",
    remedies: &[Remedy {
        what: "larger buffers, or fewer events",
        on_host: Some(
            "perf record -m 16M -r 1 …; leave out kvm:kvm_emulate_insn and kvm:* ; trace-cmd: -b 65536",
        ),
        ..Remedy::NONE
    }],
    gain: Gain::NoTime,
    record: &[],
    culprits: &[],
    other_functions: &[],
    reasoning: "the kernel counts what it drops when a buffer is full (PERF_RECORD_LOST, LOST_SAMPLES)",
    sources: &[
        "Linux include/uapi/linux/perf_event.h (PERF_RECORD_LOST)",
        "perf-record(1) (-m)",
    ],
};

fn lost(case: &Case<'_>) -> Option<Measurement> {
    let recording = case.recording?;
    let all = recording.read.saturating_add(recording.lost);
    let percent = recording.lost as f64 * 100.0 / all.max(1) as f64;
    let speaks = recording.lost > 0 && case.reaches("lost", Some(percent));
    speaks.then(|| Measurement {
        words: vec![format!(
            "{}: {} lost, {} read ({percent:.1} % lost)",
            recording.path,
            counted(recording.lost, "event"),
            grouped(recording.read)
        )],
        ..Measurement::default()
    })
}

/// Costly tracing.
pub(super) const TRACING_COST: Rule = Rule {
    id: "tracing-cost",
    title: "recording itself takes a good part of the time in exits",
    kind: RuleKind::Recording,
    signature: Signature::Other(tracing),
    only_for: None,
    meaning: "the times of short exits are mostly those of writing events; counts are right, shares of \
              time are too large",
    remedies: &[Remedy {
        what: "record less at a time",
        on_host: Some(
            "only kvm_exit, kvm_entry and the one event that tells the register; without -g; for one VM: \
             -p PID",
        ),
        ..Remedy::NONE
    }],
    gain: Gain::NoTime,
    record: &[],
    culprits: &[],
    other_functions: &[],
    reasoning: "0.2 us for an event and 1 us for one with a stack, times the events on vCPU threads, \
                compared with the time that their exits took",
    sources: &["measured: perf record of kvm tracepoints, Linux 6.1 and 6.12"],
};

fn tracing(case: &Case<'_>) -> Option<Measurement> {
    let recording = case.recording?;
    let share = recording.tracing_share?;
    case.reaches("tracing", Some(share * 100.0))
        .then(|| Measurement {
            words: vec![format!(
                "{}: recording may have taken {:.0} % of the time in exits",
                recording.path,
                share * 100.0
            )],
            ..Measurement::default()
        })
}

/// Guests with the PMU of their own.
pub(super) const MEDIATED_PMU: Rule = Rule {
    id: "mediated-pmu",
    title: "guests have the PMU while they run (mediated vPMU)",
    kind: RuleKind::Recording,
    signature: Signature::Other(mediated),
    only_for: None,
    meaning: "the host's hardware events stop while a guest runs: samples of cycles show no guest, and all \
              shares are shares of the host's time",
    remedies: &[Remedy {
        what: "sample by a clock, or switch it off while measuring",
        on_host: Some(
            "perf record -e cpu-clock …; or, with all VMs off, modprobe kvm_intel (kvm_amd) \
             enable_mediated_pmu=0",
        ),
        ..Remedy::NONE
    }],
    gain: Gain::NoTime,
    record: &[],
    culprits: &[],
    other_functions: &[],
    reasoning: "the module parameter enable_mediated_pmu is on, and the capture samples a hardware event",
    sources: &[
        "Linux arch/x86/kvm/pmu.c (enable_mediated_pmu), kernel/events/core.c (mediated guest vPMUs)",
    ],
};

fn mediated(case: &Case<'_>) -> Option<Measurement> {
    let recording = case.recording?;
    let host = &case.evidence.host;
    let parameters = ["kvm_intel", "kvm_amd", "kvm"];
    let is_on = parameters
        .iter()
        .any(|module| host.is_on(&format!("{module}.enable_mediated_pmu")) == Some(true));
    let hardware = [
        "cycles",
        "instructions",
        "cpu-cycles",
        "cpu_core",
        "cpu_atom",
    ];
    let mut events = recording.events.iter();
    let sampled = events.find(|event| hardware.iter().any(|name| event.starts_with(name)))?;
    is_on.then(|| Measurement {
        words: vec![format!(
            "{}: {sampled} was sampled with enable_mediated_pmu on",
            recording.path
        )],
        ..Measurement::default()
    })
}

//! Advice as JSON, for programs.

use serde_json::{Value, json};

use super::words::{see_words, subject_words};
use crate::kvm::advice::{
    Evidence, ExitEvidence, FittingRemedy, GuestSystem, HowTold, MeasuredRow, RuleFinding,
    RuleKind, VmEvidence,
};
use crate::units::Pid;

/// The findings and what was looked at. Shares are 0 to 1, times seconds, rates exits a second and
/// vCPU; what is `null` is not known.
pub fn as_json(evidence: &Evidence, findings: &[RuleFinding]) -> Value {
    let host = &evidence.host;
    json!({
        "schema_version": 1,
        "host": {
            "name": host.name,
            "machine": host.machine,
            "kernel": host.kernel,
            "cpu": host.cpu,
            "doubts": host.doubts,
            "module_parameters": host.parameters,
        },
        "captures": evidence.recordings.iter().map(|recording| json!({
            "path": recording.path,
            "seconds": recording.seconds,
            "events": recording.events,
            "read": recording.read,
            "lost": recording.lost,
            "unpaired": recording.unpaired,
        })).collect::<Vec<Value>>(),
        "vms": evidence.vms.iter().map(vm_json).collect::<Vec<Value>>(),
        "findings": findings.iter().map(|found| finding_json(evidence, found)).collect::<Vec<Value>>(),
    })
}

fn vm_json(vm: &VmEvidence) -> Value {
    json!({
        "name": vm.name,
        "pid": vm.pid.map(Pid::as_i32),
        "guest": vm.guest.as_ref().map(|guest| json!({
            "system": guest.system.as_str(),
            "is_known": guest.told == HowTold::Known,
            "by": guest.by,
        })),
        "vcpus": vm.exits.as_ref().map(|exits| exits.vcpus),
        "seconds": vm.exits.as_ref().map(|exits| exits.seconds),
        "exits": vm.exits.as_ref().map(ExitEvidence::count),
        "samples": vm.stacks.as_ref().map(|stacks| stacks.samples),
    })
}

fn finding_json(evidence: &Evidence, finding: &RuleFinding) -> Value {
    let vm = finding.vm.and_then(|ix| evidence.vms.get(ix));
    json!({
        "rule": finding.rule.id,
        "title": finding.rule.title,
        "kind": match finding.rule.kind {
            RuleKind::Cost => "cost",
            RuleKind::Unclear => "unclear",
            RuleKind::Recording => "recording",
            RuleKind::Expected => "expected",
        },
        "vm": vm.map(|vm| &*vm.name),
        "pid": vm.and_then(|vm| vm.pid).map(Pid::as_i32),
        "evidence": measured_json(evidence, finding),
        "causes": finding.culprits,
        "meaning": finding.rule.meaning,
        "remedies": finding.remedies.iter().map(remedy_json).collect::<Vec<Value>>(),
        "gain_at_most": finding.gain,
        "record": finding.check.as_ref().map(|check| &*check.record),
        "compare": finding.check.as_ref().map(|check| &*check.compare),
        "certainty": finding.certainty.as_str(),
        "doubts": finding.doubts,
    })
}

fn measured_json(evidence: &Evidence, finding: &RuleFinding) -> Value {
    let measured = &finding.measured;
    let row = |row: &MeasuredRow| {
        json!({
            "what": subject_words(&row.what),
            "count": row.count,
            "rate": row.rate,
            "share": row.share,
            "vmm_share": row.user_share,
            "see": see_words(row, evidence, finding),
            "capture": evidence.recordings.get(row.recording).map(|found| &*found.path),
        })
    };
    json!({
        "rate": measured.rate,
        "share": measured.share,
        "vmm_share": measured.user_share,
        "rows": measured.rows.iter().map(row).collect::<Vec<Value>>(),
        "words": measured.words,
    })
}

fn remedy_json(fitting: &FittingRemedy) -> Value {
    let remedy = fitting.remedy;
    let needs = fitting.needs.iter().map(|need| {
        json!({
            "what": need.what,
            "is_there": need.is_there.as_str(),
            "because": need.because,
        })
    });
    json!({
        "guest": remedy.guest.map(GuestSystem::as_str),
        "what": remedy.what,
        "qemu": remedy.qemu,
        "libvirt": remedy.libvirt,
        "host": remedy.on_host,
        "in_guest": remedy.in_guest,
        "in_place": fitting.in_place,
        "needs": needs.collect::<Vec<Value>>(),
    })
}

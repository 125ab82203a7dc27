//! VMs, and advice about them.

use super::case::CaseAnswer;
use crate::dataset::{TableName, TableRows, Value};
use crate::error::Result;
use crate::kvm::advice::{HowTold, RuleKind};

/// The rows of table vms.
pub(super) fn vm_rows(answer: &CaseAnswer<'_>) -> Result<TableRows> {
    let mut rows = TableRows::new(TableName::Vms);
    for vm in &answer.evidence.vms {
        let guest = vm.guest.as_ref();
        let version = vm.vmm.as_ref().and_then(|vmm| vmm.version);
        let version = version.map(|version| version.to_string());
        let vcpus = vm.exits.as_ref().map(|exits| exits.vcpus);
        rows.push(&[
            Value::Int(answer.origin.capture),
            Value::of(vm.pid, |pid| Value::Int(pid.as_i32().into())),
            Value::Text(&vm.name),
            Value::of(guest, |guest| Value::Text(guest.system.as_str())),
            Value::of(guest, |guest| {
                Value::Text(match guest.told {
                    HowTold::Known => "known",
                    HowTold::Hint => "hint",
                })
            }),
            Value::of(version.as_deref(), Value::Text),
            Value::of(vcpus, |vcpus| Value::Int(vcpus.into())),
        ])?;
    }
    Ok(rows)
}

/// The rows of table advice.
pub(super) fn advice_rows(answer: &CaseAnswer<'_>) -> Result<TableRows> {
    let mut rows = TableRows::new(TableName::Advice);
    for (ordinal, found) in (0..).zip(answer.findings) {
        let vm = found.vm.and_then(|ix| answer.evidence.vms.get(ix));
        let pid = vm.and_then(|vm| vm.pid);
        rows.push(&[
            Value::Int(answer.origin.capture),
            Value::of(pid, |pid| Value::Int(pid.as_i32().into())),
            Value::Int(ordinal),
            Value::Text(found.rule.id),
            Value::Text(match found.rule.kind {
                RuleKind::Cost => "cost",
                RuleKind::Unclear => "unclear",
                RuleKind::Recording => "recording",
                RuleKind::Expected => "expected",
            }),
            Value::Text(found.rule.title),
            Value::Text(found.certainty.as_str()),
            Value::of(found.measured.share, Value::Real),
            Value::of(found.measured.rate, Value::Real),
            Value::of(found.gain, Value::Real),
        ])?;
    }
    Ok(rows)
}

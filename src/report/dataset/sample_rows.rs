//! Samples and their stacks.

use std::collections::{BTreeMap, BTreeSet};

use super::case::CaseAnswer;
use super::sample_key::{SampleGroup, SampleKey, SampleKeys, SampleSum, SampledTime};
use super::second_rows::second_rows;
use super::stack_ids::StackIds;
use crate::analysis::{Profile, vm_of_name};
use crate::dataset::{TableName, TableRows, Value};
use crate::error::Result;
use crate::kvm::VcpuThreadNames;
use crate::name::Stack;
use crate::units::Pid;

/// The rows of tables samples and frames, and those by second where they were asked for; none without a
/// profile.
pub(super) fn sample_rows(answer: &CaseAnswer<'_>) -> Result<Vec<TableRows>> {
    let (Some(capture), Some(profile)) = (answer.capture, answer.profile) else {
        return Ok(Vec::new());
    };
    let time = SampledTime::of(capture, profile);
    let names = VcpuThreadNames::new();
    let vms = vms_of(answer, profile);
    let mut stacks = StackIds::of(&profile.frames);
    let group_of = |stack: &Stack| {
        let view = profile.stacks.view(stack, &profile.frames);
        let pid = profile.stacks.thread_id(stack).map(|thread| thread.pid);
        let own = pid.filter(|pid| vms.contains(pid));
        let frames = profile.stacks.chain(stack);
        let roots = view.frames.len().saturating_sub(frames.len());
        let tag_depth = stack.deciding.checked_sub(roots);
        let group = SampleGroup {
            vm: own.or_else(|| vm_of_name(view.thread_name)),
            vcpu: own.and_then(|_| names.vcpu(view.thread_name)),
            process: view.process_name,
            comm: view.thread_name,
            tag: stack.tag.as_str(),
            tag_depth: tag_depth.filter(|&depth| depth < frames.len()),
        };
        (group, stacks.id_of(frames))
    };
    let keys = SampleKeys::of(profile.stacks.iter().map(group_of));
    let mut sums: BTreeMap<SampleKey, SampleSum> = BTreeMap::new();
    for (stack, &key) in profile.stacks.iter().zip(keys.keys()) {
        let sum = sums.entry(key).or_default();
        sum.add(stack.samples, stack.weight);
    }
    let mut rows = TableRows::new(TableName::Samples);
    for (key, sum) in sums {
        let Some([vm, vcpu, process, comm, tag, tag_depth, stack]) = keys.columns(key) else {
            continue;
        };
        let [samples, weight, nanos] = time.columns(sum);
        let capture = Value::Int(answer.origin.capture);
        rows.push(&[
            capture, vm, vcpu, process, comm, tag, tag_depth, stack, samples, weight, nanos,
        ])?;
    }
    let mut tables = vec![rows, stacks.rows()?];
    tables.extend(second_rows(answer, &keys, time)?);
    Ok(tables)
}

/// The processes of VMs.
fn vms_of(answer: &CaseAnswer<'_>, profile: &Profile) -> BTreeSet<Pid> {
    let known = answer.evidence.vms.iter().filter_map(|vm| vm.pid);
    let mut vms: BTreeSet<Pid> = known.collect();
    for stack in profile.stacks.iter() {
        let view = profile.stacks.view(stack, &profile.frames);
        if view.is_vcpu_thread {
            vms.extend(profile.stacks.thread_id(stack).map(|thread| thread.pid));
        }
    }
    vms
}

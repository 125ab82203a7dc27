//! Samples and their stacks.

use std::collections::{BTreeMap, BTreeSet};

use super::case::CaseAnswer;
use super::stack_ids::StackIds;
use crate::analysis::{Profile, vm_of_name};
use crate::dataset::{TableName, TableRows, Value};
use crate::error::Result;
use crate::kvm::VcpuThreadNames;
use crate::name::Stack;
use crate::perf::Capture;
use crate::stack::{FrameIx, FrameKind};
use crate::units::Pid;

/// How samples tell time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SampledTime {
    /// They count nanoseconds.
    Clock,
    /// Each stands for one part of a second of a busy CPU, as often as was asked for.
    Frequency(u64),
    /// They do not.
    Untold,
}

impl SampledTime {
    pub(super) fn of(capture: &Capture, profile: &Profile) -> Self {
        let event = capture.events().get(profile.event);
        match event.map(|event| (event.attr.is_clock(), event.attr.frequency())) {
            Some((true, _)) => Self::Clock,
            Some((false, Some(frequency))) if frequency > 0 => Self::Frequency(frequency),
            Some((false, _)) | None => Self::Untold,
        }
    }

    /// As table captures has it.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Clock => Some("clock"),
            Self::Frequency(_) => Some("frequency"),
            Self::Untold => None,
        }
    }

    /// The last three columns of samples.
    pub(super) fn columns(self, sum: SampleSum) -> [Value<'static>; 3] {
        let SampleSum { samples, weight } = sum;
        let nanos = Value::of(self.nanos(samples, weight), Value::count);
        [Value::count(samples), Value::count(weight), nanos]
    }

    /// The time of samples in nanoseconds.
    fn nanos(self, samples: u64, weight: u64) -> Option<u64> {
        match self {
            Self::Clock => Some(weight),
            Self::Frequency(frequency) => {
                let nanos = u128::from(samples) * 1_000_000_000 / u128::from(frequency.max(1));
                Some(u64::try_from(nanos).unwrap_or(u64::MAX))
            }
            Self::Untold => None,
        }
    }
}

/// What samples of one row have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SampleKey<'p> {
    vm: Option<Pid>,
    vcpu: Option<u32>,
    process: &'p str,
    comm: &'p str,
    tag: &'static str,
    tag_depth: Option<usize>,
    stack: i64,
}

/// Samples, added up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SampleSum {
    pub(super) samples: u64,
    pub(super) weight: u64,
}

impl SampleSum {
    pub(super) fn add(&mut self, samples: u64, weight: u64) {
        self.samples = self.samples.saturating_add(samples);
        self.weight = self.weight.saturating_add(weight);
    }
}

impl SampleKey<'_> {
    /// Its columns.
    pub(super) fn columns(&self) -> [Value<'_>; 7] {
        [
            Value::of(self.vm, |pid| Value::Int(pid.as_i32().into())),
            Value::of(self.vcpu, |vcpu| Value::Int(vcpu.into())),
            Value::Text(self.process),
            Value::Text(self.comm),
            Value::Text(self.tag),
            Value::of(self.tag_depth, |depth| Value::count(depth as u64)),
            Value::Int(self.stack),
        ]
    }
}

/// The rows of tables samples and frames; none without a profile.
pub(super) fn sample_rows(answer: &CaseAnswer<'_>) -> Result<Vec<TableRows>> {
    let (Some(capture), Some(profile)) = (answer.capture, answer.profile) else {
        return Ok(Vec::new());
    };
    let time = SampledTime::of(capture, profile);
    let names = VcpuThreadNames::new();
    let vms = vms_of(answer, profile);
    let mut stacks = StackIds::of(&profile.frames);
    let key_of = |stack: &Stack| {
        let view = profile.stacks.view(stack, &profile.frames);
        let pid = profile.stacks.thread_id(stack).map(|thread| thread.pid);
        let own = pid.filter(|pid| vms.contains(pid));
        let (frames, roots) = frames_of(profile, stack);
        let tag_depth = stack.deciding.checked_sub(roots);
        SampleKey {
            vm: own.or_else(|| vm_of_name(view.thread_name)),
            vcpu: own.and_then(|_| names.vcpu(view.thread_name)),
            process: view.process_name,
            comm: view.thread_name,
            tag: stack.tag.as_str(),
            tag_depth: tag_depth.filter(|&depth| depth < frames.len()),
            stack: stacks.id_of(frames),
        }
    };
    let keys: Vec<SampleKey<'_>> = profile.stacks.iter().map(key_of).collect();
    let mut sums: BTreeMap<&SampleKey<'_>, SampleSum> = BTreeMap::new();
    for (stack, key) in profile.stacks.iter().zip(&keys) {
        let sum = sums.entry(key).or_default();
        sum.add(stack.samples, stack.weight);
    }
    let mut rows = TableRows::new(TableName::Samples);
    for (key, sum) in sums {
        let [vm, vcpu, process, comm, tag, tag_depth, stack] = key.columns();
        let [samples, weight, nanos] = time.columns(sum);
        let capture = Value::Int(answer.origin.capture);
        rows.push(&[
            capture, vm, vcpu, process, comm, tag, tag_depth, stack, samples, weight, nanos,
        ])?;
    }
    Ok(vec![rows, stacks.rows()?])
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

/// The frames of a stack behind those of its thread, and how many those are.
fn frames_of<'p>(profile: &'p Profile, stack: &Stack) -> (&'p [FrameIx], usize) {
    let frames = profile.stacks.frames(stack);
    let is_root = |ix: &&FrameIx| profile.frames.get(**ix).kind == FrameKind::Root;
    let roots = frames.iter().take_while(is_root).count();
    (frames.get(roots..).unwrap_or_default(), roots)
}

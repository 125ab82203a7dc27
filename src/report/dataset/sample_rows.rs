//! Samples and their stacks.

use std::collections::{BTreeMap, BTreeSet};

use super::case::CaseAnswer;
use crate::analysis::{Profile, vm_of_name};
use crate::dataset::{StackHash, TableName, TableRows, Value};
use crate::error::Result;
use crate::kvm::VcpuThreadNames;
use crate::name::Stack;
use crate::perf::Capture;
use crate::stack::{Frame, FrameIx, FrameKind, FrameTable};
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
struct SampleKey<'p> {
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
struct SampleSum {
    samples: u64,
    weight: u64,
}

/// The rows of tables samples and frames; none without a profile.
pub(super) fn sample_rows(answer: &CaseAnswer<'_>) -> Result<Vec<TableRows>> {
    let (Some(capture), Some(profile)) = (answer.capture, answer.profile) else {
        return Ok(Vec::new());
    };
    let time = SampledTime::of(capture, profile);
    let names = VcpuThreadNames::new();
    let vms = vms_of(answer, profile);
    let mut stacks = StackIds::default();
    let mut sums: BTreeMap<SampleKey<'_>, SampleSum> = BTreeMap::new();
    for stack in profile.stacks.iter() {
        let view = profile.stacks.view(stack, &profile.frames);
        let pid = profile.stacks.thread_id(stack).map(|thread| thread.pid);
        let own = pid.filter(|pid| vms.contains(pid));
        let (frames, roots) = frames_of(profile, stack);
        let tag_depth = stack.deciding.checked_sub(roots);
        let key = SampleKey {
            vm: own.or_else(|| vm_of_name(view.thread_name)),
            vcpu: own.and_then(|_| names.vcpu(view.thread_name)),
            process: view.process_name,
            comm: view.thread_name,
            tag: stack.tag.as_str(),
            tag_depth: tag_depth.filter(|&depth| depth < frames.len()),
            stack: stacks.id_of(frames, &profile.frames),
        };
        let sum = sums.entry(key).or_default();
        sum.samples = sum.samples.saturating_add(stack.samples);
        sum.weight = sum.weight.saturating_add(stack.weight);
    }
    let mut rows = TableRows::new(TableName::Samples);
    for (key, sum) in sums {
        rows.push(&[
            Value::Int(answer.origin.capture),
            Value::of(key.vm, |pid| Value::Int(pid.as_i32().into())),
            Value::of(key.vcpu, |vcpu| Value::Int(vcpu.into())),
            Value::Text(key.process),
            Value::Text(key.comm),
            Value::Text(key.tag),
            Value::of(key.tag_depth, |depth| Value::count(depth as u64)),
            Value::Int(key.stack),
            Value::count(sum.samples),
            Value::count(sum.weight),
            Value::of(time.nanos(sum.samples, sum.weight), Value::count),
        ])?;
    }
    Ok(vec![rows, stacks.rows(&profile.frames)?])
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

/// Ids of stacks, each computed once.
#[derive(Debug, Default)]
struct StackIds<'p> {
    by_frames: BTreeMap<&'p [FrameIx], i64>,
}

impl<'p> StackIds<'p> {
    fn id_of(&mut self, frames: &'p [FrameIx], table: &FrameTable) -> i64 {
        *self.by_frames.entry(frames).or_insert_with(|| {
            let mut hash = StackHash::default();
            for &ix in frames {
                hash.add(columns_of(table.get(ix)));
            }
            hash.finish()
        })
    }

    /// The rows of table frames: stacks that begin alike are neighbours, which is what compression
    /// lives on. Source lines are no part of a frame there, so that frames that differ by them only
    /// are one.
    fn rows(&self, table: &FrameTable) -> Result<TableRows> {
        let mut ranks = vec![0_usize; table.len()];
        for (rank, ix) in table.in_order().into_iter().enumerate() {
            if let Some(place) = ranks.get_mut(ix.as_usize()) {
                *place = rank;
            }
        }
        let rank = |ix: &FrameIx| ranks.get(ix.as_usize()).copied().unwrap_or_default();
        let mut stacks: Vec<(&[FrameIx], i64)> = self
            .by_frames
            .iter()
            .map(|(&frames, &id)| (frames, id))
            .collect();
        stacks.sort_by(|(a, _), (b, _)| a.iter().map(rank).cmp(b.iter().map(rank)));
        let mut rows = TableRows::new(TableName::Frames);
        let mut told = BTreeSet::new();
        for (frames, id) in stacks {
            if !told.insert(id) {
                continue;
            }
            for (depth, &ix) in frames.iter().enumerate() {
                let [name, object, mode, kind] = columns_of(table.get(ix));
                rows.push(&[
                    Value::Int(id),
                    Value::count(depth as u64),
                    Value::Text(name),
                    Value::text_or_absent(object),
                    Value::Text(mode),
                    Value::Text(kind),
                ])?;
            }
        }
        Ok(rows)
    }
}

/// A frame by its columns.
fn columns_of(frame: &Frame) -> [&str; 4] {
    let kind = match frame.kind {
        // Those above the call chain are left out before.
        FrameKind::Root | FrameKind::Function => "function",
        FrameKind::Inlined => "inlined",
        FrameKind::Unresolved => "unresolved",
        FrameKind::Guest => "guest",
    };
    [&frame.name, &frame.dso, frame.mode.word(), kind]
}

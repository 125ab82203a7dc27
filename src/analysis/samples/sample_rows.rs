//! Samples with their threads and named stacks.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::placed::PlacedSamples;
use super::sampled_thread::{SampledThread, with_roles};
use crate::analysis::vms::VmProcess;
use crate::fold::{KeptSample, WeightKind};
use crate::name::NamedStacks;
use crate::stack::FrameTable;
use crate::units::{Cpu, RecordOrder, Timestamp};

/// A sample, in 40 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SampleRow {
    order: RecordOrder,
    /// What it weighs, in the unit of the profile.
    pub weight: u64,
    /// What it stands for, in occurrences of its event: nanoseconds of a clock.
    pub period: u64,
    /// The position of its stack among those of the profile
    /// ([`NamedStacks::get`]).
    pub stack: u32,
    /// The position of its thread in [`Samples::threads`].
    pub thread: u32,
    /// The host CPU; `u32::MAX` where samples do not tell it.
    cpu: u32,
}

impl SampleRow {
    /// The host CPU; `None` where samples do not tell it.
    pub fn cpu(&self) -> Option<Cpu> {
        Some(Cpu(self.cpu)).filter(|cpu| cpu.0 != u32::MAX)
    }
}

/// The samples of a profile, in the order of time; of a capture without times, in that of the file.
/// Those of one time are in the order of threads, then of CPUs.
#[derive(Debug, Default)]
pub struct Samples {
    rows: Vec<SampleRow>,
    threads: Vec<SampledThread>,
    is_timed: bool,
}

/// What samples get their names by.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct SampleNames<'s> {
    pub(in crate::analysis) stacks: &'s NamedStacks,
    pub(in crate::analysis) frames: &'s FrameTable,
    pub(in crate::analysis) vms: &'s [VmProcess],
    pub(in crate::analysis) weight: WeightKind,
    pub(in crate::analysis) is_timed: bool,
}

impl Samples {
    /// The samples whose stacks are left when all others are filtered out.
    pub(in crate::analysis) fn of(placed: PlacedSamples, by: SampleNames<'_>) -> Self {
        let PlacedSamples {
            samples,
            thread_of,
            threads,
        } = placed;
        let row = |sample: KeptSample| {
            Some(SampleRow {
                order: sample.order,
                weight: match by.weight {
                    WeightKind::Samples | WeightKind::ByEvent => 1,
                    WeightKind::Period => sample.period,
                },
                period: sample.period,
                stack: by.stacks.place_of(sample.stack)?,
                thread: thread_of.get(sample.stack as usize).copied()?,
                cpu: sample.cpu().map_or(u32::MAX, |cpu| cpu.0),
            })
        };
        let mut rows: Vec<SampleRow> = samples.into_iter().filter_map(row).collect();
        rows.sort_unstable_by(|a, b| by.compare(a, b));
        let mut vcpus = BTreeSet::new();
        for row in &rows {
            let stack = by.stacks.get(row.stack as usize);
            if stack.is_some_and(|stack| by.stacks.view(stack, by.frames).is_vcpu_thread)
                && let Some(called) = threads.get(row.thread as usize)
            {
                vcpus.insert(called.thread.tid);
            }
        }
        Self {
            threads: with_roles(threads, vcpus, by.vms),
            rows,
            is_timed: by.is_timed,
        }
    }

    /// The samples in order.
    pub fn iter(&self) -> std::slice::Iter<'_, SampleRow> {
        self.rows.iter()
    }

    /// Threads, in the order of process and thread; some may have no samples.
    pub fn threads(&self) -> &[SampledThread] {
        &self.threads
    }

    /// When a sample was taken; `None` where samples carry no times.
    pub fn time(&self, row: &SampleRow) -> Option<Timestamp> {
        self.is_timed.then(|| row.order.as_time())
    }
}

impl SampleNames<'_> {
    /// The order of samples. What no output can tell apart is in no order.
    fn compare(&self, a: &SampleRow, b: &SampleRow) -> Ordering {
        let key = |row: &SampleRow| (row.order, row.thread, row.cpu, row.period);
        key(a)
            .cmp(&key(b))
            .then_with(|| self.compare_stacks(a.stack, b.stack))
    }

    /// The order of stacks by what they show: their positions differ from run to run.
    fn compare_stacks(&self, a: u32, b: u32) -> Ordering {
        let stack = |ix: u32| self.stacks.get(ix as usize);
        match (stack(a), stack(b)) {
            (Some(a), Some(b)) if !std::ptr::eq(a, b) => {
                let shown = |frames| {
                    let frames = self.stacks.frames(frames).iter();
                    frames.map(|&ix| self.frames.get(ix))
                };
                let of_stacks = shown(a).cmp(shown(b));
                of_stacks.then_with(|| (a.tag, a.deciding).cmp(&(b.tag, b.deciding)))
            }
            _ => Ordering::Equal,
        }
    }
}

//! Samples that differ in nothing but time, added up, and their labels.

use hashbrown::HashMap;

use super::model::{ViewedRecording, ViewedSample};
use super::stack_table::stack_tag;
use crate::stack::NodeIx;

/// Samples of one stack, one thread and one kind of exit.
#[derive(Clone, Copy, Debug)]
pub(in crate::output) struct LabelledSamples {
    /// Where their stack ends.
    pub(in crate::output) node: NodeIx,
    thread: u32,
    exit: Option<u32>,
    /// How many there are.
    pub(in crate::output) samples: u64,
    /// The sum of their periods.
    pub(in crate::output) period: u64,
}

/// A label.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(in crate::output) struct Label {
    pub(in crate::output) key: &'static str,
    pub(in crate::output) value: String,
}

impl LabelledSamples {
    fn of(sample: &ViewedSample) -> Self {
        Self {
            node: sample.node,
            thread: sample.thread,
            exit: sample.exit,
            samples: 0,
            period: 0,
        }
    }

    /// All samples of a recording, in the order of the tree, then of threads and exits.
    pub(in crate::output) fn all(recording: &ViewedRecording<'_>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut places: HashMap<(u32, u32, Option<u32>), usize> = HashMap::new();
        for sample in &recording.samples {
            let place = places.entry((sample.node.0, sample.thread, sample.exit));
            let place = *place.or_insert_with(|| {
                all.push(Self::of(sample));
                all.len() - 1
            });
            if let Some(sum) = all.get_mut(place) {
                sum.samples += 1;
                sum.period = sum.period.saturating_add(sample.period);
            }
        }
        all.sort_unstable_by_key(|sum| (sum.node, sum.thread, sum.exit));
        all
    }

    /// Their labels. All are texts: readers of pprof take the number 0, as of the first vCPU, for
    /// none.
    pub(in crate::output) fn labels(&self, recording: &ViewedRecording<'_>) -> Vec<Label> {
        let kind = self.exit.and_then(|exit| recording.kind(exit));
        let thread = recording.threads.get(self.thread as usize);
        let tag = stack_tag(recording.tree, self.node).as_str();
        let told = [
            ("tag", Some(tag.to_owned())),
            ("exit_reason", kind.map(|kind| kind.reason.clone())),
            ("exit_target", kind.and_then(|kind| kind.reached.clone())),
            ("device", kind.and_then(|kind| kind.device.clone())),
            ("thread", thread.map(|thread| thread.name.clone())),
            ("role", thread.map(|thread| thread.role.to_owned())),
            ("vm", thread.and_then(|thread| thread.vm.clone())),
            ("pid", thread.map(|thread| thread.thread.pid.to_string())),
            ("tid", thread.map(|thread| thread.thread.tid.to_string())),
            (
                "vcpu",
                thread.and_then(|thread| Some(thread.vcpu?.to_string())),
            ),
        ];
        let told = told.into_iter();
        told.filter_map(|(key, value)| Some(Label { key, value: value? }))
            .collect()
    }
}

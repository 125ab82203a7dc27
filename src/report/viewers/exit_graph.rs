//! A flame graph of exits as a recording: its stacks hold VM and vCPU, and no time.

use crate::output::{RecordingFacts, SampleUnit, ViewedRecording, ViewedSample};
use crate::report::exits::{ExitGraph, ExitStack};
use crate::stack::{CallTree, NodeIx};
use crate::text::NANOSECONDS;

impl ExitGraph {
    /// The call tree of all stacks, and the node at which each ends.
    pub fn tree_and_leaves(&self) -> (CallTree, Vec<NodeIx>) {
        CallTree::with_leaves(&self.frames, self.stacks.iter().map(ExitStack::tagged))
    }
}

/// The graph as viewers take it. `tree` and `leaves` are its own, `title` is the capture's name.
pub fn recording_of_exits<'r>(
    graph: &'r ExitGraph,
    title: String,
    tree: &'r CallTree,
    leaves: &[NodeIx],
) -> ViewedRecording<'r> {
    let samples = graph.stacks.iter().zip(leaves);
    let samples = samples.map(|(stack, &node)| ViewedSample {
        at: None,
        node,
        thread: u32::MAX,
        cpu: None,
        weight: stack.weight,
        period: stack.weight,
        exit: None,
    });
    let mut samples: Vec<ViewedSample> = samples.collect();
    samples.sort_unstable_by_key(|sample| (sample.node, sample.weight));
    let unit = if graph.unit == NANOSECONDS {
        SampleUnit::Nanoseconds
    } else {
        SampleUnit::Count(graph.unit.clone())
    };
    ViewedRecording {
        facts: RecordingFacts {
            title,
            event: "exits of VMs".to_owned(),
            period_unit: unit.clone(),
            weight_unit: unit,
            counts_samples: false,
            comments: vec![graph.subtitle.clone()],
        },
        frames: &graph.frames,
        tree,
        threads: Vec::new(),
        samples,
        exit_kinds: Vec::new(),
        exits: Vec::new(),
    }
}

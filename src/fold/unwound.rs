//! Stacks of an event whose samples hold copies of the user's stack.

use super::packed::Stacks;
use super::plan::{Again, Keep, Plan};
use super::readings::Readings;
use super::request::FoldRequest;
use super::settled::Settled;
use super::walk::walk;
use crate::bytes::KeptBytes;
use crate::perf::Capture;
use crate::space::Timeline;
use crate::unwind::CodeMap;

/// What unwinding takes, and where the chains lie that it makes.
#[derive(Debug)]
pub(crate) struct Unwinding<'c> {
    code: CodeMap<'c>,
    chains: KeptBytes,
}

impl<'c> Unwinding<'c> {
    pub(crate) fn new(code: CodeMap<'c>) -> Self {
        Self {
            code,
            chains: KeptBytes::roomy(),
        }
    }

    /// Folds the wanted samples of a capture once more, each at its time, with their copied stacks
    /// unwound.
    pub(crate) fn fold<'a>(
        &'a self,
        capture: &'a Capture,
        request: &FoldRequest,
        timeline: &Timeline,
    ) -> Settled<'a> {
        let readings = Readings::of(capture, request.threads);
        let plan = Plan {
            again: Some(Again {
                threads: None,
                timeline,
            }),
            ..Plan::new(capture, request, &readings)
        };
        let keep = Keep {
            bytes: &self.chains,
            code: Some(&self.code),
            stitched: None,
        };
        let mut stacks = Stacks::default();
        let mut task_epochs = Vec::new();
        stacks.extend_settled(walk(capture, plan, keep).stacks, &mut task_epochs);
        Settled::of(stacks, task_epochs)
    }
}

//! What was true of each stack's thread, told by the timeline.

use hashbrown::HashSet;

use super::plan::Plan;
use super::select::Selection;
use super::table::Split;
use super::worker::{Folded, MomentStack, walk};
use crate::perf::Capture;
use crate::perf::bytes::with_order;
use crate::space::Timeline;
use crate::units::EventIx;

impl<'a> Folded<'a> {
    /// Tells, with the timeline at hand, what was true of each stack's thread.
    ///
    /// Stacks that were seen before and after a change of their thread or process are folded
    /// again, sample by sample; that takes a second walk, which most captures do not need.
    pub fn settle(
        &self,
        capture: &'a Capture,
        (selection, split): (&Selection, Split),
        timeline: &Timeline,
        threads: usize,
    ) -> Vec<MomentStack<'a>> {
        let mut settled = Vec::with_capacity(self.stacks.len());
        let mut ambiguous = HashSet::new();
        for &stack in &self.stacks {
            let at = |time| timeline.moment(stack.key.pid, stack.key.tid, time);
            let moment = at(stack.first);
            if moment == at(stack.last) {
                settled.push(MomentStack { stack, moment });
            } else {
                ambiguous.insert((stack.key.pid, stack.key.tid));
            }
        }
        if ambiguous.is_empty() {
            return settled;
        }
        settled.retain(|s| !ambiguous.contains(&(s.stack.key.pid, s.stack.key.tid)));
        let again = Some((&ambiguous, timeline));
        let plan = Plan {
            again,
            ..Plan::new(capture, selection, split)
        };
        let refolded = with_order!(capture.endian(), O => walk::<O>(capture, plan, threads));
        settled.extend(
            refolded
                .stacks
                .into_iter()
                .filter_map(|stack| stack.key.moment.map(|moment| MomentStack { stack, moment })),
        );
        settled
    }

    /// Number of different stacks, before [`Self::settle`].
    pub fn len(&self) -> usize {
        self.stacks.len()
    }

    /// Whether nothing was folded.
    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }

    /// Samples of an event.
    pub fn event(&self, ix: EventIx) -> u64 {
        self.events.get(ix.as_usize()).copied().unwrap_or_default()
    }
}

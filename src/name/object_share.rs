//! How much of stacks lies in each object, with names and without.

use hashbrown::HashMap;

use super::shown_frame::UNKNOWN;
use super::stacks::NamedStacks;
use crate::stack::{FrameKind, FrameTable};

/// The frames of one object in all samples.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectShare {
    /// Short name of the object, as frames show it; `[unknown]` where no object is mapped.
    pub object: String,
    /// Samples with a frame of the object.
    pub samples: u64,
    /// Frames with a name, each counted once for each sample.
    pub named: u64,
    /// Frames without one.
    pub unnamed: u64,
}

impl ObjectShare {
    /// The objects of stacks, those of the most samples first.
    pub(crate) fn of_stacks(stacks: &NamedStacks, table: &FrameTable) -> Vec<Self> {
        let mut shares: HashMap<&str, (Self, usize)> = HashMap::new();
        // Each stack has a number, so that an object counts a sample once.
        for (number, stack) in (1..).zip(stacks.iter()) {
            for &ix in stacks.frames(stack) {
                let frame = table.get(ix);
                let is_named = match frame.kind {
                    FrameKind::Function => true,
                    FrameKind::Unresolved => false,
                    // Inlined functions are no frames of their own.
                    FrameKind::Root | FrameKind::Guest | FrameKind::Inlined => continue,
                };
                let object = if frame.dso.is_empty() {
                    UNKNOWN
                } else {
                    &frame.dso
                };
                let (share, last) = shares.entry(object).or_insert_with(|| {
                    let share = Self {
                        object: object.to_owned(),
                        samples: 0,
                        named: 0,
                        unnamed: 0,
                    };
                    (share, 0)
                });
                let frames = if is_named {
                    &mut share.named
                } else {
                    &mut share.unnamed
                };
                *frames = frames.saturating_add(stack.samples);
                if std::mem::replace(last, number) != number {
                    share.samples = share.samples.saturating_add(stack.samples);
                }
            }
        }
        let mut shares: Vec<Self> = shares.into_values().map(|(share, _)| share).collect();
        shares.sort_by(|a, b| {
            let by_samples = b.samples.cmp(&a.samples);
            by_samples.then_with(|| a.object.cmp(&b.object))
        });
        shares
    }
}

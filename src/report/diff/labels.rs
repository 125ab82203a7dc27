//! Names of frames for rows.

use std::borrow::Cow;

use hashbrown::HashSet;

use crate::diff::Union;
use crate::stack::{FrameIx, FrameTable};

/// Names of frames for rows: where several frames have one name, with the object of each.
#[derive(Debug)]
pub(crate) struct Labels<'u> {
    frames: &'u FrameTable,
    /// Names of several frames.
    shared: HashSet<&'u str>,
}

impl<'u> Labels<'u> {
    pub(crate) fn of(union: &'u Union) -> Self {
        let frames = &union.frames;
        let mut seen = HashSet::new();
        let names = (0..).map(FrameIx).take(frames.len());
        let shared = names
            .map(|ix| &*frames.get(ix).name)
            .filter(|&name| !seen.insert(name));
        Self {
            shared: shared.collect(),
            frames,
        }
    }

    pub(crate) fn label(&self, frame: FrameIx) -> Cow<'u, str> {
        let frame = self.frames.get(frame);
        let name: &str = &frame.name;
        if frame.dso.is_empty() || !self.shared.contains(name) {
            return Cow::Borrowed(name);
        }
        Cow::Owned(format!("{name} ({})", frame.dso))
    }
}

//! Call trees written as text, for the tests of this folder.

use crate::stack::{CallTree, Frame, FrameIx, FrameKind, FrameTable, Tag, TaggedStack};
use crate::units::CpuMode;

/// `root;…;leaf`, the stack's tag and its weight. The frame before which `!` stands decides.
pub(crate) type Sample<'a> = (&'a str, Option<Tag>, u64);

/// The tree of `samples`; every frame is a kernel function of `[kernel]`.
pub(crate) fn tree_of(samples: &[Sample<'_>]) -> (CallTree, FrameTable) {
    let mut table = FrameTable::default();
    let stacks: Vec<(Vec<FrameIx>, usize, Tag, u64)> = samples
        .iter()
        .map(|&(path, tag, weight)| {
            let names: Vec<&str> = path.split(';').collect();
            let deciding = names.iter().position(|name| name.starts_with('!'));
            let frames = names.iter().map(|name| {
                table.intern(Frame {
                    name: name.trim_start_matches('!').into(),
                    dso: "[kernel]".into(),
                    mode: CpuMode::Kernel,
                    kind: FrameKind::Function,
                    line: None,
                })
            });
            let frames: Vec<FrameIx> = frames.collect();
            let deciding = deciding.unwrap_or(frames.len());
            (frames, deciding, tag.unwrap_or(Tag::Host), weight)
        })
        .collect();
    let tagged = stacks
        .iter()
        .map(|(frames, deciding, tag, weight)| TaggedStack {
            frames,
            tag: *tag,
            deciding: *deciding,
            weight: *weight,
        });
    let tree = CallTree::build(&table, tagged);
    (tree, table)
}

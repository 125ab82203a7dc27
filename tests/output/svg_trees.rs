//! Call trees written as text, and pictures of them, for tests of the SVG.
#![allow(dead_code, reason = "each test crate uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use vmflame::output::{Colors, DrawnPart, Picture, write_svg};
use vmflame::stack::{CallTree, Frame, FrameIx, FrameKind, FrameTable, Tag, TaggedStack};
use vmflame::units::CpuMode;

/// `root;…;leaf`, tag, weight; `!` stands before the deciding frame.
pub(crate) type Sample<'a> = (&'a str, Tag, u64);

fn intern(table: &mut FrameTable, name: &str) -> FrameIx {
    table.intern(Frame {
        name: name.into(),
        dso: "[kvm]".into(),
        mode: CpuMode::Kernel,
        kind: FrameKind::Function,
        line: None,
    })
}

/// The tree of `samples`.
pub(crate) fn tree_of(samples: &[Sample<'_>]) -> (CallTree, FrameTable) {
    let mut table = FrameTable::default();
    let stacks: Vec<(Vec<FrameIx>, usize, Tag, u64)> = samples
        .iter()
        .map(|&(path, tag, weight)| {
            let names: Vec<&str> = path.split(';').collect();
            let deciding = names.iter().position(|name| name.starts_with('!'));
            let frames: Vec<FrameIx> = names
                .iter()
                .map(|name| intern(&mut table, name.trim_start_matches('!')))
                .collect();
            (frames, deciding.unwrap_or(names.len()), tag, weight)
        })
        .collect();
    let tree = CallTree::build(
        &table,
        stacks
            .iter()
            .map(|(frames, deciding, tag, weight)| TaggedStack {
                frames,
                tag: *tag,
                deciding: *deciding,
                weight: *weight,
            }),
    );
    (tree, table)
}

/// The tree of stacks of raw names, one host sample each.
pub(crate) fn tree_of_names(stacks: &[&[&str]]) -> (CallTree, FrameTable) {
    let mut table = FrameTable::default();
    let stacks: Vec<Vec<FrameIx>> = stacks
        .iter()
        .map(|names| names.iter().map(|name| intern(&mut table, name)).collect())
        .collect();
    let tree = CallTree::build(
        &table,
        stacks.iter().map(|frames| TaggedStack {
            frames,
            tag: Tag::Host,
            deciding: frames.len(),
            weight: 1,
        }),
    );
    (tree, table)
}

/// A picture whose totals are those of `samples`.
pub(crate) fn picture(samples: &[Sample<'_>]) -> Picture {
    Picture {
        title: "perf.data".to_owned(),
        subtitle: "100 samples · cpu-clock 997 Hz".to_owned(),
        unit: "samples".to_owned(),
        totals: samples
            .iter()
            .map(|&(_, tag, weight)| (tag, weight))
            .collect(),
        colors: Colors::default(),
        extent: DrawnPart::default(),
    }
}

/// The SVG of `samples`.
pub(crate) fn draw(samples: &[Sample<'_>], picture: &Picture) -> String {
    let (tree, table) = tree_of(samples);
    let mut out = Vec::new();
    write_svg(&tree, &table, picture, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

//! Sides made by hand, for the tests of this folder.

use std::path::Path;

use crate::analysis::SliceWeight;
use crate::before_after::Sides;
use crate::diff::comparison::{Change, Comparison, Options, Subject};
use crate::diff::model::SLICES;
use crate::diff::sides::{Count, Side, SideOrigin, parse_folded};
use crate::kvm::Tagged;
use crate::stack::{Frame, FrameIx, FrameKind, Tag};
use crate::units::CpuMode;

pub(crate) fn folded(text: &str) -> Side {
    parse_folded(Path::new("x.folded"), text.as_bytes())
        .unwrap()
        .side
}

pub(crate) fn compare(before: &Side, after: &Side) -> Comparison {
    Comparison::new(Sides { before, after }, &Options::default()).unwrap()
}

pub(crate) fn named<'a>(
    comparison: &'a Comparison,
    changes: &'a [Change],
    name: &str,
) -> &'a Change {
    let found = changes.iter().find(|change| {
        let (Subject::Inclusive(frame) | Subject::Own(frame)) = change.subject else {
            return false;
        };
        &*comparison.union.frames.get(frame).name == name
    });
    found.unwrap()
}

pub(crate) fn inclusive<'a>(comparison: &'a Comparison, name: &str) -> &'a Change {
    named(comparison, &comparison.inclusive, name)
}

/// Samples that weigh 1 each.
fn count_of(samples: u64) -> Count {
    Count {
        samples,
        weight: samples,
    }
}

/// Adds samples of a stack none of whose frames carries its tag.
pub(crate) fn push_samples(side: &mut Side, frames: &[FrameIx], tag: Tag, samples: u64) {
    let tagged = Tagged {
        tag,
        deciding: frames.len(),
    };
    side.push(frames, tagged, count_of(samples));
}

/// Stacks `(path, tag, samples by slice)` of kernel code as a tagged, timed side.
pub(crate) fn timed(stacks: &[(&str, Tag, Vec<u64>)]) -> Side {
    let mut side = Side {
        origin: SideOrigin {
            event: Some("cpu-clock".to_owned()),
            seconds: Some(8.0),
            ..SideOrigin::default()
        },
        slices: SLICES as usize,
        is_tagged: true,
        ..Side::default()
    };
    for (path, tag, slices) in stacks {
        let frames: Vec<_> = path
            .split(';')
            .map(|name| {
                side.frames.intern(Frame {
                    name: name.into(),
                    dso: "[kernel]".into(),
                    mode: CpuMode::Kernel,
                    kind: FrameKind::Function,
                    line: None,
                })
            })
            .collect();
        for (&samples, slice) in slices.iter().zip(0..) {
            let tagged = Tagged {
                tag: *tag,
                deciding: 1,
            };
            let weight = SliceWeight {
                slice,
                weight: samples,
            };
            side.push_sliced(&frames, tagged, count_of(samples), &[weight]);
        }
    }
    side
}

/// Functions in so many groups below `main`, given by their samples by slice, as such a side.
pub(crate) fn timed_functions(groups: usize, counts: impl IntoIterator<Item = Vec<u64>>) -> Side {
    let paths: Vec<(String, Vec<u64>)> = (0..)
        .zip(counts)
        .map(|(ix, slices): (usize, _)| (format!("main;group{};f{ix}", ix % groups), slices))
        .collect();
    let stacks = paths
        .iter()
        .map(|(path, slices)| (path.as_str(), Tag::Host, slices.clone()));
    timed(&stacks.collect::<Vec<_>>())
}

/// Random numbers that are the same in every run (xorshift64*, Vigna 2016).
pub(crate) struct Xorshift(pub(crate) u64);

impl Xorshift {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let value = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        value as f64 / (1_u64 << 53) as f64
    }
}

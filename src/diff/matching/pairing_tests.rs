//! The law of matching, by hand and for any names.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::pairing::{Matching, Pairing, by_name_alone};
use crate::before_after::Sides;
use crate::diff::sides::Side;
use crate::diff::testing::push_samples;
use crate::stack::{Frame, FrameIx, FrameKind, Tag};
use crate::units::CpuMode;

/// A side of stacks of one frame each: name, object and samples.
fn side(frames: &[(&str, &str, u64)], kind: FrameKind) -> Side {
    let mut side = Side::default();
    side.origin.event = Some("cpu-clock".to_owned());
    for &(name, dso, samples) in frames {
        let frame = side.frames.intern(Frame {
            name: name.into(),
            dso: dso.into(),
            mode: CpuMode::User,
            kind,
            line: None,
        });
        push_samples(&mut side, &[frame], Tag::Host, samples);
    }
    side
}

fn pairs(before: &Side, after: &Side, is_plain: bool) -> Vec<(String, String)> {
    let pairing = Pairing::new(Sides { before, after }, Matching::Loose, is_plain, 2);
    let mut pairs = Vec::new();
    for (frame, place) in (0..).map(FrameIx).zip(&pairing.maps.before) {
        let partner = pairing.maps.after.iter().position(|other| other == place);
        let name = |side: &Side, ix: usize| {
            side.frames
                .get(FrameIx(u32::try_from(ix).unwrap()))
                .name
                .to_string()
        };
        if let Some(partner) = partner {
            pairs.push((name(before, frame.as_usize()), name(after, partner)));
        }
    }
    pairs.sort();
    pairs
}

fn matched(kind: FrameKind, before: &[(&str, &str, u64)], after: &[(&str, &str, u64)]) -> String {
    let pairs = pairs(&side(before, kind), &side(after, kind), false);
    let words = pairs
        .iter()
        .map(|(before, after)| format!("{before}={after}"));
    words.collect::<Vec<_>>().join(" ")
}

/// What the law says, by hand.
#[test]
fn a_name_of_both_sides_is_matched_with_itself_and_the_rest_one_to_one() {
    let root = FrameKind::Root;
    assert_eq!(
        matched(
            root,
            &[("w-1", "", 9), ("w-2", "", 1)],
            &[("w-2", "", 9), ("w-3", "", 1)]
        ),
        "w-1=w-3 w-2=w-2"
    );
    // The first VM meets the first, though the second has as many samples; 9 is before 10.
    assert_eq!(
        matched(
            root,
            &[("vhost-9", "", 5), ("vhost-10", "", 70)],
            &[("vhost-90", "", 70), ("vhost-100", "", 5)]
        ),
        "vhost-10=vhost-100 vhost-9=vhost-90"
    );
    // Numbers of workers say nothing: the busy one meets the busy one, on its CPU where it can.
    assert_eq!(
        matched(
            root,
            &[
                ("kworker/u8:1-a", "", 50),
                ("kworker/u8:2", "", 1),
                ("kworker/3:0", "", 7)
            ],
            &[
                ("kworker/u8:5", "", 2),
                ("kworker/u8:9-b", "", 40),
                ("kworker/3:1", "", 60)
            ]
        ),
        "kworker/3:0=kworker/3:1 kworker/u8:1-a=kworker/u8:9-b kworker/u8:2=kworker/u8:5"
    );
}

/// By hand, too.
#[test]
fn functions_and_objects_meet_the_nearest_name() {
    let function = FrameKind::Function;
    // The nearest name first, and the same name in another object before another name.
    assert_eq!(
        matched(
            function,
            &[("f.isra.0", "x", 9), ("f.cold", "x", 1), ("g", "a.so.1", 1)],
            &[
                ("f.isra.1", "x", 1),
                ("f", "x", 9),
                ("g.part.0", "a", 1),
                ("g", "b", 1)
            ]
        ),
        "f.cold=f f.isra.0=f.isra.1 g=g"
    );
    // Two functions of one name stay two.
    assert_eq!(
        matched(
            function,
            &[("main", "ls", 1), ("main", "bash", 2)],
            &[("main", "bash", 2), ("main", "cat", 2)]
        ),
        "main=main main=main"
    );
    let objects = matched(
        FrameKind::Unresolved,
        &[
            ("[libc-2.36.so]", "libc-2.36.so", 1),
            ("[libc-2.31.so]", "libc-2.31.so", 1),
        ],
        &[
            ("[libc-2.36.so]", "libc-2.36.so", 1),
            ("[libc.so.6]", "libc.so.6", 1),
        ],
    );
    assert_eq!(
        objects,
        "[libc-2.31.so]=[libc.so.6] [libc-2.36.so]=[libc-2.36.so]"
    );
}

/// Names from few parts, so that many are loosely the same.
fn name() -> impl Strategy<Value = String> {
    let stems = [
        "w",
        "kworker/0:1",
        "kworker/u8",
        "kvm-pit",
        "f",
        "[libc",
        "0x",
        "a::h",
        ":",
    ];
    let ends = [
        "",
        "-1",
        "-2",
        "/7",
        ":3",
        ".isra.0",
        ".cold",
        ".so.6]",
        "-2.36.so]",
        "1f",
    ];
    (
        prop::sample::select(stems.to_vec()),
        prop::sample::select(ends.to_vec()),
    )
        .prop_map(|(stem, end)| format!("{stem}{end}"))
}

fn frames() -> impl Strategy<Value = Vec<(String, u8, u64)>> {
    prop::collection::vec((name(), 0..3_u8, 1..50_u64), 1..14)
}

fn made(frames: &[(String, u8, u64)], kind: FrameKind) -> Side {
    let objects = ["kvm.ko", "[kvm]", "libx.so.1"];
    let frames = frames
        .iter()
        .map(|(name, object, samples)| (&**name, objects[usize::from(*object)], *samples));
    side(&frames.collect::<Vec<_>>(), kind)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn nothing_within_a_side_is_merged_and_equal_names_meet(
        before in frames(), after in frames(), is_plain: bool, is_root: bool
    ) {
        let kind = if is_root { FrameKind::Root } else { FrameKind::Function };
        let (before, after) = (made(&before, kind), made(&after, kind));
        let pairing = Pairing::new(Sides { before: &before, after: &after }, Matching::Loose, is_plain, 2);
        let told_apart = |side: &Side| {
            let frames = (0..).map(FrameIx).take(side.frames.len());
            let keys = frames.map(|ix| {
                let frame = side.frames.get(ix);
                if is_plain { by_name_alone(frame) } else { frame.clone() }
            });
            keys.collect::<Vec<_>>()
        };
        for (side, map) in [&before, &after].into_iter().zip(&pairing.maps) {
            let rows: BTreeSet<FrameIx> = map.iter().copied().collect();
            let keys: BTreeSet<Frame> = told_apart(side).into_iter().collect();
            prop_assert_eq!(rows.len(), keys.len());
        }
        let (ours, theirs) = (told_apart(&before), told_apart(&after));
        for (key, place) in ours.iter().zip(&pairing.maps.before) {
            if let Some(same) = theirs.iter().position(|other| other == key) {
                prop_assert_eq!(*place, pairing.maps.after[same]);
            }
        }
        // The same pairs come out when the sides are swapped.
        let mut swapped: Vec<_> = pairs(&after, &before, is_plain)
            .into_iter()
            .map(|(a, b)| (b, a))
            .collect();
        swapped.sort();
        if !is_plain {
            prop_assert_eq!(pairs(&before, &after, is_plain), swapped);
        }
    }
}

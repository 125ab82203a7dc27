//! Which conditions hold, and which cannot be judged.

use super::condition::{Gate, Verdict};
use crate::before_after::Sides;
use crate::diff::comparison::{Comparison, Normalise, Options};
use crate::diff::sides::{EventSeries, Side};
use crate::diff::testing::{compare, folded, push_samples, timed};
use crate::name::FrameScope;
use crate::stack::{Frame, FrameKind, Tag};
use crate::units::CpuMode;

fn check(comparison: &Comparison, condition: &str) -> Verdict {
    Gate::parse(condition).unwrap().check(comparison, false)
}

fn is_tripped(comparison: &Comparison, condition: &str) -> bool {
    match check(comparison, condition) {
        Verdict::Tripped(_) => true,
        Verdict::Passed(_) | Verdict::WithinNoise(_) => false,
        Verdict::Unjudged(reason) => panic!("{reason}"),
    }
}

/// Why a condition cannot be judged.
fn reason(comparison: &Comparison, condition: &str) -> String {
    match check(comparison, condition) {
        Verdict::Unjudged(reason) => reason,
        Verdict::Tripped(words) | Verdict::Passed(words) | Verdict::WithinNoise(words) => {
            panic!("judged: {words}")
        }
    }
}

#[test]
fn a_gate_trips_on_significant_changes_only() {
    let before = timed(&[
        ("run;in", Tag::ExitPio, vec![100; 32]),
        ("run;vm", Tag::Guest, vec![100; 32]),
    ]);
    let many = timed(&[
        ("run;in", Tag::ExitPio, vec![150; 32]),
        ("run;vm", Tag::Guest, vec![50; 32]),
    ]);
    let few = timed(&[
        ("run;in", Tag::ExitPio, vec![3; 1]),
        ("run;vm", Tag::Guest, vec![1; 1]),
    ]);
    let gate = Gate::parse("exit:pio > +2pt").unwrap();
    let check = |after: &Side, any| gate.check(&compare(&before, after), any);
    assert!(matches!(check(&many, false), Verdict::Tripped(_)));
    assert!(matches!(check(&few, false), Verdict::WithinNoise(_)));
    assert!(matches!(check(&few, true), Verdict::Tripped(_)));
    assert!(matches!(check(&before, true), Verdict::Passed(_)));
    let frame = Gate::parse("frame:in > +1pt").unwrap();
    let verdict = frame.check(&compare(&before, &many), false);
    assert!(matches!(verdict, Verdict::Tripped(_)));
}

/// A gate that trips does not say in the same breath that nothing happened.
#[test]
fn what_trips_says_why_the_noise_does_not_matter() {
    let before = timed(&[
        ("run;in", Tag::ExitPio, vec![50; 32]),
        ("run;vm", Tag::Guest, vec![50; 32]),
    ]);
    let after = timed(&[
        ("run;in", Tag::ExitPio, vec![2; 1]),
        ("run;vm", Tag::Guest, vec![1; 1]),
    ]);
    let comparison = compare(&before, &after);
    let words = |condition: &str, any| match Gate::parse(condition).unwrap().check(&comparison, any)
    {
        Verdict::Tripped(words) => words,
        Verdict::Passed(words) | Verdict::WithinNoise(words) | Verdict::Unjudged(words) => {
            panic!("{words}")
        }
    };
    let level = words("exit:pio > 5%", false);
    assert!(
        level.contains("it is the value after that counts"),
        "{level}"
    );
    let change = words("exit:pio > +1pt", true);
    assert!(
        change.ends_with("within the noise, which counts here"),
        "{change}"
    );
}

/// 20 s of stacks with events beside them: name, period and samples.
fn with_events(events: &[(&str, Option<u64>, u64)]) -> Side {
    let mut side = timed(&[("run;vm", Tag::Guest, vec![100; 32])]);
    side.origin.seconds = Some(20.0);
    side.events = events
        .iter()
        .map(|&(name, period, samples)| EventSeries {
            name: name.to_owned(),
            is_listed: name.contains(':'),
            is_sampled: true,
            period,
            slices: vec![samples],
        })
        .collect();
    side
}

/// A tag of tagged captures that no sample has is 0 on both sides.
#[test]
fn what_was_recorded_and_does_not_occur_is_zero() {
    let side = with_events(&[("kvm:kvm_exit", Some(1), 0), ("faults", None, 0)]);
    let comparison = compare(&side, &side);
    for condition in [
        "exit:pio > +1pt",
        "exits > +1pt",
        "host > 1%",
        "event:kvm:kvm_exit > +10%",
        "event:kvm:kvm_exit/s > 5",
        "event:faults/s > +10%",
    ] {
        assert!(!is_tripped(&comparison, condition), "{condition}");
    }
    assert!(is_tripped(&comparison, "exit:pio < 1%"));
    assert!(is_tripped(&comparison, "event:kvm:kvm_exit < 5"));
}

/// 2000 samples of 100 occurrences each in 20 s are 10 000 a second.
#[test]
fn events_are_judged_by_their_occurrences_under_any_of_their_names() {
    let before = with_events(&[("kvm:kvm_exit", Some(1), 20_000), ("faults", Some(100), 2)]);
    let after = with_events(&[
        ("kvm:kvm_exit:H", Some(100), 2000),
        ("faults", Some(100), 2),
    ]);
    let comparison = compare(&before, &after);
    for name in ["kvm:kvm_exit", "kvm:kvm_exit:H", "kvm:kvm_exit:GH"] {
        assert!(is_tripped(&comparison, &format!("event:{name}/s >= 10000")));
        assert!(!is_tripped(&comparison, &format!("event:{name}/s > 10000")));
    }
    assert!(is_tripped(&comparison, "event:faults >= 200"));
}

#[test]
fn an_event_that_a_side_did_not_record_or_count_cannot_be_judged() {
    let before = with_events(&[("kvm:kvm_exit", Some(1), 9), ("cycles", None, 50)]);
    let mut after = with_events(&[("kvm:kvm_pio", Some(1), 9), ("cycles", None, 70)]);
    let comparison = compare(&before, &after);
    let why = |condition| reason(&comparison, condition);
    assert!(why("event:kvm:kvm_exit > +10%").ends_with("the after side did not record it"));
    assert!(why("event:kvm:kvm_pio/s < 5").ends_with("the before side did not record it"));
    assert!(why("event:kvm:kvm_msr > 5").contains("did not record it"));
    assert!(why("event:cycles > +10%").contains("sampled at a frequency"));
    after = with_events(&[("kvm:kvm_exit", Some(1), 9)]);
    after.origin.seconds = None;
    let comparison = compare(&before, &after);
    let why = reason(&comparison, "event:kvm:kvm_exit/s > +10%");
    assert!(why.contains("the after side tells no duration"), "{why}");
    assert!(!is_tripped(&comparison, "event:kvm:kvm_exit > +10%"));
}

/// `perf record -e '{cpu-clock,page-faults}:S'` gives page faults neither period nor frequency.
#[test]
fn a_member_of_a_group_without_samples_of_its_own_is_no_zero() {
    let mut side = with_events(&[("page-faults", None, 0)]);
    assert!(!is_tripped(
        &compare(&side, &side),
        "event:page-faults > +1"
    ));
    side.events[0].is_sampled = false;
    let why = reason(&compare(&side, &side), "event:page-faults > +1");
    assert!(why.contains("no samples of its own"), "{why}");
}

#[test]
fn what_the_comparison_leaves_out_cannot_be_judged() {
    let before = timed(&[("run;handle_io;kvm_fast_pio", Tag::ExitPio, vec![1; 32])]);
    let after = timed(&[("run;kvm_fast_pio", Tag::ExitPio, vec![1; 32])]);
    let why = reason(&compare(&before, &after), "frame:handle_io > +1pt");
    assert!(why.contains("inlines or tail-calls"), "{why}");
    let idle = timed(&[(
        "start_secondary;cpu_startup_entry;do_idle",
        Tag::Idle,
        vec![9; 32],
    )]);
    let why = reason(&compare(&idle, &idle), "frame:start_secondary > +1pt");
    assert!(why.contains("--match exact"), "{why}");
}

#[test]
fn tags_that_were_not_measured_cannot_be_judged() {
    let tagged = with_events(&[]);
    let text = folded("run;vm 100\n");
    let why = |before: &Side, after: &Side, condition| reason(&compare(before, after), condition);
    assert!(why(&text, &text, "guest > +1pt").contains("the before side is folded text"));
    assert!(why(&tagged, &text, "exits > +1pt").contains("the after side is folded text"));
    assert!(why(&text, &text, "event:kvm:kvm_exit > +1").contains("folded text"));
    let mut side = with_events(&[]);
    side.is_tagged = false;
    assert!(why(&tagged, &side, "guest > +1pt").contains("--no-tag"));
    side = with_events(&[]);
    side.left_out.idle = true;
    assert!(why(&tagged, &side, "idle > +1pt").contains("without its idle samples"));
    assert!(!is_tripped(&compare(&tagged, &side), "guest > +1pt"));
    side = with_events(&[]);
    side.left_out.scope = FrameScope::User;
    assert!(why(&tagged, &side, "idle > +1pt").contains("--user-only"));
    assert!(!is_tripped(&compare(&tagged, &side), "exit:pio > +1pt"));
    side.left_out.scope = FrameScope::Kernel;
    assert!(why(&tagged, &side, "guest > +1pt").contains("--kernel-only"));
    assert!(!is_tripped(&compare(&tagged, &side), "exit:pio > +1pt"));
    side = with_events(&[]);
    side.stacks.clear();
    assert!(why(&tagged, &side, "guest > +1pt").contains("has no stacks"));
    assert!(why(&tagged, &side, "frame:vm > +1pt").contains("has no stacks"));
}

/// A side whose kernel frames have no names seems to do none of what the other does.
#[test]
fn what_has_no_name_on_a_side_cannot_be_judged() {
    let named = timed(&[("run;kvm_pio", Tag::ExitPio, vec![100; 32])]);
    let mut unnamed = timed(&[]);
    let frame = unnamed.frames.intern(Frame {
        name: "[kernel]".into(),
        dso: "[kernel]".into(),
        mode: CpuMode::Kernel,
        kind: FrameKind::Unresolved,
        line: None,
    });
    push_samples(&mut unnamed, &[frame], Tag::Host, 3200);
    let comparison = compare(&named, &unnamed);
    let why = |condition| reason(&comparison, condition);
    assert!(why("frame:kvm_pio > +1pt").contains("the after side has no names"));
    assert!(why("exit:pio > +1pt").contains("the after side has no names"));
    // The mode of the CPU tells what is guest code.
    assert!(!is_tripped(&comparison, "guest > +1pt"));
    // What has a name there and does not occur is gone.
    let other = timed(&[("run;kvm_msr", Tag::ExitMsr, vec![100; 32])]);
    assert!(!is_tripped(
        &compare(&named, &other),
        "frame:kvm_pio > +1pt"
    ));
}

#[test]
fn what_is_always_all_cannot_be_judged() {
    let (before, after) = (folded("a 100\n"), folded("a 300\n"));
    assert!(reason(&compare(&before, &after), "total > +10%").contains("100 % on both sides"));
    let plain = Options {
        normalise: Normalise::None,
        ..Options::default()
    };
    let comparison = Comparison::new(
        Sides {
            before: &before,
            after: &after,
        },
        &plain,
    )
    .unwrap();
    assert!(is_tripped(&comparison, "total > +10%"));
}

/// By hand: `f` takes 1 % before and 30 % after.
#[test]
fn a_name_is_taken_as_any_tool_shows_it() {
    let rise = |before: &str, after: &str, name: &str| {
        let side = |name, n: u64| folded(&format!("m;{name} {n}00\nm;rest {}00\n", 100 - n));
        let comparison = compare(&side(before, 1), &side(after, 30));
        is_tripped(&comparison, &format!("frame:{name} > +28pt"))
            && is_tripped(&comparison, &format!("self:{name} > +28pt"))
            && !is_tripped(&comparison, &format!("frame:{name} > +30pt"))
    };
    for (before, after) in [
        ("f.isra.0", "f.isra.0"),
        ("f", "f.cold"),
        ("f.part.0", "f_[k]"),
    ] {
        for name in [
            before,
            after,
            "f",
            "f.constprop.7",
            "f_[k]",
            "f (inlined)",
            "f+0x1f",
        ] {
            assert!(rise(before, after, name), "{before} {after} {name}");
        }
    }
    for name in ["vhost-1770", "vhost-3042", "vhost", "vhost-1"] {
        assert!(rise("vhost-1770", "vhost-3042", name), "{name}");
    }
    for name in ["[libcrypto.so.3]", "[libcrypto.so.1.1]", "[libcrypto]"] {
        assert!(
            rise("[libcrypto.so.1.1]", "[libcrypto.so.3]", name),
            "{name}"
        );
    }
    assert!(rise(
        "a::b::h0123456789abcdef",
        "a::b::hfedcba9876543210",
        "a::b"
    ));
    let comparison = compare(&folded("m;f 1\n"), &folded("m;f 1\n"));
    assert!(reason(&comparison, "frame:g > +1pt").contains("neither side has a frame"));
    assert!(reason(&comparison, "self:g > +1pt").contains("neither side has a frame"));
}

/// By hand: the very name has 10 % on both sides, all of its kind together 40 % and 80 %. A stack
/// with two of them counts once.
#[test]
fn the_very_name_comes_first_and_several_are_added_up() {
    let before = folded("m;w-1 100\nm;w-2;w-3 200\nm;w-3;w-2 100\nm 600\n");
    let after = folded("m;w-1 100\nm;w-2;w-3 600\nm;w-3 100\nm 200\n");
    let comparison = compare(&before, &after);
    assert!(!is_tripped(&comparison, "frame:w-1 > +1pt"));
    assert!(is_tripped(&comparison, "frame:w >= +40pt"));
    assert!(!is_tripped(&comparison, "frame:w > +40pt"));
    assert!(is_tripped(&comparison, "self:w >= +40pt"));
}

//! The captures under `testdata/` against perf's own answers, and against what their recorders
//! say they show.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::common::perf_text::{Scope, object_name};
use vmflame::analysis::{Grouping, Profile, Request, profile};
use vmflame::error::Result;
use vmflame::input::Input;
use vmflame::name::FrameScope;
use vmflame::object::ObjectSearch;
use vmflame::perf::Capture;
use vmflame::stack::{FrameKind, Tag};
use vmflame::symbol::SymbolRequest;
use vmflame::units::CpuMode;

pub(crate) fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    // The others, such as `faults`, are inputs of single tests.
    cases.retain(|path| path.join("expected").is_dir());
    cases.sort();
    assert!(cases.len() >= 9, "testdata is not complete");
    cases
}

/// The profile of a case with nothing but the symbols beside it.
fn profile_of(case: &Path, event: Option<&str>) -> Profile {
    let request = Request {
        event: event.map(ToOwned::to_owned),
        grouping: Grouping::Comm,
        threads: 2,
        ..Request::default()
    };
    profile_by(case, &request).unwrap()
}

pub(crate) fn profile_by(case: &Path, request: &Request) -> Result<Profile> {
    let input = Input::resolve(case)?;
    let symbols = SymbolRequest {
        search: ObjectSearch {
            capture_dir: input.directory,
            ..ObjectSearch::default()
        },
        ..SymbolRequest::default()
    };
    profile(&Capture::open(&input.data)?, &symbols, request)
}

/// Folded stacks that perf prints too.
///
/// It prints no sample that was taken in guest mode. Of a sample whose call chain holds no
/// address it prints the first line only, where we show the sample's own address. It names few
/// entries of linkage tables.
fn as_perf_prints(profile: &Profile, scope: Scope) -> BTreeMap<String, u64> {
    let name = |ix| {
        let frame = profile.frames.get(ix);
        if frame.name.ends_with("@plt") {
            object_name(&frame.dso)
        } else {
            frame.name.to_string()
        }
    };
    let is_shown = |ix| {
        let frame = profile.frames.get(ix);
        scope == Scope::All || frame.kind == FrameKind::Root || frame.mode == CpuMode::Kernel
    };
    let mut all = BTreeMap::new();
    for stack in profile.stacks.iter().filter(|stack| !stack.mode.is_guest()) {
        let frames = profile.stacks.frames(stack).iter().copied();
        let mut names: Vec<String> = frames.filter(|&ix| is_shown(ix)).map(name).collect();
        if stack.chain_is_empty {
            names.truncate(1);
        }
        *all.entry(names.join(";")).or_default() += stack.samples;
    }
    all
}

fn read_folded(path: &Path) -> BTreeMap<String, u64> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| line.rsplit_once(' ').unwrap());
    lines
        .map(|(stack, count)| (stack.to_owned(), count.parse().unwrap()))
        .collect()
}

/// Where perf is wrong: it looks a return address up as it is, and behind a call that never
/// returns the next function begins. Case, perf's names, the right ones.
const NEVER_RETURNS: [(&str, &str, &str); 2] = [
    (
        "arm64",
        ";arch_post_acpi_subsys_init;rest_init",
        ";arch_call_rest_init;rest_init",
    ),
    (
        "arm64",
        ";__wake_up_parent;do_group_exit",
        ";__arm64_sys_exit_group;do_group_exit",
    ),
];

fn corrected(case: &Path, theirs: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for (mut stack, count) in theirs {
        for (_, wrong, right) in NEVER_RETURNS.iter().filter(|known| case.ends_with(known.0)) {
            stack = stack.replace(wrong, right);
        }
        *all.entry(stack).or_default() += count;
    }
    all
}

/// `perf report --stats`: samples of each event, by name.
fn perf_samples(case: &Path) -> BTreeMap<String, u64> {
    let text = fs::read_to_string(case.join("expected/stats.txt")).unwrap();
    let mut counts = BTreeMap::new();
    let mut event = None;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [name, "stats:"] => event = Some(name.to_owned()),
            ["SAMPLE", "events:", count, ..] => {
                let name = event.take().unwrap();
                counts.insert(name, count.parse().unwrap());
            }
            _ => {}
        }
    }
    counts
}

/// Stacks or names that are lost, doubled or wrong: perf prints others for the same file.
#[test]
fn stacks_are_those_that_perf_prints() {
    let mut checked = 0;
    let mut wrong = String::new();
    for case in cases() {
        for entry in fs::read_dir(case.join("expected")).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            let Some(event) = file.strip_suffix(".folded") else {
                continue;
            };
            let scope = if event == "script-kernel" {
                Scope::Kernel
            } else {
                Scope::All
            };
            let event = event
                .strip_prefix("script.")
                .map(|name| format!("kvm:{name}"));
            let theirs = corrected(&case, read_folded(&path));
            let ours = as_perf_prints(&profile_of(&case, event.as_deref()), scope);
            checked += 1;
            for (stack, count) in theirs
                .iter()
                .filter(|(stack, n)| ours.get(*stack) != Some(n))
            {
                wrong += &format!("{}/{file}: perf {count} {stack}\n", case.display());
            }
            for (stack, count) in ours
                .iter()
                .filter(|(stack, n)| theirs.get(*stack) != Some(n))
            {
                wrong += &format!("{}/{file}: ours {count} {stack}\n", case.display());
            }
        }
    }
    assert!(checked >= cases().len());
    assert!(wrong.is_empty(), "{wrong}");
}

/// A sample that is neither folded nor counted as left out; perf counts the records too.
#[test]
fn totals_are_those_that_perf_counts() {
    for case in cases() {
        let counts = perf_samples(&case);
        let all = counts["Aggregated"];
        for (event, &count) in counts.iter().filter(|(event, _)| *event != "Aggregated") {
            let profile = profile_of(&case, Some(event));
            let tally = &profile.account.tally;
            assert!(tally.adds_up());
            let got = (tally.read, tally.folded, tally.other_events);
            assert_eq!(got, (all, count, all - count), "{} {event}", case.display());
            let shown: u64 = profile.stacks.iter().map(|stack| stack.samples).sum();
            assert_eq!((shown, profile.total), (count, count));
        }
    }
}

/// A capture in the repository that nobody can make again.
#[test]
fn every_case_says_how_it_was_made() {
    for case in cases() {
        let how = fs::read_to_string(case.join("HOW.md")).unwrap();
        assert!(how.contains("perf record"), "{}", case.display());
        assert!(case.join("expected/stats.txt").is_file());
    }
}

/// The share of `tags` in what was done for guests, in percent.
fn share(profile: &Profile, tags: impl Fn(Tag) -> bool) -> u64 {
    let sum = |wanted: &dyn Fn(Tag) -> bool| -> u64 {
        let weights = profile.totals.iter().filter(|&&(tag, _)| wanted(tag));
        weights.map(|&(_, weight)| weight).sum()
    };
    100 * sum(&tags) / sum(&|tag| !matches!(tag, Tag::Idle | Tag::Host))
}

fn has(profile: &Profile, tag: Tag) -> bool {
    profile
        .totals
        .iter()
        .any(|&(found, weight)| found == tag && weight > 0)
}

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

/// The guests that were written to leave guest mode all the time show why they did: port I/O,
/// the local APIC, memory, and what is emulated.
#[test]
fn bad_guests_show_their_exits() {
    for name in ["svm-bad", "vmx-bad"] {
        let profile = profile_of(&case(name), None);
        for tag in [
            Tag::ExitPio,
            Tag::ExitApic,
            Tag::ExitMemory,
            Tag::ExitEmulate,
        ] {
            assert!(
                has(&profile, tag),
                "{name} has no {tag}: {:?}",
                profile.totals
            );
        }
        assert!(
            share(&profile, Tag::is_exit) > 20,
            "{name}: {:?}",
            profile.totals
        );
    }
}

/// The guests that compute are in guest mode, though perf prints none of these samples.
#[test]
fn good_guests_show_guest_time() {
    for name in ["svm-good", "vmx-good"] {
        let profile = profile_of(&case(name), None);
        let (guest, exits) = (
            share(&profile, |tag| tag == Tag::Guest),
            share(&profile, Tag::is_exit),
        );
        assert!(guest > 90 && exits < 2, "{name}: {:?}", profile.totals);
    }
}

/// Without guest-mode marks, guest time is told by empty chains: 3905 of 5928 samples of the whole
/// capture.
#[test]
fn guests_under_pvm_are_found_by_their_empty_chains() {
    let profile = profile_of(&case("pvm"), None);
    let empty = profile.stacks.iter().filter(|stack| stack.chain_is_empty);
    let empty: u64 = empty.map(|stack| stack.samples).sum();
    let guest = profile.totals.iter().find(|&&(tag, _)| tag == Tag::Guest);
    assert_eq!(guest.map(|&(_, weight)| weight), Some(empty));
    assert!((55..75).contains(&share(&profile, |tag| tag == Tag::Guest)));
}

/// A machine without VMs has no VM exits.
#[test]
fn a_plain_profile_is_host_only() {
    let profile = profile_of(&case("plain"), None);
    assert!(
        profile
            .totals
            .iter()
            .all(|&(tag, _)| matches!(tag, Tag::Host | Tag::Idle))
    );
}

/// Compressing kallsyms changes nothing, wherever it is found.
#[test]
fn compressed_kernel_symbols_name_the_same() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/svm-bad");
    let folder = tempfile::tempdir().unwrap();
    fs::copy(case.join("perf.data"), folder.path().join("perf.data")).unwrap();
    fs::copy(case.join("modules"), folder.path().join("modules")).unwrap();
    let plain = fs::read(case.join("kallsyms")).unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&plain).unwrap();
    let packed = folder.path().join("kallsyms.gz");
    fs::write(&packed, packer.finish().unwrap()).unwrap();

    let kernel_names = |search, kallsyms| {
        let symbols = SymbolRequest {
            search,
            kallsyms,
            ..SymbolRequest::default()
        };
        let capture = Capture::open(&case.join("perf.data")).unwrap();
        let profile = profile(&capture, &symbols, &Request::default()).unwrap();
        as_perf_prints(&profile, Scope::Kernel)
    };
    let search = |dir: &Path| ObjectSearch {
        capture_dir: Some(dir.to_owned()),
        ..ObjectSearch::default()
    };
    let bare = ObjectSearch::default;
    let expected = kernel_names(bare(), Some(case.join("kallsyms")));
    assert!(
        expected
            .keys()
            .any(|stack| stack.contains("x86_emulate_instruction"))
    );
    assert_eq!(kernel_names(bare(), Some(packed)), expected);
    assert_eq!(kernel_names(search(folder.path()), None), expected);
}

/// The law of frames without a name: those of the objects, those of the causes and those in the
/// stacks are as many, whatever is filtered. Of a part of the threads there are not those of all.
#[test]
fn frames_without_a_name_are_those_of_the_stacks_that_passed() {
    let mut parts = 0;
    for case in cases() {
        let all = profile_by(&case, &Request::default()).unwrap();
        let comms: BTreeSet<String> = {
            let by_comm = profile_of(&case, None);
            let roots = by_comm.stacks.iter();
            let roots = roots.filter_map(|stack| by_comm.stacks.frames(stack).first());
            let names = roots.map(|&root| by_comm.frames.get(root).name.to_string());
            names.collect()
        };
        let requests = comms.into_iter().map(|comm| Request {
            comms: vec![comm],
            threads: 2,
            ..Request::default()
        });
        let scopes = [FrameScope::Kernel, FrameScope::User].map(|scope| Request {
            scope,
            ..Request::default()
        });
        let no_idle = Request {
            no_idle: true,
            ..Request::default()
        };
        for request in requests.chain(scopes).chain([no_idle]) {
            let Ok(profile) = profile_by(&case, &request) else {
                continue;
            };
            let of_stacks = unnamed_frames(&profile);
            let of_objects = profile.account.unnamed.iter().map(|object| object.frames);
            assert_eq!(of_objects.sum::<u64>(), of_stacks, "{case:?} {request:?}");
            let causes = profile.account.unresolved();
            let of_causes = causes.iter().map(|&(_, frames)| frames);
            assert_eq!(of_causes.sum::<u64>(), of_stacks, "{case:?} {request:?}");
            parts += usize::from(of_stacks < unnamed_frames(&all));
        }
    }
    assert!(parts > 9);
}

/// Frames that show no function, each counted once for each sample.
fn unnamed_frames(profile: &Profile) -> u64 {
    let stacks = profile.stacks.iter().map(|stack| {
        let frames = profile.stacks.frames(stack).iter();
        let kinds = frames.map(|&ix| profile.frames.get(ix).kind);
        let unnamed = kinds.filter(|&kind| kind == FrameKind::Unresolved).count();
        stack.samples * u64::try_from(unnamed).unwrap()
    });
    stacks.sum()
}

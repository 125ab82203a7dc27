//! Makes `testdata/` anew from the captures beside the repository (`VMFLAME_SHARED`):
//!
//! ```text
//! cargo test --test make_testdata -- --ignored --nocapture
//! ```
//!
//! Needs perf 6.1, `xz`, `zstd` and `tar`. Each case is cut to its first seconds, its kallsyms to
//! the functions that occur, its object files to text tables of the functions that occur. What is
//! expected of it comes from perf, never from vmflame.
#![allow(clippy::unwrap_used, reason = "a maker may stop")]
#![allow(clippy::panic, reason = "a maker may stop")]
#![allow(clippy::print_stderr, reason = "tells what it makes")]

mod answers;
mod cases;
#[path = "../common/mod.rs"]
mod common;
mod cut;
mod how;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use answers::{perf_counts, write_exit_tables, write_expected};
use cases::{CASES, Case};
use cut::{cut_capture, cut_kallsyms, numbers_in};
use vmflame::analysis::{Profile, Request, profile};
use vmflame::name::Grouping;
use vmflame::object::ObjectSearch;
use vmflame::perf::Capture;
use vmflame::stack::FrameKind;
use vmflame::symbol::{
    FoundSymbols, Places, SymbolRequest, demangle, module_short_name, write_table,
};
use vmflame::units::CpuMode;

const RECORD_PLAIN: &str = "record -o perf.data -e cpu-clock -F 499 -g -- sh -c";
/// The dummy event counts the kernel too, so that perf records where the kernel lies.
const RECORD_USER: &str = "record -o perf.data -e dummy -e cpu-clock:u -F 399 -g -- sh -c";
const PIPELINE: &str = "seq 200000 | sort -R | gzip | wc -c";

fn run(program: &str, arguments: &[&str], folder: &Path) -> Vec<u8> {
    let out = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    assert!(out.status.success(), "{program} {arguments:?}");
    out.stdout
}

fn unpacked(path: &Path) -> Vec<u8> {
    let text = path.to_str().unwrap();
    match path.extension().and_then(|end| end.to_str()) {
        Some("xz") => run("xz", &["-dc", text], Path::new("/")),
        Some("gz") => run("gzip", &["-dc", text], Path::new("/")),
        Some("zst") => run("zstd", &["-dc", text], Path::new("/")),
        Some(_) | None => fs::read(path).unwrap(),
    }
}

/// Where perf had the object files of a case's machine from, unpacked once.
fn caches(case: &Case, shared: &Path) -> Vec<PathBuf> {
    let machine = case.from.split('/').nth(1).unwrap_or_default();
    let archive = match machine {
        "svm" => "captures/svm/buildid-cache.6.1.tar.zst",
        "vmx" => "captures/vmx/debug-cache-elfs.tar.xz",
        "samples" | "" => {
            return vec![PathBuf::from(std::env::var_os("HOME").unwrap()).join(".debug")];
        }
        _ => return Vec::new(),
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("object-files-{machine}"));
    if !folder.exists() {
        fs::create_dir_all(&folder).unwrap();
        let archive = shared.join(archive);
        run("tar", &["-xf", archive.to_str().unwrap()], &folder);
    }
    vec![folder.join(".debug"), folder]
}

/// The kallsyms of a case's boot.
fn kallsyms(source: &Path) -> Vec<u8> {
    let folder = source.parent().unwrap();
    let boot = folder.file_name().unwrap().to_str().unwrap();
    for name in ["kallsyms.gz".to_owned(), format!("{boot}.kallsyms.xz")] {
        let path = folder.join(name);
        match fs::metadata(&path) {
            // A link that has become a small file.
            Ok(found) if found.len() < 200 => {
                let target = fs::read_to_string(&path).unwrap();
                return unpacked(&folder.join(target.trim()));
            }
            Ok(_) => return unpacked(&path),
            Err(_) => {}
        }
    }
    fs::read("/proc/kallsyms").unwrap()
}

/// One profile for each event with samples.
fn profiles(capture: &Capture, symbols: &SymbolRequest) -> Vec<Profile> {
    let events = capture.events().iter();
    let profile_of = |event: &str| {
        let request = Request {
            event: Some(event.to_owned()),
            grouping: Grouping::Comm,
            threads: 1,
            ..Request::default()
        };
        profile(capture, symbols, &request).ok()
    };
    events
        .filter_map(|(_, event)| profile_of(&event.name))
        .collect()
}

/// Stacks in words, to compare profiles by.
fn stacks_of(profiles: &[Profile]) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for profile in profiles {
        for stack in profile.stacks.iter() {
            let frames = profile.stacks.frames(stack).iter();
            let names: Vec<&str> = frames.map(|&ix| &*profile.frames.get(ix).name).collect();
            *all.entry(names.join(";")).or_default() += stack.samples;
        }
    }
    all
}

/// Writes `symbols/BUILD_ID.txt` for each object that `profile` names functions of.
fn write_tables(profiles: &[Profile], search: &ObjectSearch, out: &Path) -> BTreeSet<String> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for profile in profiles {
        let all = profile.stacks.iter();
        for &ix in all.flat_map(|stack| profile.stacks.frames(stack)) {
            let frame = profile.frames.get(ix);
            if frame.kind == FrameKind::Function && frame.mode == CpuMode::User {
                let of_object = names.entry(frame.dso.to_string()).or_default();
                of_object.insert(frame.name.to_string());
            }
        }
    }
    fs::create_dir_all(out.join("symbols")).unwrap();
    let mut made = BTreeSet::new();
    for report in profiles.iter().flat_map(|profile| &profile.account.objects) {
        let Some(build_id) = &report.build_id else {
            continue;
        };
        let file = out.join(format!("symbols/{build_id}.txt"));
        let found = FoundSymbols::find(search, &report.path, Some(build_id), Places::Everywhere);
        let (Ok(object), false) = (found.symbols, file.exists()) else {
            continue;
        };
        let short = module_short_name(&report.path);
        let none = BTreeSet::new();
        let kept = names.get(&short).unwrap_or(&none);
        let table = write_table(&object, |name| kept.contains(&*demangle(name)));
        fs::write(file, table).unwrap();
        made.insert(format!("- `{build_id}.txt`: {}", report.path));
    }
    made
}

/// Objects that have no table: no file of theirs is at hand, or the capture has no build id for
/// them, which perf records only for objects that a sample's own address hits.
fn unknown_objects(profiles: &[Profile]) -> BTreeSet<String> {
    let reports = profiles.iter().flat_map(|profile| &profile.account.objects);
    let unknown = reports.filter(|report| report.outcome.is_err());
    unknown.map(|report| report.path.clone()).collect()
}

/// Copies what was taken of the recorded machine beside the capture.
fn copy_beside(source: &Path, out: &Path) {
    let folder = source.parent().unwrap_or(source);
    let boot = folder.file_name().unwrap_or_default().to_string_lossy();
    for name in ["modules", "mtree.txt"] {
        let places = [folder.join(name), folder.join(format!("{boot}.{name}"))];
        if let Some(found) = places.iter().find(|path| path.is_file()) {
            fs::write(out.join(name), fs::read(found).unwrap()).unwrap();
        }
    }
}

/// The whole capture.
fn recorded(case: &Case, source: &Path) -> Vec<u8> {
    if case.from.is_empty() {
        let work = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let options = match case.name {
            "user" => RECORD_USER,
            _ => RECORD_PLAIN,
        };
        let arguments = options.split(' ').chain([PIPELINE]);
        run("perf", &arguments.collect::<Vec<_>>(), work);
        return fs::read(work.join("perf.data")).unwrap();
    }
    let plain = PathBuf::from(format!("{}.data", source.display()));
    let packed = PathBuf::from(format!("{}.data.zst", source.display()));
    unpacked(if plain.exists() { &plain } else { &packed })
}

fn make(case: &Case, shared: &Path) {
    let out = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(case.name);
    let source = shared.join(case.from);
    if case.from.is_empty() && out.exists() {
        eprintln!("{}: kept as it is", case.name);
        return;
    }
    let data = recorded(case, &source);
    drop(fs::remove_dir_all(&out));
    fs::create_dir_all(out.join("expected")).unwrap();
    let path = out.join("perf.data");
    fs::write(&path, &data).unwrap();
    let (cut, until) = cut_capture(&Capture::open(&path).unwrap(), &data, case.keep);
    fs::write(&path, &cut).unwrap();

    let full = kallsyms(&source);
    fs::write(out.join("kallsyms"), &full).unwrap();
    let capture = Capture::open(&path).unwrap();
    let mut symbols = SymbolRequest {
        search: ObjectSearch {
            capture_dir: Some(out.clone()),
            buildid_dirs: caches(case, shared),
            recorded_paths: case.from.is_empty(),
            ..ObjectSearch::default()
        },
        ..SymbolRequest::default()
    };
    let whole = profiles(&capture, &symbols);
    let tables = write_tables(&whole, &symbols.search, &out);
    fs::write(out.join("kallsyms"), cut_kallsyms(&full, &numbers_in(&cut))).unwrap();
    copy_beside(&source, &out);
    symbols.search = ObjectSearch {
        capture_dir: Some(out.clone()),
        ..ObjectSearch::default()
    };
    let small = profiles(&capture, &symbols);
    assert_eq!(
        stacks_of(&whole),
        stacks_of(&small),
        "{}: names were lost",
        case.name
    );

    fs::write(out.join("expected/stats.txt"), perf_counts(&out)).unwrap();
    let unknown = unknown_objects(&small);
    let how = write_expected(case, &source, until, (&out, &unknown));
    write_exit_tables(&out);
    let text = how::text(case, &out, &tables, &unknown, how);
    fs::write(out.join("HOW.md"), text).unwrap();
    eprintln!(
        "{}: {} bytes of perf.data, {} samples",
        case.name,
        cut.len(),
        small[0].account.tally.read
    );
}

#[test]
#[ignore = "rewrites testdata/ with the help of perf and of captures that are no part of it"]
fn make_testdata() {
    let shared = common::shared::folder();
    let only = std::env::var("VMFLAME_CASE").ok();
    for case in &CASES {
        if only.as_deref().is_none_or(|only| only == case.name) {
            make(case, &shared);
        }
    }
}

//! What is asked of the program and how it answers where it cannot do so: options, hints, help.
#![allow(clippy::unwrap_used, reason = "a test may stop")]
#![allow(clippy::panic, reason = "a test may stop")]
#![allow(clippy::print_stderr, reason = "tells why a test did nothing")]

mod examples;
mod numbers;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::shared::skipped;

const PROGRAM: &str = env!("CARGO_BIN_EXE_vmflame");

/// What a run of the program left behind.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn case(name: &str) -> String {
    let path = repository().join("testdata").join(name);
    path.to_str().unwrap().to_owned()
}

fn finish(command: &mut Command) -> Run {
    let home = env!("CARGO_TARGET_TMPDIR");
    let done = command.env("HOME", home).stdin(Stdio::null()).output();
    let done = done.unwrap();
    Run {
        code: done.status.code(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

fn run(arguments: &[&str]) -> Run {
    finish(Command::new(PROGRAM).args(arguments))
}

fn run_in(folder: &Path, arguments: &[&str]) -> Run {
    finish(Command::new(PROGRAM).args(arguments).current_dir(folder))
}

/// A directory of its own for each test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("command-line-{test}"));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// perf's users type `-i`.
#[test]
fn every_verb_takes_its_input_as_perf_does() {
    let (plain, good) = (case("plain"), case("svm-good"));
    let convert = ["convert", "--format", "folded"];
    let same = |a: &[&str], b: &[&str]| {
        let (a, b) = (run(a), run(b));
        assert_eq!((a.code, &a.out), (Some(0), &b.out));
    };
    same(
        &[&convert[..], &["-i", &plain]].concat(),
        &[&convert[..], &[&plain]].concat(),
    );
    same(&["info", "-i", &plain], &["info", &plain]);
    same(
        &["diff", "-i", &plain, "-i", &good],
        &["diff", &plain, &good],
    );
    assert_eq!(run(&["bench", "--runs", "1", "-i", &plain]).code, Some(0));
    for wrong in [
        &["info", "-i", &plain, &plain][..],
        &["diff", "-i", &plain, "-i", &plain, "-i", &plain],
        &["diff", "-i", &plain, &plain],
    ] {
        assert_eq!(run(wrong).code, Some(2), "{wrong:?}");
    }
}

/// A file behind `--annotate` is the input; a kind is a kind, with and without `=`.
#[test]
fn annotate_does_not_eat_the_file() {
    let folder = folder("annotate");
    let from = Path::new(&case("svm-bad")).join("perf.data");
    fs::copy(&from, folder.join("perf.data")).unwrap();
    fs::copy(&from, folder.join("other.data")).unwrap();
    let annotated = |more: &[&str]| {
        let run = run_in(&folder, &[&["convert", "--format=folded"], more].concat());
        assert_eq!(run.code, Some(0), "{more:?}: {}", run.err);
        run.out
    };
    let kernel = annotated(&["--annotate", "other.data"]);
    assert!(kernel.contains("_[k]"));
    assert_eq!(annotated(&["--annotate"]), kernel);
    assert_eq!(annotated(&["--annotate", "perf", "other.data"]), kernel);
    let tags = annotated(&["--annotate", "tag", "other.data"]);
    assert!(tags.contains("_[guest]"));
    assert_eq!(annotated(&["--annotate=tag"]), tags);
}

/// The stacks of folded text with their weights, of each the last frames, at most so many.
fn stacks(text: &str, most: usize) -> BTreeMap<String, u64> {
    let mut stacks = BTreeMap::new();
    for line in text.lines() {
        let (stack, weight) = line.rsplit_once(' ').unwrap();
        let frames: Vec<&str> = stack.split(';').collect();
        let last = frames[frames.len().saturating_sub(most)..].join(";");
        *stacks.entry(last).or_default() += weight.parse::<u64>().unwrap();
    }
    stacks
}

/// perf 6.1's option of that name leaves of each chain the frames nearest to the leaf; tags are
/// those of the whole stack, so that a short limit does not make a guest of everything.
#[test]
fn max_stack_keeps_the_frames_nearest_to_the_leaf() {
    let capture = case("svm-bad");
    let folded = |more: &[&str]| {
        let first = [
            "convert",
            &capture,
            "--format=folded",
            "--group=none",
            "--annotate=tag",
        ];
        run(&[&first[..], more].concat()).out
    };
    let whole = folded(&[]);
    for most in [1, 3, 1000] {
        let cut = folded(&["--max-stack", &most.to_string()]);
        assert_eq!(stacks(&cut, usize::MAX), stacks(&whole, most));
    }
    let capture = format!("{capture}/perf.data");
    let mut perf = Command::new("perf");
    perf.args(["script", "-i", &capture, "-F", "ip", "--max-stack", "3"]);
    let Ok(perfs) = perf.stdin(Stdio::null()).output() else {
        skipped("perf is not installed");
        return;
    };
    let perfs = String::from_utf8_lossy(&perfs.stdout).into_owned();
    let depths = perfs
        .split("\n\n")
        .map(|sample| sample.lines().filter(|l| !l.trim().is_empty()).count());
    let deepest = depths.clone().max();
    let three = depths.filter(|&depth| depth == 3).count() as u64;
    let ours = stacks(&folded(&["--max-stack", "3"]), usize::MAX);
    let of_three = ours
        .iter()
        .filter(|(stack, _)| stack.matches(';').count() == 2);
    let of_three: u64 = of_three.map(|(_, weight)| weight).sum();
    assert_eq!((deepest, three), (Some(3), of_three));
}

/// c++filt of binutils 2.40 prints `_ZN3foo3barEi` as `foo::bar(int)`.
#[test]
fn names_stay_mangled_on_request() {
    let folder = folder("mangled");
    let plain = PathBuf::from(case("plain"));
    fs::copy(plain.join("perf.data"), folder.join("perf.data")).unwrap();
    fs::create_dir(folder.join("symbols")).unwrap();
    let table = "93ac61ec5a8eb1396f9fbd350e3169a558528a40.txt";
    let text = fs::read_to_string(plain.join("symbols").join(table)).unwrap();
    let name = "__memmove_avx512_unaligned_erms";
    let text = text.replace(&format!(" {name}\n"), " _ZN3foo3barEi\n");
    fs::write(folder.join("symbols").join(table), text).unwrap();
    let shown = run_in(&folder, &["convert", "--format=folded", "."]).out;
    assert!(shown.contains(";foo::bar ") && !shown.contains("_ZN3"));
    let raw = run_in(
        &folder,
        &["convert", "--format=folded", "--no-demangle", "."],
    )
    .out;
    let renamed = shown.replace("foo::bar", "_ZN3foo3barEi");
    assert_eq!(stacks(&raw, usize::MAX), stacks(&renamed, usize::MAX));
    let part = [
        "--before-filter",
        "time=0%-50%",
        "--after-filter",
        "time=50%-100%",
    ];
    let diff = [
        &["diff", ".", "--format=folded", "--no-demangle"][..],
        &part,
    ]
    .concat();
    assert!(run_in(&folder, &diff).out.contains("_ZN3foo3barEi"));
}

/// What nobody can guess is said: what there is to choose from, in one line.
#[test]
fn an_empty_answer_says_what_there_is() {
    for (filter, hint) in [
        (["--comm", "nobody"], "threads: CPU 0/KVM, swapper, "),
        (["-p", "99"], "processes: 207 qemu-system-x86, 0 swapper, "),
        (["-t", "99"], "threads: 214 CPU 0/KVM, 0 swapper, "),
        (["-C", "77"], "CPUs: 0-1\n"),
        (["--time", "1,2"], "times: 32.954804348 to 34.954776888\n"),
    ] {
        for verb in ["convert", "diff"] {
            let capture = case("svm-bad");
            let inputs = [&capture, &capture];
            let inputs = &inputs.map(String::as_str)[..if verb == "diff" { 2 } else { 1 }];
            let run = run(&[&[verb][..], inputs, &filter].concat());
            assert_eq!(run.code, Some(1), "{filter:?}: {}", run.err);
            let (_, said) = run.err.split_once("\nhint: ").unwrap();
            assert!(said.contains(hint), "{filter:?}: {said}");
            assert!(
                said.len() < 400 && said.matches('\n').count() == 1,
                "{said}"
            );
        }
    }
}

#[test]
fn files_that_cannot_be_read_have_hints() {
    let folder = folder("unreadable");
    let missing = run_in(&folder, &["convert"]);
    assert_eq!(missing.code, Some(2));
    assert!(
        missing
            .err
            .contains("\nhint: perf.data is read when no input is named")
    );
    let named = run_in(&folder, &["convert", "other.data"]);
    assert!(!named.err.contains("perf.data is read"), "{}", named.err);
    let file = folder.join("perf.data");
    fs::write(&file, "x").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_ok() {
        skipped("this user may read everything");
        return;
    }
    let denied = run_in(&folder, &["convert"]);
    assert!(denied.err.contains("mode 0600"), "{}", denied.err);
}

/// What is not done is refused by name, with what does the same.
#[test]
fn what_is_not_done_is_refused() {
    let capture = case("svm-bad");
    let file = format!("{capture}/perf.data");
    for (options, said) in [
        (
            &["-S", "main"][..],
            "-S: samples are not filtered by function\nhint: ",
        ),
        (&["--symbols=main"], "-S: "),
        (
            &["-d", "kvm"],
            "-d: samples are not filtered by object file\nhint: ",
        ),
        (
            &["--buildid-dir", "/nosuch"],
            "build-id cache /nosuch\ncaused by: ",
        ),
        (&["--buildid-dir", &file], "build-id cache "),
        (&["--kallsyms", "/"], "--kallsyms: / is a directory"),
        (&["--kallsyms", "/nosuch"], "cannot open /nosuch"),
        (
            &["--group", "cgroup"],
            "carry no cgroups to tell them apart by\nhint: ",
        ),
        (&["--no-tag", "--rules", "/dev/null"], "cannot be used with"),
        (&["--no-tag", "--annotate=tag"], "--annotate=tag"),
        (&["--max-stack", "0"], "0 is not in"),
    ] {
        let run = run(&[&["convert", &capture][..], options].concat());
        assert_eq!((run.code, &*run.out), (Some(2), ""), "{options:?}");
        assert!(run.err.contains(said), "{options:?}: {}", run.err);
    }
    let folder = folder("refused");
    fs::write(folder.join("a.folded"), "a;b 10\n").unwrap();
    for options in [&["-p", "7"][..], &["--time", "0%-50%"], &["--no-idle"]] {
        let run = run_in(
            &folder,
            &[&["diff", "a.folded", "a.folded"][..], options].concat(),
        );
        assert_eq!(run.code, Some(2), "{options:?}");
        assert!(
            run.err.contains("folded text cannot be filtered"),
            "{}",
            run.err
        );
    }
}

/// An option that changes nothing is told, and the answer is given; with `--quiet` it is not told.
#[test]
fn an_option_without_effect_is_told() {
    let folder = folder("without-effect");
    fs::write(folder.join("a.folded"), "a;b 10\n").unwrap();
    let capture = case("plain");
    let text = &["convert", &capture, "--format=folded"][..];
    let picture = &["convert", &capture][..];
    let diff = &["diff", "a.folded", "a.folded"][..];
    let title = ["--title", "x"];
    for (verb, options) in [
        (text, &title[..]),
        (text, &["--min-width", "1"]),
        (picture, &["--annotate"]),
        (diff, &title),
        (diff, &["--min-width", "1"]),
        (diff, &["--width", "after"]),
        (diff, &["--top", "3", "--json"]),
        (diff, &["--json", "--format", "text"]),
        (diff, &["--weight", "period"]),
        (diff, &["--group", "cpu"]),
        (diff, &["--no-tag"]),
        (diff, &["--max-stack", "3"]),
        (diff, &["--no-demangle"]),
        (diff, &["--buildid-dir", "/"]),
    ] {
        let run = run_in(&folder, &[verb, options].concat());
        assert_eq!(run.code, Some(0), "{options:?}: {}", run.err);
        let said = format!("warning: {} has no effect: ", options[0]);
        assert_eq!(run.err.matches("has no effect").count(), 1, "{}", run.err);
        assert!(run.err.contains(&said), "{options:?}: {}", run.err);
        let quiet = run_in(&folder, &[verb, options, &["-q"]].concat());
        assert_eq!((quiet.code, &*quiet.err), (Some(0), ""));
    }
    let recorded = case("vmx-bad-tracepoints");
    let run = run_in(&folder, &["diff", &recorded, &recorded, "--group", "cpu"]);
    assert!(!run.err.contains("no effect"), "{}", run.err);
    for (verb, options) in [
        (picture, &title[..]),
        (text, &["--annotate"]),
        (diff, &["--top", "3"]),
    ] {
        let run = run_in(&folder, &[verb, options].concat());
        assert!(!run.err.contains("no effect"), "{options:?}: {}", run.err);
    }
}

/// Verbs without `--vm`, and why.
const OF_NO_VM: [[&str; 2]; 7] = [
    ["blockio", "it reads what one QEMU traced of itself"],
    [
        "bench",
        "it measures what the stages take on a whole capture",
    ],
    ["dataset", "it stores whole captures"],
    [
        "fleet",
        "it asks a dataset, by --sql and the columns of its queries",
    ],
    ["completions", "it reads no capture"],
    ["man", "it reads no capture"],
    ["help", "it reads no capture"],
];

/// One VM of a host is what people ask about: whatever reads captures can be asked for it.
#[test]
fn each_verb_can_be_asked_for_a_vm() {
    let help = run(&["--help"]).out;
    let commands = help.split("Commands:\n").nth(1).unwrap();
    let commands = commands.split("\n\n").next().unwrap();
    let name = |line: &str| {
        let word = line.strip_prefix("  ")?.split(' ').next()?;
        (!word.is_empty()).then(|| word.to_owned())
    };
    let verbs: Vec<String> = commands.lines().filter_map(name).collect();
    assert!(verbs.len() > 12, "{verbs:?}");
    for verb in verbs {
        let has_it = run(&[&verb, "--help"]).out.contains("--vm <");
        let is_without = OF_NO_VM.iter().any(|[without, _]| *without == verb);
        assert!(has_it != is_without, "{verb}: {has_it}");
    }
}

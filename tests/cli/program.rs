//! The program as a user meets it: what it prints, where, and how it ends.
#![allow(clippy::unwrap_used, reason = "a test may stop")]
#![allow(clippy::print_stderr, reason = "tells why a test did nothing")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::shared::{shared, skipped};

/// What a run of the program left behind.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    /// The folded stacks on standard output.
    fn lines(&self) -> Vec<(&str, u64)> {
        let lines = self.out.lines().map(|line| line.rsplit_once(' ').unwrap());
        lines
            .map(|(stack, count)| (stack, count.parse().unwrap()))
            .collect()
    }

    fn total(&self) -> u64 {
        self.lines().iter().map(|(_, count)| count).sum()
    }
}

fn case(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    folder.join(name).to_str().unwrap().to_owned()
}

/// The program without what its answers must not depend on: no build-id cache of the user's.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command
        .args(arguments)
        .env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command.stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Run {
    let done = program(arguments).output().unwrap();
    Run {
        code: done.status.code(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

/// Converts a case to folded text on standard output.
fn folded(name: &str, more: &[&str]) -> Run {
    let case = case(name);
    let first = ["convert", &case, "--format", "folded"];
    let run = run(&[&first[..], more].concat());
    assert_eq!(run.code, Some(0), "{more:?}: {}", run.err);
    run
}

/// A directory of its own for each test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{test}"));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

/// A user who points at a wrong file must learn that, not see an empty picture.
#[test]
fn what_is_no_capture_is_refused_with_a_hint() {
    let folder = folder("no-capture");
    let file = folder.join("notes.txt");
    fs::write(&file, "these are not samples").unwrap();
    let run = run(&["convert", file.to_str().unwrap()]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.starts_with("error: "), "{}", run.err);
    assert!(run.err.contains("not a perf.data file") && run.err.contains("\nhint: "));
    let empty = self::run(&["convert", folder.to_str().unwrap()]);
    assert_eq!(empty.code, Some(2));
    assert!(
        empty.err.contains("there is no perf.data in it"),
        "{}",
        empty.err
    );
    let none = self::run(&["convert", "/nonexistent/perf.data"]);
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("\ncaused by: "), "{}", none.err);
}

#[test]
fn an_unknown_event_lists_those_there_are() {
    let run = run(&["convert", &case("svm-bad-tracepoints"), "-e", "cycles"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    for name in ["cpu-clock/freq=997/", "kvm:kvm_exit", "kvm:kvm_pio"] {
        assert!(run.err.contains(name), "{}", run.err);
    }
}

/// A real capture without the chains of its samples, which hold `ip tid time period` otherwise: in
/// the place of each word of a chain stands a `PERF_RECORD_FINISHED_ROUND`, which is a bare header.
fn without_chains(mut bytes: Vec<u8>) -> Vec<u8> {
    const FINISHED_ROUND: [u8; 8] = [68, 0, 0, 0, 0, 0, 8, 0];
    const LEN_WITHOUT_CHAIN: u16 = 8 + 4 * 8;
    let word = |bytes: &[u8], at: usize| {
        let word = bytes[at..at + 8].try_into().unwrap();
        usize::try_from(u64::from_le_bytes(word)).unwrap()
    };
    let [attrs, mut at, len] = [24, 40, 48].map(|at| word(&bytes, at));
    let sample_type = word(&bytes, attrs + 24) & !(1 << 5);
    bytes[attrs + 24..attrs + 32].copy_from_slice(&sample_type.to_le_bytes());
    let end = at + len;
    while at < end {
        let record_len = usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
        if bytes[at] == 9 {
            bytes[at + 6..at + 8].copy_from_slice(&LEN_WITHOUT_CHAIN.to_le_bytes());
            for rest in bytes[at + usize::from(LEN_WITHOUT_CHAIN)..at + record_len].chunks_mut(8) {
                rest.copy_from_slice(&FINISHED_ROUND);
            }
        }
        at += record_len;
    }
    bytes
}

/// What `perf record` writes without `-g`, and `perf kvm stat record`, has samples all the same; to
/// see stacks is a flag of perf's.
#[test]
fn a_capture_without_call_chains_hints_at_the_flag() {
    let bytes = without_chains(fs::read(Path::new(&case("plain")).join("perf.data")).unwrap());
    let file = folder("no-chains").join("perf.data");
    fs::write(&file, bytes).unwrap();
    let run = run(&["convert", file.to_str().unwrap(), "--format", "folded"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    // Every sample counts, as a single frame below its task.
    let mut total = 0;
    for line in run.out.lines() {
        let (stack, count) = line.rsplit_once(' ').unwrap();
        assert_eq!(stack.matches(';').count(), 1, "{line}");
        total += count.parse::<u64>().unwrap();
    }
    assert!(run.err.contains(&format!("{total} samples read")));
    assert!(
        run.err
            .contains("hint: record again with them: perf record -g"),
        "{}",
        run.err
    );
}

/// An empty answer is an answer, told by its exit status.
#[test]
fn filters_that_match_nothing_exit_with_1() {
    for filter in [
        ["-p", "999999"],
        ["--comm", "nobody"],
        ["-C", "77"],
        ["--time", "1,2"],
    ] {
        let out = folder("no-match").join("out.svg");
        let case = case("svm-bad");
        let arguments = [
            "convert",
            &case,
            "-o",
            out.to_str().unwrap(),
            filter[0],
            filter[1],
        ];
        let run = run(&arguments);
        assert_eq!(run.code, Some(1), "{filter:?}: {}", run.err);
        assert!(run.err.contains("none of the 3661 samples"), "{}", run.err);
        assert!(!out.exists());
    }
}

/// `vmflame convert … | head` is no error.
#[test]
fn a_closed_pipe_ends_quietly() {
    let case = case("svm-bad");
    for format in ["folded", "svg"] {
        let mut command = program(&["convert", &case, "--format", format]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let done = child.wait_with_output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(0), "{said}");
        assert!(
            !said.contains("error") && !said.contains("panicked"),
            "{said}"
        );
    }
}

/// `2>&1 | head` closes standard error too: what would be said there changes nothing of the result.
#[test]
fn a_closed_standard_error_changes_nothing() {
    let case = case("svm-bad");
    let arguments = ["convert", &case, "--format", "folded"];
    let expected = folded("svm-bad", &[]).out;
    let mut command = program(&arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(String::from_utf8(done.stdout).unwrap(), expected);
    let mut command = program(&["convert", "no-such-file"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

/// Whoever reads the output file sees the old one or the new one.
#[test]
fn an_output_file_is_written_whole_or_not_at_all() {
    let folder = folder("whole");
    let out = folder.join("perf.svg");
    fs::write(&out, "yesterday's").unwrap();
    let path = out.to_str().unwrap();
    let failed = run(&["convert", &case("svm-bad"), "-o", path, "--comm", "nobody"]);
    assert_eq!(failed.code, Some(1));
    assert_eq!(fs::read_to_string(&out).unwrap(), "yesterday's");
    assert_eq!(
        run(&["convert", &case("svm-bad"), "-o", path]).code,
        Some(0)
    );
    let text = fs::read_to_string(&out).unwrap();
    assert!(text.starts_with("<?xml") && text.trim_end().ends_with("</svg>"));
    assert_eq!(names_in(&folder), ["perf.svg"]);
    let nowhere = folder.join("missing/perf.svg");
    let failed = run(&["convert", &case("svm-bad"), "-o", nowhere.to_str().unwrap()]);
    assert_eq!(failed.code, Some(2));
    assert!(failed.err.contains("cannot write"), "{}", failed.err);
}

/// A kernel that hides its addresses from whoever copied kallsyms.
#[test]
fn hidden_kernel_symbols_hint_at_the_sysctl() {
    let folder = folder("hidden");
    fs::copy(
        Path::new(&case("svm-bad")).join("perf.data"),
        folder.join("perf.data"),
    )
    .unwrap();
    let real = fs::read_to_string(Path::new(&case("svm-bad")).join("kallsyms")).unwrap();
    let hidden = real
        .lines()
        .map(|line| format!("{:016x}{}\n", 0, &line[16..]));
    fs::write(folder.join("kallsyms"), hidden.collect::<String>()).unwrap();
    let run = run(&["convert", folder.to_str().unwrap(), "--format", "folded"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(
        run.err.contains("hint: ") && run.err.contains("kptr_restrict"),
        "{}",
        run.err
    );
    assert!(run.out.contains(";[kernel]"));
}

/// An object of another build gives wrong names: better none.
#[test]
fn an_object_of_another_build_is_refused_by_name() {
    let Ok(other) = fs::read("/bin/sh") else {
        skipped("no /bin/sh");
        return;
    };
    let folder = folder("mismatch");
    fs::copy(
        Path::new(&case("plain")).join("perf.data"),
        folder.join("perf.data"),
    )
    .unwrap();
    let cached = folder.join("buildid/.build-id/93/ac61ec5a8eb1396f9fbd350e3169a558528a40");
    fs::create_dir_all(&cached).unwrap();
    fs::write(cached.join("elf"), other).unwrap();
    let run = run(&["convert", folder.to_str().unwrap(), "--format", "folded"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let refused = run
        .err
        .lines()
        .find(|line| line.contains("not used: build id"));
    let refused = refused.unwrap_or_else(|| panic!("{}", run.err));
    assert!(
        refused.contains("/93/ac61ec5a8eb1396f9fbd350e3169a558528a40/elf"),
        "{refused}"
    );
    assert!(
        refused.contains("recorded 93ac61ec5a8eb1396f9fbd350e3169a558528a40"),
        "{refused}"
    );
}

/// Order that depends on which thread was first, on a hash seed, or on colour settings.
#[test]
fn the_same_bytes_come_out_whatever_the_threads_and_the_environment() {
    for name in ["svm-bad", "vmx-bad-tracepoints"] {
        let case = case(name);
        for format in ["svg", "folded"] {
            let one = ["convert", &case, "--format", format, "--threads", "1"];
            let first = run(&one);
            assert_eq!(first.code, Some(0), "{}", first.err);
            for threads in ["2", "16"] {
                let many = ["convert", &case, "--format", format, "--threads", threads];
                assert_eq!(run(&many).out, first.out, "{name} {format} {threads}");
            }
            let plain = program(&one).env("NO_COLOR", "1").output().unwrap();
            assert_eq!(plain.stdout, first.out.as_bytes());
            assert_eq!(plain.stderr, first.err.as_bytes());
            assert!(!first.err.contains('\x1b'));
        }
    }
}

/// The parts of the recording are all of it, each sample in one of them.
#[test]
fn tenths_of_the_time_add_up_to_the_whole() {
    for name in ["svm-bad", "pvm"] {
        let whole = folded(name, &[]).total();
        let tenths: u64 = (1..=10)
            .map(|tenth| folded(name, &["--time", &format!("10%/{tenth}")]).total())
            .sum();
        assert_eq!(tenths, whole, "{name}");
        let ranges = (0..10).map(|tenth| format!("{}%-{}%", 10 * tenth, 10 * tenth + 10));
        let all: Vec<String> = ranges.collect();
        assert_eq!(
            folded(name, &["--time", &all.join(",")]).total(),
            whole,
            "{name}"
        );
    }
}

/// Grouping moves samples to other roots; it loses none. Names of the recorded host: QEMU's
/// process 207, whose vCPU thread is 214 (badst-fp.qemu-threads.txt of the captures).
#[test]
fn groups_have_the_roots_they_promise() {
    let total = folded("svm-bad", &[]).total();
    for (group, root) in [
        ("comm", "CPU 0/KVM;"),
        ("process", "qemu-system-x86;CPU 0/KVM;"),
        ("thread", "qemu-system-x86-207;CPU 0/KVM-214;"),
        ("cpu", "cpu_1;qemu-system-x86;CPU 0/KVM;"),
        ("none", "[libc.so.6];qemu_thread_start;"),
    ] {
        let run = folded("svm-bad", &["--group", group]);
        assert_eq!(run.total(), total, "{group}");
        let found = run.out.lines().any(|line| line.starts_with(root));
        assert!(found, "{group}: no {root}");
    }
}

/// Of kernel and user frames one kind is left, and samples that have none of it are counted.
#[test]
fn scopes_show_one_side_of_the_system_call() {
    let kernel = folded(
        "svm-bad",
        &["--kernel-only", "--annotate", "--group", "none"],
    );
    for (stack, _) in kernel.lines() {
        assert!(
            stack.split(';').all(|frame| frame.ends_with("_[k]")),
            "{stack}"
        );
    }
    let user = folded("svm-bad", &["--user-only", "--annotate"]);
    assert!(!user.out.contains("_[k]"));
    for run in [kernel, user] {
        let (folded, filtered) = (number(&run, "folded"), number(&run, "filtered"));
        assert_eq!(run.total(), folded);
        assert_eq!(number(&run, "samples read"), folded + filtered);
        assert!(folded > 0 && filtered > 0);
    }
}

/// Law: frames are hidden after all of them have told the tag. What runs in the kernel for a vCPU was
/// asked for by user code, so an exit that shows the way there has its tag with and without the rest.
#[test]
fn scopes_leave_tags_as_they_are() {
    let tags_of = |more: &[&str]| {
        let run = folded(
            "svm-bad",
            &[&["--annotate=tag", "--comm", "CPU 0/KVM"], more].concat(),
        );
        let mut tags = std::collections::BTreeMap::new();
        for (stack, count) in run.lines() {
            let tag = stack.rsplit_once("_[").map_or("", |(_, tag)| tag);
            *tags.entry(tag.to_owned()).or_insert(0) += count;
        }
        tags
    };
    let [all, kernel, user] = [&[][..], &["--kernel-only"], &["--user-only"]].map(tags_of);
    assert!(all["exit:emulate]"] > 0 && all["guest]"] > 0);
    for (tag, count) in &all {
        let is_kernels = tag.starts_with("exit") || tag == "entry]";
        assert_eq!(kernel.get(tag) == Some(count), is_kernels, "{tag}");
        assert_eq!(user.get(tag) == Some(count), tag != "guest]", "{tag}");
    }
}

/// The number before a word of the quality line, which is the last.
fn number(run: &Run, what: &str) -> u64 {
    let line = run.err.lines().last().unwrap();
    let parts = line.split(';').next().unwrap().split(", ");
    let found = parts.filter_map(|part| part.strip_suffix(what));
    found
        .map(|count| count.trim().parse::<u64>().unwrap())
        .sum()
}

/// Idle CPUs hide what the busy ones do.
#[test]
fn idle_is_left_out_on_request() {
    let all = folded("svm-bad", &["--annotate", "tag"]);
    let idle: u64 = all
        .lines()
        .iter()
        .filter(|(stack, _)| stack.contains("_[idle]"))
        .map(|l| l.1)
        .sum();
    let busy = folded("svm-bad", &["--annotate", "tag", "--no-idle"]);
    assert!(idle > 100 && !busy.out.contains("_[idle]"));
    assert_eq!(busy.total(), all.total() - idle);
    assert_eq!(number(&busy, "filtered"), idle);
}

/// A function of the user's own becomes what the user says it is.
#[test]
fn rules_tag_functions_of_the_users_own() {
    let rules = folder("rules").join("own.tsv");
    fs::write(&rules, "kvm_fast_p*\texit:hypercall\n").unwrap();
    let path = rules.to_str().unwrap();
    let run = folded("svm-bad", &["--annotate", "tag", "--rules", path]);
    assert!(run.out.contains("kvm_fast_pio_[exit:hypercall]"));
    fs::write(&rules, "kvm_fast_pio\texit:nothing\n").unwrap();
    let case = case("svm-bad");
    let wrong = self::run(&["convert", &case, "--rules", path]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.err.contains("own.tsv") && wrong.err.contains("exit:nothing"),
        "{}",
        wrong.err
    );
}

/// A table written by hand that falls behind the program.
#[test]
fn the_readme_knows_every_tag() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(path).unwrap();
    for tag in vmflame::stack::Tag::ALL {
        assert!(
            readme.contains(&format!("\n| `{tag}` | ")),
            "{tag} is missing"
        );
    }
}

/// Scripts that want the picture and nothing else.
#[test]
fn quiet_says_nothing_but_errors() {
    assert_eq!(folded("svm-bad", &["--quiet"]).err, "");
    let failed = run(&["convert", "--quiet", "/nonexistent"]);
    assert!(failed.err.starts_with("error: "));
}

/// Every case can be asked about, as text and as JSON, and both count the same.
#[test]
fn info_counts_what_is_in_the_file() {
    let names: BTreeSet<String> = names_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"))
        .into_iter()
        .filter(|name| Path::new(&case(name)).join("expected").is_dir())
        .collect();
    for name in names {
        let text = run(&["info", &case(&name)]);
        assert_eq!(text.code, Some(0), "{}", text.err);
        let json = run(&["info", "--json", &case(&name)]);
        let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        let stats = Path::new(&case(&name)).join("expected/stats.txt");
        let stats = fs::read_to_string(stats).unwrap();
        let perfs = stats
            .lines()
            .find(|line| line.contains("SAMPLE events:"))
            .unwrap();
        let perfs = perfs
            .split_whitespace()
            .nth(2)
            .unwrap()
            .parse::<u64>()
            .unwrap();
        assert_eq!(json["records"]["SAMPLE"].as_u64(), Some(perfs), "{name}");
        assert_eq!(json["schema_version"].as_u64(), Some(1));
        assert!(text.out.contains("SAMPLE"));
    }
}

/// Kernel symbols that nothing would use are not missed; where a stack shows the kernel they are.
#[test]
fn kernel_symbols_are_missed_only_where_a_stack_shows_the_kernel() {
    let folder = folder("no-kernel");
    let capture = folder.join("perf.data");
    fs::copy(Path::new(&case("svm-bad")).join("perf.data"), &capture).unwrap();
    let convert = ["convert", capture.to_str().unwrap(), "--format", "folded"];
    assert!(run(&convert).err.contains("no kernel symbols"));
    let user = run(&[&convert[..], &["--user-only", "--no-tag"]].concat());
    assert_eq!(user.code, Some(0), "{}", user.err);
    assert!(!user.err.contains("kernel symbols"), "{}", user.err);
    // Tags are told from all frames, hidden ones too.
    let tagged = run(&[&convert[..], &["--user-only"]].concat());
    assert!(tagged.err.contains("exits cannot be told apart"));
}

/// A tarball is unpacked into a folder whose name says nothing to whoever named the tarball.
#[test]
fn what_lies_in_a_tarball_is_named_below_it() {
    let folder = folder("tarball-names");
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let pack = |name: &str, inner: &[(&str, &[u8])]| {
        let mut tar = tar::Builder::new(fs::File::create(at(name)).unwrap());
        for (path, bytes) in inner {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, *bytes).unwrap();
        }
        tar.finish().unwrap();
        at(name)
    };
    let good = fs::read(Path::new(&case("svm-bad")).join("perf.data")).unwrap();
    let half = &good[..good.len() / 2];
    let convert = |tarball: &str| run(&["convert", tarball, "--format", "folded"]);

    let garbage = pack("garbage.tar", &[("cap/perf.data", b"no capture")]);
    let kallsyms = pack("kallsyms.tar", &[("perf.data", &good), ("kallsyms", b"no")]);
    for (tarball, inside) in [(&garbage, "cap/perf.data"), (&kallsyms, "kallsyms")] {
        let refused = convert(tarball);
        assert_eq!(refused.code, Some(2));
        let expected = format!("error: {tarball}/{inside}: not a ");
        assert!(refused.err.starts_with(&expected), "{}", refused.err);
    }
    let cut = pack("cut.tar", &[("perf.data", half)]);
    let read = convert(&cut);
    let expected = format!("warning: {cut}/perf.data: the file is cut off");
    assert!(read.err.contains(&expected), "{}", read.err);
    let told = run(&["info", &cut]).out;
    assert!(
        told.starts_with(&format!("{cut}/perf.data: perf.data")),
        "{told}"
    );
    let diff = run(&["diff", &garbage, &cut]);
    assert!(
        diff.err.contains(&format!("{garbage}/cap/perf.data")),
        "{}",
        diff.err
    );
}

/// Frames of generated code lie in no file: that no build id was recorded is no reason.
#[test]
fn generated_code_is_said_to_be_generated() {
    let Some(capture) = shared("faults/perf-map/js.data") else {
        return;
    };
    let capture = capture.to_str().unwrap();
    let told = run(&["info", capture]).out;
    let (_, unnamed) = told.split_once("frames without a name").unwrap();
    let mut lines = unnamed.lines().filter(|line| line.contains("//anon"));
    assert!(
        lines
            .next()
            .unwrap()
            .ends_with("generated code without a map")
    );
    assert_eq!(lines.next(), None);
    let quality = run(&["convert", capture, "--format", "folded"]).err;
    assert!(
        quality.contains("generated code without a map"),
        "{quality}"
    );
}

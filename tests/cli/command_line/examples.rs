//! README and the helps: what they show is what happens.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{PROGRAM, case, finish, folder, repository, run};

/// Records what is there: on standard output, or where `vmflame record` says.
const PERF: &str = "case \"$1\" in --version) echo perf version 6.1.192;; esac
case \"$*\" in *'-o -'*) cat perf.data;; esac
for word do
    [ \"$last\" = -o ] && [ -d \"$(dirname \"$word\")\" ] && [ \"$word\" != - ] &&
        cp perf.data \"$word\" && echo '[ perf record: Captured and wrote 1 MB ]' >&2
    last=$word
done
:";

/// A folder with everything that README's commands speak of, and stand-ins for other programs.
fn stage() -> PathBuf {
    let stage = folder("stage");
    let capture = fs::read(Path::new(&case("svm-bad")).join("perf.data")).unwrap();
    for name in ["perf.data", "before.data", "after.data"] {
        fs::write(stage.join(name), &capture).unwrap();
    }
    let zstd = zstd::encode_all(&*capture, 1).unwrap();
    fs::write(stage.join("perf.data.zst"), zstd).unwrap();
    fs::write(stage.join("before.folded"), "a;b 10\n").unwrap();
    fs::write(stage.join("after.folded"), "a;b 20\n").unwrap();
    symlink(repository().join("testdata"), stage.join("testdata")).unwrap();
    symlink(case("svm-bad"), stage.join("capture")).unwrap();
    // Their tracepoints are those that conditions speak of.
    symlink(case("vmx-bad-tracepoints"), stage.join("before")).unwrap();
    symlink(case("vmx-bad-tracepoints"), stage.join("after")).unwrap();
    let bin = stage.join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(PROGRAM, bin.join("vmflame")).unwrap();
    let stands_in = |name: &str, script: &str| {
        fs::write(bin.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    stands_in("perf", PERF);
    stands_in("flamegraph.pl", "cat");
    stage
}

/// The commands of README's blocks, and the examples of all helps.
fn examples() -> Vec<String> {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let blocks = readme.split("\n```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("\n```").next().unwrap());
    let mut found: Vec<String> = blocks.flat_map(str::lines).map(ToOwned::to_owned).collect();
    for verb in ["", "convert", "info", "exits", "diff", "bench"] {
        let help = run(&[&[verb][usize::from(verb.is_empty())..], &["--help"]].concat());
        let (_, lines) = help.out.split_once("Examples:\n").unwrap();
        let lines = lines.lines().take_while(|line| !line.is_empty());
        // What stands further to the right goes on with what an example does.
        let lines = lines.filter(|line| !line.starts_with("   "));
        // What an example does stands behind two spaces.
        let commands = lines.map(|line| line.trim().split("  ").next().unwrap().to_owned());
        found.extend(commands);
    }
    found
}

/// Whether other tests try a command: a page is served until somebody ends it (tests/cli/view.rs), and
/// datasets, which README calls `fleet/` or which lie in S3, are no part of the default build and are asked
/// by other programs (tests/dataset).
fn is_tried_elsewhere(command: &str) -> bool {
    let starts = [
        "cargo",
        "vmflame view",
        "vmflame dataset",
        "vmflame fleet",
        "vmflame bench --generate fleet",
        "vmflame convert --format parquet",
        "duckdb",
        "pip",
        "python3 spark_job.py",
    ];
    let is_dataset = |word: &str| word == "fleet/" || word.starts_with("s3://");
    let is_of_dataset = command.split(' ').any(is_dataset);
    is_of_dataset || starts.iter().any(|start| command.starts_with(start))
}

/// Every command that README and the helps show is run. A user copies them.
#[test]
fn every_example_runs() {
    let stage = stage();
    let path = format!("{}:/usr/bin:/bin", stage.join("bin").display());
    let mut ran = 0;
    for example in examples() {
        // Numbers of the user's own machine, and what takes long.
        let command = example
            .replace("cargo run --release --", "vmflame")
            .replace("4711", "207")
            .replace("4715", "214")
            .replace("2-5", "0-1")
            .replace("--runs 5", "")
            .replace("--against", "")
            .replace("bench perf.data", "bench perf.data --runs 1")
            .replace("100M", "100K")
            // Tracepoints are told to root only.
            .replace("--profile exits", "--profile cpu")
            .replace("=tag |", "=tag --kallsyms testdata/svm-bad/kallsyms |");
        if is_tried_elsewhere(&command) {
            continue;
        }
        // Several make one, and none replaces what is there.
        if command.contains("-o case.tar.zst") {
            drop(fs::remove_file(stage.join("case.tar.zst")));
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).current_dir(&stage);
        let run = finish(shell.env("PATH", &path));
        let is_gate = command.contains("--fail-if");
        let is_fine = run.code == Some(0) || (is_gate && run.code == Some(1));
        assert!(is_fine, "{command}: {run:?}");
        assert!(!run.err.contains("error: "), "{command}: {}", run.err);
        ran += 1;
    }
    assert!(ran > 40, "{ran} examples");
}

/// The picture of README is that of its first command: its numbers are those of the text.
#[test]
fn the_first_command_draws_what_readme_shows() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let first = readme.split("cargo run --release -- ").nth(1).unwrap();
    let first = first.lines().next().unwrap().replace("bad.svg", "-");
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{PROGRAM} {first}")]);
    let run = finish(shell.current_dir(repository()));
    let svg = run.out.replace('\u{a0}', " ");
    let caption = readme
        .split("![")
        .nth(1)
        .unwrap()
        .split(']')
        .next()
        .unwrap();
    let shares: Vec<&str> = caption
        .split(" %")
        .filter_map(|text| text.rsplit(' ').next())
        .collect();
    let [guest, exits, _] = shares[..] else {
        panic!("{caption}");
    };
    assert!(svg.contains(&format!("guest <tspan>{guest} %")), "{guest}");
    assert!(
        svg.contains(&format!("VM exits <tspan>{exits} %")),
        "{exits}"
    );
    let png = fs::read(repository().join("testdata/picture.png")).unwrap();
    let [width, height] =
        [16, 20].map(|at| u32::from_be_bytes(png[at..at + 4].try_into().unwrap()));
    let size = format!("width=\"{width}\" height=\"{height}\"");
    assert!(svg.contains(&size), "{size}");
}

/// Options without a group stand between `-q` and `-h`, where nobody looks.
#[test]
fn helps_have_groups_and_all_exit_statuses() {
    for verb in ["convert", "info", "diff", "bench"] {
        let help = run(&[verb, "--help"]).out;
        let (_, general) = help.split_once("\nOptions:\n").unwrap();
        let general = general
            .split("\n\n")
            .take_while(|part| part.starts_with(' '));
        let own = general.filter(|part| part.contains("--")).count();
        assert!(own <= 8, "{verb}: {own} options without a group");
        assert!(help.contains("\nSymbols:\n"), "{verb}");
        assert!(help.contains("\nExit status:\n  0  "), "{verb}");
        assert!(help.contains("\n  2  an error"), "{verb}");
    }
    let all = run(&["--help"]).out;
    for part in [
        "\nExamples:\n",
        "\nFiles:\n",
        "\n  0  ",
        "\n  1  ",
        "\n  2  ",
    ] {
        assert!(all.contains(part), "{part}");
    }
}

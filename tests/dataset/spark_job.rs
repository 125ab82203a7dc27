//! Captures are added by Spark: in parallel, each with a row, and again without doubling any.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::folder::{Folder, case, checked, faults, rows, run};
use crate::spark::Spark;

/// A capture's row, by the end of its path: outcome and error.
fn row_of<'a>(report: &'a [csv::StringRecord], name: &str) -> [&'a str; 2] {
    let mut found = report.iter().filter(|row| row[0].ends_with(name));
    let row = found.next().unwrap_or_else(|| panic!("{name}: {report:?}"));
    assert!(found.next().is_none(), "{name}: {report:?}");
    [&row[1], &row[3]]
}

/// Captures that can be read, by their places and where they are from.
const CAPTURES: [[&str; 2]; 5] = [
    ["a/host1/perf.data", "vmx-bad"],
    ["a/line\nbreak, \"quoted\".data", "svm-bad"],
    ["b/--output.data", "svm-bad-tracepoints"],
    ["b/crash.data", "svm-good"],
    ["b/slow.data", "vmx-good"],
];

/// Captures, and what is none.
fn filled(folder: &Folder) {
    let place = |name: &str| folder.0.join(name);
    for [name, from] in CAPTURES {
        fs::create_dir_all(place(name).parent().unwrap()).unwrap();
        fs::copy(format!("{}/perf.data", case(from)), place(name)).unwrap();
    }
    fs::write(place("b/notes.txt"), "no capture").unwrap();
    fs::write(place("b/empty.data"), "").unwrap();
    symlink("/nonexistent", place("b/dangling.data")).unwrap();
}

/// The program, but for two captures it fails as programs do: killed for want of memory, or without an
/// end.
fn failing_program(folder: &Folder) -> String {
    fs::create_dir_all(&folder.0).unwrap();
    let program = folder.0.join("program");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in\n*--help*) ;;\n*crash.data*) kill -9 $$ ;;\n\
         *slow.data*) exec sleep 99 ;;\nesac\nexec {} \"$@\"\n",
        env!("CARGO_BIN_EXE_vmflame")
    );
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program.to_str().unwrap().to_owned()
}

/// Captures that can be read are added, among much that cannot: that the program crashes or does not
/// end is the matter of one row, though others are in the same batch. A second run adds what is missing.
#[test]
fn captures_are_added_in_parallel_and_once() {
    let captures = Folder::new("job captures");
    let Some(spark) = Spark::found(&captures) else {
        return;
    };
    filled(&captures);
    let [folder, plain] = ["job dataset", "job plain"].map(Folder::new);
    let added = |program: &str, timeout: &str| -> Vec<csv::StringRecord> {
        let places = ["add", captures.path(), "-o", folder.path()];
        let ways = ["--vmflame", program, "--batch", "3", "--timeout", timeout];
        let done = spark.run(&[&places[..], &ways].concat());
        let err = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{err}");
        let report = csv::Reader::from_reader(done.stdout.as_slice());
        report.into_records().map(Result::unwrap).collect()
    };
    let program = Folder::new("job program");
    let report = added(&failing_program(&program), "5");
    assert_eq!(report.len(), 8);
    for whole in ["host1", "\"quoted\".data", "--output.data"] {
        assert_eq!(row_of(&report, whole)[0], "added");
    }
    for (name, why) in [
        ("crash.data", "killed by SIGKILL"),
        ("slow.data", "more than 5"),
        ("notes.txt", "not a perf.data file"),
        ("empty.data", "empty"),
        ("dangling.data", "leads nowhere"),
    ] {
        let [outcome, error] = row_of(&report, name);
        assert_eq!(outcome, "failed");
        assert!(error.contains(why), "{error}");
    }
    assert_eq!(faults(&checked(&folder)), [""; 0]);
    let again = added(env!("CARGO_BIN_EXE_vmflame"), "600");
    for (name, outcome) in [
        ("host1", "there"),
        ("\"quoted\".data", "there"),
        ("--output.data", "there"),
        ("crash.data", "added"),
        ("slow.data", "added"),
        ("notes.txt", "failed"),
    ] {
        assert_eq!(row_of(&again, name)[0], outcome, "{name}");
    }
    // The same as without Spark.
    let check = checked(&folder);
    assert_eq!(faults(&check), [""; 0]);
    assert_eq!(rows(&check, "captures"), 5);
    let places = CAPTURES.map(|[name, _]| captures.0.join(name).to_str().unwrap().to_owned());
    let mut arguments = vec!["dataset", "add", "-o", plain.path()];
    arguments.extend(places.iter().map(String::as_str));
    assert_eq!(run(&arguments).code, Some(0));
    for table in ["samples", "exits", "exit_histogram", "vms", "advice"] {
        assert_eq!(
            rows(&check, table),
            rows(&checked(&plain), table),
            "{table}"
        );
    }
}

/// A home of Spark whose workers write into a folder that goes away: the programs and classes of the
/// Python module.
fn home_of_spark(spark: &Spark) -> Folder {
    let home = Folder::new("job-home");
    fs::create_dir_all(&home.0).unwrap();
    let script = "import os, pyspark; print(os.path.dirname(pyspark.__file__))";
    let told = Command::new(&spark.python)
        .args(["-c", script])
        .output()
        .unwrap();
    let place = String::from_utf8(told.stdout).unwrap();
    for part in ["bin", "jars"] {
        let from = Path::new(place.trim()).join(part);
        symlink(from, home.0.join(part)).unwrap();
    }
    home
}

/// On a cluster of two workers, each executor a process of its own, captures are added by the program
/// that is sent there, and one that crashes it is a row.
#[test]
fn a_cluster_adds_captures() {
    let captures = Folder::new("job-cluster captures");
    let Some(spark) = Spark::found(&captures) else {
        return;
    };
    filled(&captures);
    fs::remove_file(captures.0.join("b/slow.data")).unwrap();
    let home = home_of_spark(&spark);
    let [folder, program] = ["job-cluster", "job-cluster program"].map(Folder::new);
    let program = failing_program(&program);
    let places = ["add", captures.path(), "-o", folder.path()];
    let ways = ["--vmflame", &program, "--batch", "2"];
    let mut command = spark.command_on("local-cluster[2,1,512]", &[&places[..], &ways].concat());
    let done = command.env("SPARK_HOME", &home.0).output().unwrap();
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{err}");
    let report = csv::Reader::from_reader(done.stdout.as_slice());
    let report: Vec<csv::StringRecord> = report.into_records().map(Result::unwrap).collect();
    assert_eq!(report.len(), 7);
    for whole in ["host1", "\"quoted\".data", "--output.data"] {
        assert_eq!(row_of(&report, whole)[0], "added");
    }
    let [outcome, error] = row_of(&report, "crash.data");
    assert_eq!(outcome, "failed");
    assert!(error.contains("killed by SIGKILL"), "{error}");
    assert!(home.0.join("work").is_dir(), "no worker ran");
    let check = checked(&folder);
    assert_eq!(faults(&check), [""; 0]);
    assert_eq!(rows(&check, "captures"), 3);
}

/// A job that cannot run says so before it starts.
#[test]
fn a_job_that_cannot_run_is_refused() {
    let folder = Folder::new("job refused");
    let Some(spark) = Spark::found(&folder) else {
        return;
    };
    fs::create_dir_all(&folder.0).unwrap();
    let refused = |arguments: &[&str], part: &str| {
        let done = spark.run(&[&["add"], arguments].concat());
        let err = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{err}");
        assert!(err.contains(part) && !err.contains("Traceback"), "{err}");
    };
    let program = env!("CARGO_BIN_EXE_vmflame");
    let out = folder.path().to_owned() + "/fleet";
    let into = ["-o", &out, "--vmflame"];
    refused(
        &[&[folder.path()], &into[..], &["/nonexistent"]].concat(),
        "no program /nonexistent",
    );
    refused(
        &[&[folder.path()], &into[..], &["false"]].concat(),
        "--features fleet",
    );
    refused(
        &[&[folder.path()], &into[..], &[program]].concat(),
        "no capture in it",
    );
    fs::create_dir_all(&out).unwrap();
    let newer =
        r#"{"format": "vmflame dataset", "schema_version": 9, "generation": 1, "files": []}"#;
    fs::write(out.clone() + "/dataset.json", newer).unwrap();
    refused(
        &[&[folder.path()], &into[..], &[program]].concat(),
        "schema version 9",
    );
}

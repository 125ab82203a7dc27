//! What is not recorded, or not as it was asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{Place, cpu, said};

/// What is there stays, and is seen before anything is recorded.
#[test]
fn a_case_that_is_there_stays() {
    let place = Place::new("there");
    place.write("case.tar.zst", "mine");
    let output = place.run(&cpu(&["-o", "case.tar.zst"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("hint: --replace replaces it"),
        "{}",
        said(&output)
    );
    assert_eq!(place.log(), [""; 0]);
    assert_eq!(fs::read(place.path("case.tar.zst")).unwrap(), b"mine");
    let output = place.run(&cpu(&["-o", "case.tar.zst", "--replace"]));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_ne!(fs::read(place.path("case.tar.zst")).unwrap(), b"mine");
}

/// An old perf is told no option that it does not list.
#[test]
fn options_that_perf_lacks_are_left_out() {
    let place = Place::new("old");
    place.write("help.txt", "usage: perf record [<options>]\n    -z, --compression-level\n      (not built-in because NO_LIBZSTD=1)\n");
    let output = place.run(&cpu(&["-o", "case.tar"]));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let log = place.log();
    assert!(
        log[1].starts_with("record -a -g -F 99 -e cpu-clock:GH -m 16M -k mono -o "),
        "{log:?}"
    );
}

/// Buffers are halved until they may be had, and each try is shown.
#[test]
fn buffers_are_halved_until_they_fit() {
    let place = Place::new("buffers");
    let refuse = "case $size in 16M|8M) echo 'Permission error mapping pages.' >&2; \
        echo 'or try again with a smaller value of -m/--mmap_pages.' >&2; exit 255 ;; esac\ncaptured\n";
    place.write("record.sh", refuse);
    let output = place.run(&cpu(&["-o", "case.tar.zst"]));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let log = place.log();
    let sizes = log[1..]
        .iter()
        .map(|line| line.split(" -m ").nth(1).unwrap());
    let sizes: Vec<&str> = sizes.map(|rest| rest.split(' ').next().unwrap()).collect();
    assert_eq!(sizes, ["16M", "8M", "4M"]);
    assert_eq!(
        said(&output).matches("$ ").count(),
        4,
        "one count, three tries"
    );
}

/// A recorder that fails leaves nothing, and what it said is told with what helps.
#[test]
fn what_perf_refuses_is_explained() {
    let place = Place::new("refused");
    place.write(
        "record.sh",
        "echo 'failed to write perf data, error: No space left on device' >&2; exit 255",
    );
    let output = place.run(&cpu(&["-o", "case.tar.zst"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("hint: name an output on another disk"),
        "{}",
        said(&output)
    );
    assert_eq!(place.new_names(), [""; 0]);
    place.write("stat.rc", "255");
    place.write(
        "stat.txt",
        "Error:\nAccess to performance monitoring and observability operations is limited.\n",
    );
    let output = place.run(&cpu(&["-o", "case.tar.zst"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("does not let this user record"),
        "{}",
        said(&output)
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.args(["record", "--dry-run", "--perf", "/nonexistent/perf"]);
    let output = command.output().unwrap();
    let told = said(&output);
    assert!(
        told.contains("/nonexistent/perf is not installed"),
        "{told}"
    );
    assert!(told.contains("hint: ") && told.contains("perf"), "{told}");
}

/// A case that cannot be written does not cost the recording.
#[test]
fn what_cannot_be_packed_is_kept() {
    let place = Place::new("kept");
    place.write("record.sh", "captured; echo other >\"$here/case.tar.zst\"");
    let output = place.run(&cpu(&["-o", "case.tar.zst"]));
    assert_eq!(output.status.code(), Some(2));
    let told = said(&output);
    assert!(told.contains("case.tar.zst is there already"), "{told}");
    let kept = told
        .lines()
        .find_map(|line| line.split("vmflame pack ").nth(1))
        .unwrap();
    let kept = kept.split(' ').next().unwrap();
    let folder = fs::metadata(Path::new(kept).parent().unwrap()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    assert_eq!(
        fs::read(kept).unwrap(),
        fs::read(place.path("capture.data")).unwrap()
    );
}

/// Over the limit nothing is recorded, unless it is forced. Tracepoints are told to root only.
#[test]
fn too_much_is_refused() {
    let place = Place::new("much");
    if fs::read_dir("/sys/kernel/tracing/events/sched").is_err() {
        eprintln!("skipped: this user may not read /sys/kernel/tracing");
        return;
    }
    // In 0.2 s 60 000: 300 000 a second, each 0.2 µs, are 6 % of that CPU.
    place.write(
        "stat.txt",
        "CPU0;10;;sched:sched_wakeup;200;100.00;;\nCPU1;60000;;sched:sched_switch;200;100.00;;\n",
    );
    let words = ["--profile", "sched", "--no-host", "-o", "case.tar.zst"];
    let output = place.run(&words);
    assert_eq!(output.status.code(), Some(2));
    let told = said(&output);
    assert!(told.contains("estimate: 300,050 records/s"), "{told}");
    assert!(
        told.contains("would take 6.0 % of CPU1, more than 5 %"),
        "{told}"
    );
    assert!(told.contains("sched:sched_switch (300,000/s)"), "{told}");
    assert_eq!(place.log().len(), 1, "nothing is recorded");
    for more in [["--force", "--replace"], ["--limit=6.1", "--replace"]] {
        let output = place.run(&[&words[..], &more[..]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
}

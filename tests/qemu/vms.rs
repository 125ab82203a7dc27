//! `--vm`: the same as `-p` with the process of the VM that is called so.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn vmflame(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_vmflame");
    Command::new(program).args(arguments).output().unwrap()
}

/// The process of the VM in `svm-bad-tracepoints`, as `perf script` shows it.
const VM: &str = "207";

/// The command line beside a capture names its one VM, on every verb.
#[test]
fn a_vm_is_known_by_the_name_in_its_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/svm-bad-tracepoints");
    fs::copy(case.join("perf.data"), folder.path().join("perf.data")).unwrap();
    let command_line = "/usr/local/bin/qemu-system-x86_64 -name guest=win10-bad,debug-threads=on \
                        -accel kvm -M pc";
    fs::write(folder.path().join("qemu-proc-cmdline.txt"), command_line).unwrap();
    let input = folder.path().to_str().unwrap();
    for verb in [
        &["exits", input][..],
        &["convert", input, "--format", "folded", "-o", "-"],
    ] {
        let by = |option: &[&str]| vmflame(&[verb, option].concat());
        let (by_name, by_pid) = (by(&["--vm", "win10-bad"]), by(&["-p", VM]));
        let said = String::from_utf8_lossy(&by_name.stderr).into_owned();
        assert!(by_name.status.success(), "{said}");
        assert!(!by_name.stdout.is_empty(), "{said}");
        assert_eq!(by_name.stdout, by_pid.stdout);
        assert_eq!(by(&["--vm", VM]).stdout, by_pid.stdout);
        let wrong = by(&["--vm", "win11"]);
        assert_eq!(wrong.status.code(), Some(2));
        let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
        assert!(said.contains("no VM of the capture is known as"), "{said}");
        let known = format!("win10-bad (pid {VM})");
        assert!(said.contains(&known), "{said}");
    }
    let side = ["diff", input, input, "--before-filter"];
    let by_name = vmflame(&[&side[..], &["vm=win10-bad", "--json"]].concat());
    let by_pid = vmflame(&[&side[..], &[&format!("pid={VM}"), "--json"]].concat());
    assert!(by_name.status.success());
    // The answer tells the filter.
    let said = String::from_utf8_lossy(&by_name.stdout);
    let said = said.replace("vm=win10-bad", &format!("pid={VM}"));
    assert!(said == String::from_utf8_lossy(&by_pid.stdout));
}

//! VMs are called as their VMMs' command lines say, where a case holds these. The names are written here.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A case of three VMs that waited for each other's CPUs, with these files beside the capture.
fn case(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("vm-names-{name}"));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/threads/perf.data.xz");
    fs::copy(recorded, folder.join("perf.data")).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn said(case: &Path, options: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.arg("exits").arg(case).args(options);
    let command = command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn who_had_the_cpu_is_told_by_name() {
    let win10 = "qemu-system-x86_64\0-name\0guest=win10,debug-threads=on\0";
    let case = case("of-each", &[("vms/22596/cmdline", win10)]);
    for options in [&[][..], &["--pid", "22595"]] {
        let told = said(&case, options);
        assert!(told.contains("vCPU of VM 22596 (win10) "), "{told}");
    }
    // Nothing tells the name of the other one.
    let told = said(&case, &[]);
    assert!(told.contains("vCPU of VM 22595  "), "{told}");
}

/// One command line beside three VMs may be that of any, also where one VM alone is asked for.
#[test]
fn a_command_line_beside_several_vms_names_none() {
    let line = "qemu-system-x86_64 -name win10";
    let case = case("of-one", &[("qemu-cmdline.txt", line)]);
    for options in [&[][..], &["--pid", "22595"]] {
        let told = said(&case, options);
        assert!(told.contains("vCPU of VM 22596"), "{told}");
        assert!(!told.contains("win10"), "{told}");
    }
}

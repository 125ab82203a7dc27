//! A packed case names what the folder that it was made of names.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of its own for each test.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pack-{test}"));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn case(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    folder.join(name).to_str().unwrap().to_owned()
}

fn program(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.args(arguments).stdin(Stdio::null());
    command.env("HOME", folder).current_dir(folder);
    command.output().unwrap()
}

/// Standard output of a run that must go well.
pub(crate) fn output(folder: &Path, arguments: &[&str]) -> String {
    let done = program(folder, arguments);
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{arguments:?}: {said}");
    String::from_utf8(done.stdout).unwrap()
}

/// The paths in a tarball.
fn members(path: &Path) -> Vec<String> {
    let bytes = zstd::decode_all(&*fs::read(path).unwrap()).unwrap();
    let mut archive = tar::Archive::new(&*bytes);
    let entries = archive.entries().unwrap().map(|entry| entry.unwrap());
    let path = |entry: tar::Entry<'_, &[u8]>| entry.path().unwrap().display().to_string();
    entries.map(path).collect()
}

/// The law of a case: what it names is what its source names, event by event, whole or by names
/// only; and packing a case again loses nothing.
#[test]
fn a_case_names_what_its_source_names() {
    let folder = folder("law");
    for (name, events) in [
        ("svm-bad", &["cpu-clock"][..]),
        ("plain", &["cpu-clock"]),
        ("pvm", &["cpu-clock"]),
        ("vmx-bad-tracepoints", &["cpu-clock", "kvm:kvm_exit"]),
        ("unwound", &["task-clock:u"]),
    ] {
        let source = case(name);
        for how in [&[][..], &["--names-only"]] {
            let packed = folder.join(format!("{name}{}.tar.zst", how.concat()));
            let again = folder.join(format!("{name}{}-2.tar.zst", how.concat()));
            let [packed, again] = [&packed, &again].map(|path| path.to_str().unwrap());
            output(
                &folder,
                &[&["pack", &source, "-o", packed][..], how].concat(),
            );
            output(&folder, &[&["pack", packed, "-o", again][..], how].concat());
            for event in events {
                let named = |input: &str| {
                    let how = ["convert", input, "-e", event, "--format", "folded"];
                    output(&folder, &how)
                };
                let expected = named(&source);
                assert!(!expected.is_empty());
                assert_eq!(named(packed), expected, "{packed} {event}");
                assert_eq!(named(again), expected, "{again} {event}");
            }
        }
    }
}

/// Names of the kernel that do not occur, and programs, stay on the host.
#[test]
fn names_only_takes_no_more_than_names() {
    let folder = folder("names");
    let source = case("svm-bad");
    let path = folder.join("n.tar.zst");
    let named = path.to_str().unwrap();
    output(&folder, &["pack", &source, "--names-only", "-o", named]);
    let names = members(&path);
    assert!(names.contains(&"case/perf.data".to_owned()), "{names:?}");
    assert!(
        names.iter().all(|name| !name.ends_with("/elf")),
        "{names:?}"
    );
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let listed = output(
        &folder,
        &["pack", &source, "--names-only", "--dry-run", "--json"],
    );
    for name in names {
        assert!(listed.contains(&format!("\"{name}\"")), "{name}");
    }
}

/// What unwinds copied stacks goes with the names, and nothing of the program's code: but for the nine
/// bytes that a signal handler returns to, which every program has.
#[test]
fn names_only_takes_frames_without_code() {
    let folder = folder("frames");
    let source = case("unwound");
    let path = folder.join("u.tar.zst");
    let packed = path.to_str().unwrap();
    output(&folder, &["pack", &source, "--names-only", "-o", packed]);
    let bytes = zstd::decode_all(&*fs::read(&path).unwrap()).unwrap();
    let mut archive = tar::Archive::new(&*bytes);
    let mut tables = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.path().unwrap().extension() == Some("frames".as_ref()) {
            entry.read_to_end(&mut tables).unwrap();
        }
    }
    let object = "buildid/tmp/unwound/44aa214cc4e030a9cd9a0df4bbd978562bb8bd90/elf";
    let object = fs::read(Path::new(&source).join(object)).unwrap();
    assert_eq!(tables.len(), object.len());
    let mut same = tables.iter().zip(&object);
    assert!(same.all(|(kept, own)| kept == own || *kept == 0));
    // Where readelf -SW says that .text and .eh_frame lie in the file.
    let (text, frames) = (0x1000..0x1275, 0x2068..0x217c);
    let kept = tables[text].iter().filter(|byte| **byte != 0).count();
    assert!(kept <= 9, "{kept} bytes of code");
    assert_eq!(tables[frames.clone()], object[frames]);
}

/// The same capture gives the same bytes; a case that is there stays.
#[test]
fn cases_are_written_alike_and_not_over_each_other() {
    let folder = folder("alike");
    let source = case("vmx-bad");
    let [first, second] = ["a.tar.zst", "b.tar.zst"].map(|name| folder.join(name));
    for path in [&first, &second] {
        output(&folder, &["pack", &source, "-o", path.to_str().unwrap()]);
    }
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    fs::write(&second, "mine").unwrap();
    let path = second.to_str().unwrap();
    let refused = program(&folder, &["pack", &source, "-o", path]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(fs::read(&second).unwrap(), b"mine");
    output(&folder, &["pack", &source, "--dry-run", "-o", path]);
    assert_eq!(fs::read(&second).unwrap(), b"mine");
    output(&folder, &["pack", &source, "--force", "-o", path]);
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    let through_pipe = program(&folder, &["pack", "-", "-o", "c.tar.zst"]);
    assert_eq!(through_pipe.status.code(), Some(2));
    assert!(!folder.join("c.tar.zst").exists());
}

/// What lies beside a capture is evidence as the capture is: a case that was packed again, or on
/// another machine than its own, had lost the host's CPU, the VM's memory map and its command line,
/// and with them devices and remedies.
#[test]
fn what_lies_beside_a_capture_is_packed_with_it() {
    let folder = folder("beside");
    let source = folder.join("host-7");
    fs::create_dir_all(&source).unwrap();
    for name in ["perf.data", "kallsyms", "modules", "mtree.txt"] {
        let from = Path::new(&case("svm-bad-tracepoints")).join(name);
        fs::copy(from, source.join(name)).unwrap();
    }
    let line =
        "qemu-system-x86_64 -name guest=win10 -accel kvm -object secret,id=s,data=qTz7secret";
    fs::write(source.join("qemu-cmdline.txt"), line).unwrap();
    fs::write(source.join("cpuinfo.txt"), "flags\t\t: svm avic npt\n").unwrap();
    let parameters = "/sys/module/kvm_amd/parameters/avic:0\n";
    fs::write(source.join("module-params.txt"), parameters).unwrap();
    fs::write(source.join("notes.txt"), "qTz7notes").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", source.join("host.txt")).unwrap();
    output(&folder, &["pack", "host-7", "-o", "a.tar.zst"]);
    output(&folder, &["pack", "a.tar.zst", "-o", "b.tar.zst"]);
    let said = |verb: &[&str], input: &str| {
        output(&folder, &[verb, &[input]].concat())
            .replace(input, "IN")
            .replace("IN/case", "IN")
    };
    for verb in [&["advise"][..], &["exits", "--by", "device"]] {
        let expected = said(verb, "host-7");
        for packed in ["a.tar.zst", "b.tar.zst"] {
            assert_eq!(said(verb, packed), expected, "{packed}");
        }
    }
    let advice = said(&["advise"], "b.tar.zst");
    assert!(
        advice.contains("win10") && advice.contains("acpi-tmr"),
        "{advice}"
    );
    let bytes = zstd::decode_all(&*fs::read(folder.join("b.tar.zst")).unwrap()).unwrap();
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(holds("win10") && !holds("qTz7") && !holds("root:x:0"));
    output(&folder, &["pack", "host-7", "--no-host", "-o", "n.tar.zst"]);
    let names = members(&folder.join("n.tar.zst"));
    assert!(
        !names.iter().any(|name| name.contains("cpuinfo")),
        "{names:?}"
    );
}

/// `--vm` leaves out what other VMs tell, whose owners did not ask.
#[test]
fn only_what_the_chosen_vms_tell_is_packed() {
    let folder = folder("vm");
    let source = folder.join("source");
    fs::create_dir_all(&source).unwrap();
    let recorded = Path::new(&case("threads")).join("perf.data.xz");
    fs::copy(recorded, source.join("perf.data")).unwrap();
    // The capture's VMs, by their vCPU threads.
    for (vm, name) in [("9150", "vma"), ("22595", "vmb")] {
        let place = source.join("vms").join(vm);
        fs::create_dir_all(&place).unwrap();
        fs::write(
            place.join("cmdline"),
            format!("qemu-system-x86_64\0-name\0guest={name}\0"),
        )
        .unwrap();
        fs::write(place.join("mtree-f.txt"), "FlatView #0\n").unwrap();
        fs::write(place.join("query-name.json"), "{}").unwrap();
    }
    // Nothing tells whose this is.
    fs::write(source.join("mtree-f.txt"), "FlatView #0\n").unwrap();
    let of_vms = |how: &[&str]| -> Vec<String> {
        output(
            &folder,
            &[&["pack", "source", "--force", "-o", "c.tar.zst"], how].concat(),
        );
        let names = members(&folder.join("c.tar.zst")).into_iter();
        let mut names: Vec<String> = names
            .filter_map(|name| Some(name.strip_prefix("case/")?.to_owned()))
            .filter(|name| name.starts_with("vms/") || name.starts_with("mtree"))
            .collect();
        names.sort();
        names
    };
    let own = |vm: &str| {
        ["cmdline", "mtree-f.txt", "query-name.json"].map(|name| format!("vms/{vm}/{name}"))
    };
    let all = [
        vec!["mtree-f.txt".to_owned()],
        own("22595").to_vec(),
        own("9150").to_vec(),
    ]
    .concat();
    assert_eq!(of_vms(&[]), all);
    for chosen in ["vmb", "22595"] {
        assert_eq!(of_vms(&["--vm", chosen]), own("22595"));
    }
    assert_eq!(of_vms(&["--vm", "vma,22595"]), all[1..]);
    let wrong = program(
        &folder,
        &["pack", "source", "-o", "x.tar.zst", "--vm", "vmx"],
    );
    assert_eq!(wrong.status.code(), Some(2));
    assert!(!folder.join("x.tar.zst").exists());
}

//! `--qmp`, against a monitor that says what QEMU 7.2.22 said, and `--mtree`.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

const GREETING: &str = r#"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2+dfsg-7+deb12u18+b3"}, "capabilities": ["oob"]}}"#;

/// What the program says of the ports of a capture.
fn exits(arguments: &[&str]) -> Output {
    let capture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/testdata/svm-bad-tracepoints/perf.data"
    );
    Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .args(["exits", capture, "--by", "port"])
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The memory map of a QEMU, where the PM timer is elsewhere than by custom.
fn moved_map() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/qemu/pc.mtree-f.txt");
    let map = fs::read_to_string(path).unwrap();
    map.replace(": acpi-tmr", ": moved-tmr")
}

/// Answers as QEMU does, with an event in between.
fn serve(client: &UnixStream) {
    let mut lines = BufReader::new(client).lines();
    let mut out = client;
    writeln!(out, "{GREETING}").unwrap();
    while let Some(Ok(line)) = lines.next() {
        let answer = if line.contains("qmp_capabilities") {
            r#"{"return": {}}"#.to_owned()
        } else if line.contains("info mtree -f") {
            let escaped = moved_map().replace('\\', "\\\\").replace('"', "\\\"");
            let escaped = escaped.replace('\r', "\\r").replace('\n', "\\n");
            format!("{{\"event\": \"RTC_CHANGE\"}}\r\n{{\"return\": \"{escaped}\"}}")
        } else if line.contains("query-name") {
            r#"{"return": {"name": "other"}}"#.to_owned()
        } else if line.contains("query-cpus-fast") {
            r#"{"return": [{"thread-id": 99999, "cpu-index": 0, "target": "x86_64"}]}"#.to_owned()
        } else {
            r#"{"error": {"class": "CommandNotFound", "desc": "not known"}}"#.to_owned()
        };
        writeln!(out, "{answer}\r").unwrap();
    }
}

/// A running QEMU tells where its devices are, and that it is not the one that was recorded.
#[test]
fn a_running_qemu_names_devices() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("qmp");
    let listener = UnixListener::bind(&socket).unwrap();
    let server = thread::spawn(move || serve(&listener.accept().unwrap().0));
    let output = exits(&["--qmp", socket.to_str().unwrap()]);
    server.join().unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("moved-tmr"), "{said}");
    let doubt = "none of the vCPU threads of other (99999) is in the capture";
    assert!(said.contains(doubt), "{said}");
}

/// A monitor whose one client is somebody else accepts and says nothing.
#[test]
fn a_monitor_that_is_held_is_an_error_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("qmp");
    let listener = UnixListener::bind(&socket).unwrap();
    let output = exits(&["--qmp", socket.to_str().unwrap()]);
    drop(listener);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("no greeting of QEMU's within 2 s"), "{said}");
    let way_out = "virsh qemu-monitor-command VM --hmp 'info mtree -f'";
    assert!(said.contains(way_out), "{said}");
}

/// The human monitor speaks no QMP.
#[test]
fn another_monitor_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("monitor");
    let listener = UnixListener::bind(&socket).unwrap();
    let server = thread::spawn(move || {
        let mut client = listener.accept().unwrap().0;
        let prompt = b"QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) ";
        client.write_all(prompt).unwrap();
        client
    });
    let output = exits(&["--qmp", socket.to_str().unwrap()]);
    drop(server.join().unwrap());
    let said = text(&output.stderr);
    assert!(said.contains("this is no QMP monitor"), "{said}");
}

/// A file goes before custom; one that is no memory map is not passed over.
#[test]
fn a_file_names_devices() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("info.txt");
    fs::write(&path, moved_map()).unwrap();
    let output = exits(&["--mtree", path.to_str().unwrap()]);
    let said = text(&output.stdout);
    assert!(said.contains("moved-tmr"), "{said}");
    fs::write(&path, "error: Failed to get domain 'win10'\n").unwrap();
    let output = exits(&["--mtree", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("not a memory map"), "{said}");
}

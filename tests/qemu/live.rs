//! `stat --live`, against a monitor that says what QEMU 7.2.22 said, and a made-up debugfs.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::Value;

const GREETING: &str = r#"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2+dfsg-7+deb12u18+b3"}, "capabilities": ["oob"]}}"#;

const SCHEMAS: &str = r#"{"return": [{"provider": "kvm", "stats": [{"name": "guest_mode", "unit": "boolean", "exponent": 0, "type": "instant"}, {"name": "exits", "exponent": 0, "type": "cumulative"}, {"name": "halt_wait_hist", "unit": "seconds", "base": 10, "exponent": -9, "type": "log2-histogram"}, {"name": "halt_wait_ns", "unit": "seconds", "base": 10, "exponent": -9, "type": "cumulative"}], "target": "vcpu"}, {"provider": "kvm", "stats": [{"name": "max_mmu_rmap_size", "exponent": 0, "type": "peak"}], "target": "vm"}]}"#;

fn live(more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command
        .args(["stat", "--live", "--interval", "100ms"])
        .args(more);
    command.stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn lines(output: &Output) -> Vec<Value> {
    let said = text(&output.stdout);
    let lines = said.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

/// A counter of a line of JSON.
fn counter<'v>(line: &'v Value, name: &str) -> &'v Value {
    let mut rows = line["tables"]["counters"].as_array().unwrap().iter();
    rows.find(|row| row["counter"] == name).unwrap()
}

/// The counters of two vCPUs, the more the later they are asked for.
fn vcpu_stats(round: u64) -> String {
    let vcpu = |exits: u64, waits: u64| {
        format!(
            r#"{{"provider": "kvm", "stats": [{{"name": "guest_mode", "value": true}}, {{"name": "exits", "value": {exits}}}, {{"name": "halt_wait_hist", "value": [0, {waits}, 0]}}, {{"name": "halt_wait_ns", "value": {}}}], "qom-path": "/machine"}}"#,
            waits * 1000
        )
    };
    let vcpus = [vcpu(1000 + 10 * round, round), vcpu(5 + round, 0)];
    format!(r#"{{"return": [{}]}}"#, vcpus.join(", "))
}

/// Answers as QEMU does. Each connection is a round of its own, but the first asks what there is.
fn serve(client: &UnixStream, round: u64) {
    let mut lines = BufReader::new(client).lines();
    let mut out = client;
    writeln!(out, "{GREETING}").unwrap();
    while let Some(Ok(line)) = lines.next() {
        let answer = if line.contains("qmp_capabilities") {
            r#"{"return": {}}"#.to_owned()
        } else if line.contains("query-stats-schemas") {
            SCHEMAS.to_owned()
        } else if line.contains("query-stats") && line.contains("\"vcpu\"") {
            vcpu_stats(round)
        } else if line.contains("query-stats") {
            let peak = 3 + round;
            format!(
                r#"{{"return": [{{"provider": "kvm", "stats": [{{"name": "max_mmu_rmap_size", "value": {peak}}}]}}]}}"#
            )
        } else if line.contains("query-name") {
            r#"{"return": {"name": "win10"}}"#.to_owned()
        } else if line.contains("query-cpus-fast") {
            r#"{"return": [{"thread-id": 99999999, "cpu-index": 0, "target": "x86_64"}]}"#
                .to_owned()
        } else {
            r#"{"error": {"class": "CommandNotFound", "desc": "not known"}}"#.to_owned()
        };
        if writeln!(out, "{answer}\r").is_err() {
            return;
        }
    }
}

/// A monitor that is there for so many connections.
fn monitor(socket: &Path, connections: u64) -> thread::JoinHandle<()> {
    let listener = UnixListener::bind(socket).unwrap();
    thread::spawn(move || {
        for round in 0..connections {
            serve(&listener.accept().unwrap().0, round);
        }
    })
}

/// Counters of vCPUs are added up; what they grow by is told, and what is no sum does not grow.
#[test]
fn a_monitor_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("qmp");
    // What there is, the first reading, two more.
    let server = monitor(&socket, 4);
    let socket = socket.to_str().unwrap();
    let output = live(&["--qmp", socket, "--json", "--count", "2"])
        .output()
        .unwrap();
    server.join().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("reading query-stats of QEMU at "));
    let lines = lines(&output);
    assert_eq!(lines.len(), 2);
    let exits = counter(&lines[1], "exits");
    // Rounds 1, 2 and 3: 1010 + 6, 1020 + 7, 1030 + 8.
    assert_eq!(
        (&exits["value"], &exits["grown"]),
        (&1038.into(), &11.into())
    );
    assert_eq!(exits["vm_name"], "win10");
    assert_eq!(exits["vm"], Value::Null, "no such thread is here");
    let seconds = lines[1]["facts"]["interval_ns"].as_f64().unwrap() / 1e9;
    let rate = exits["per_second"].as_f64().unwrap();
    assert!((rate - 11.0 / seconds).abs() < 1e-6, "{rate}");
    let mean = exits["mean_per_second"].as_f64().unwrap();
    let watched = lines[1]["facts"]["watched_ns"].as_f64().unwrap() / 1e9;
    assert!((mean - 22.0 / watched).abs() < 1e-6, "{mean}");
    let level = counter(&lines[1], "guest_mode");
    assert_eq!(
        (&level["value"], &level["grown"]),
        (&2.into(), &Value::Null)
    );
    assert_eq!(counter(&lines[1], "max_mmu_rmap_size")["kind"], "peak");
    assert_eq!(counter(&lines[1], "halt_wait_ns")["grown"], 1000);
    let halts = &lines[1]["tables"]["halts"][0];
    assert_eq!(
        halts["times"][0],
        serde_json::json!({"from": 1, "to": 2, "count": 1})
    );
}

/// With the last VM, the watch ends, and says so.
#[test]
fn it_ends_with_the_vm() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("qmp");
    let server = monitor(&socket, 3);
    let output = live(&["--qmp", socket.to_str().unwrap(), "--csv"])
        .output()
        .unwrap();
    server.join().unwrap();
    assert!(output.status.success());
    let said = text(&output.stderr);
    assert!(
        said.contains("all VMs that were watched have ended"),
        "{said}"
    );
    let csv = text(&output.stdout);
    let head = "at,vm,vm_name,counter,per_second,busy,mean_per_second,grown,value,kind";
    assert_eq!(csv.lines().next(), Some(head));
    assert_eq!(csv.matches("exits").count(), 1, "{csv}");
}

/// A QEMU without these counters is an error with a way out.
#[test]
fn an_old_qemu_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("qmp");
    let listener = UnixListener::bind(&socket).unwrap();
    let server = thread::spawn(move || {
        let client = listener.accept().unwrap().0;
        let mut out = &client;
        writeln!(out, "{GREETING}").unwrap();
        for line in BufReader::new(&client).lines().map_while(Result::ok) {
            let answer = if line.contains("qmp_capabilities") {
                r#"{"return": {}}"#
            } else {
                r#"{"error": {"class": "CommandNotFound", "desc": "The command query-stats-schemas has not been found"}}"#
            };
            writeln!(out, "{answer}").unwrap();
        }
    });
    let output = live(&["--qmp", socket.to_str().unwrap()]).output().unwrap();
    server.join().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("QEMU refuses query-stats-schemas"), "{said}");
    assert!(said.contains("hint: QEMU 7.1 and later"), "{said}");
}

/// Folders as the kernel's: what may be reset is a sum, what may only be read a level.
#[test]
fn folders_of_debugfs_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let vm = folder.path().join("kvm/99999999-12");
    fs::create_dir_all(vm.join("vcpu0")).unwrap();
    let number = |name: &str, value: u64| fs::write(vm.join(name), format!("{value}\n")).unwrap();
    number("exits", 500);
    number("pages_4k", 7);
    number("halt_wait_hist", 9);
    fs::write(vm.join("mmu_rmaps_stat"), "Rmap_Count:\t0\t1\n").unwrap();
    fs::set_permissions(vm.join("pages_4k"), Permissions::from_mode(0o444)).unwrap();
    let mut child = live(&["--debugfs", folder.path().to_str().unwrap(), "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&said.next().unwrap().unwrap()).unwrap() };
    let still = next();
    assert_eq!(counter(&still, "exits")["grown"], 0);
    number("exits", 530);
    // The next line may have been on its way.
    let grown = [next(), next()].map(|line| counter(&line, "exits")["grown"].as_u64().unwrap());
    assert_eq!(grown.iter().sum::<u64>(), 30);
    number("exits", 540);
    let [_, later] = [next(), next()];
    let exits = counter(&later, "exits");
    assert_eq!((&exits["value"], &exits["vm"]), (&540.into(), &Value::Null));
    let mean = exits["mean_per_second"].as_f64().unwrap();
    let watched = later["facts"]["watched_ns"].as_f64().unwrap() / 1e9;
    assert!((mean - 40.0 / watched).abs() < 1e-6);
    let pages = counter(&later, "pages_4k");
    assert_eq!(
        (&pages["value"], &pages["kind"]),
        (&7.into(), &"level".into())
    );
    let rows = later["tables"]["counters"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    fs::remove_dir_all(&vm).unwrap();
    let status = child.wait().unwrap();
    assert!(status.success());
}

/// Nothing is written once nobody reads, and a filter that counters know nothing of is refused.
#[test]
fn readers_and_filters_end_it() {
    let folder = tempfile::tempdir().unwrap();
    let vm = folder.path().join("kvm/99999999-12");
    fs::create_dir_all(&vm).unwrap();
    fs::write(vm.join("exits"), "1\n").unwrap();
    let debugfs = folder.path().to_str().unwrap();
    let mut child = live(&["--debugfs", debugfs])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    let output = live(&["--debugfs", debugfs, "-C", "0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--cpu is for captures"));
    let output = live(&["--debugfs", debugfs, "--vm", "other"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no VM called other runs"));
}

//! `blockio`, against awk on the same log, and a file of the simple backend made by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::shared::{shared, skipped};

fn blockio(trace: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.arg("blockio").arg(trace).args(more);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn testdata(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/qemu");
    folder.join(name)
}

/// What awk counts, a line for each disk and direction; `None` without awk.
fn counted_by_awk(log: &Path) -> Option<BTreeSet<String>> {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/qemu/requests.awk");
    let Ok(output) = Command::new("awk").arg("-f").arg(program).arg(log).output() else {
        skipped("no awk");
        return None;
    };
    let said = text(&output.stdout);
    let lines: BTreeSet<String> = said.lines().map(str::to_owned).collect();
    assert!(!lines.is_empty(), "{}", text(&output.stderr));
    Some(lines)
}

/// The same of the program's CSV.
fn counted_by_us(log: &Path) -> BTreeSet<String> {
    let output = blockio(log, &["--csv"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let mut lines = said.lines();
    let heads: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let cell = |head: &str| cells[heads.iter().position(|found| *found == head).expect(head)];
        let micros = |head: &str| cell(head).parse::<u64>().unwrap() / 1000;
        let disk = cell("disk").replace("virtio-blk ", "");
        let disk = disk.replace("virtio-scsi lun ", "lun=");
        format!(
            "{disk} {} {} {} {} {} {}",
            cell("direction"),
            cell("completed"),
            micros("total_ns"),
            micros("min_ns"),
            micros("p50_ns"),
            micros("max_ns")
        )
    });
    rows.collect()
}

/// Logs of QEMU 7.2: of virtio-blk and of virtio-scsi, and one with an iothread.
#[test]
fn times_are_those_that_awk_finds() {
    let mut logs = vec![testdata("virtio-blk.log"), testdata("virtio-scsi.log")];
    logs.extend(shared("domain/qemu-trace.log"));
    for log in logs {
        let Some(expected) = counted_by_awk(&log) else {
            return;
        };
        assert_eq!(counted_by_us(&log), expected, "{}", log.display());
    }
}

/// Later QEMUs write the time otherwise; a log without times still counts.
#[test]
fn all_styles_say_the_same() {
    let log = fs::read_to_string(testdata("virtio-blk.log")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.log");
    // date -u -d 2026-11-26T16:12:00Z +%s
    let newer = log.lines().map(|line| {
        let (time, event) = line.split_once(':').unwrap();
        let (_, time) = time.split_once('@').unwrap();
        let (seconds, micros) = time.split_once('.').unwrap();
        let second = seconds.parse::<u64>().unwrap() - 1_795_709_520;
        let (minute, second) = (12 + second / 60, second % 60);
        format!("2026-11-26T16:{minute}:{second:02}.{micros}Z {event}\n")
    });
    fs::write(&path, newer.collect::<String>()).unwrap();
    let expected = blockio(&testdata("virtio-blk.log"), &["--csv"]).stdout;
    assert_eq!(text(&blockio(&path, &["--csv"]).stdout), text(&expected));
    let bare = log.lines().map(|line| line.split_once(':').unwrap().1);
    fs::write(&path, bare.collect::<Vec<_>>().join("\n")).unwrap();
    let said = text(&blockio(&path, &[]).stdout);
    assert!(said.contains("-msg timestamp=on"), "{said}");
    let reads = log.matches("virtio_blk_handle_read").count();
    let row = said.lines().find(|line| line.contains("read")).unwrap();
    assert!(
        row.split_whitespace().any(|word| word == reads.to_string()),
        "{said}"
    );
}

/// A file of trace/simple.c, version 4, in the byte order that `order` gives numbers.
struct SimpleTrace {
    bytes: Vec<u8>,
    is_big: bool,
}

impl SimpleTrace {
    fn new(is_big: bool, version: u64) -> Self {
        let mut trace = Self {
            bytes: Vec::new(),
            is_big,
        };
        trace.numbers(&[u64::MAX, 0xf2b1_77cb_0aa4_29b4, version]);
        trace
    }

    fn numbers(&mut self, numbers: &[u64]) {
        for number in numbers {
            let little = number.to_le_bytes();
            let big = number.to_be_bytes();
            self.bytes.extend(if self.is_big { big } else { little });
        }
    }

    fn half(&mut self, number: u32) {
        let little = number.to_le_bytes();
        let big = number.to_be_bytes();
        self.bytes.extend(if self.is_big { big } else { little });
    }

    fn name(&mut self, id: u64, name: &str) {
        self.numbers(&[0, id]);
        self.half(u32::try_from(name.len()).unwrap());
        self.bytes.extend(name.as_bytes());
    }

    fn event(&mut self, id: u64, at_ns: u64, arguments: &[u64]) {
        self.numbers(&[1, id, at_ns]);
        self.half(u32::try_from(24 + 8 * arguments.len()).unwrap());
        self.half(4711);
        self.numbers(arguments);
    }
}

/// Two requests to two disks with one pointer used again, a flush, and five events that were dropped.
#[test]
fn files_of_the_simple_backend_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace-4711");
    for is_big in [false, true] {
        let mut trace = SimpleTrace::new(is_big, 4);
        trace.name(7, "virtio_blk_handle_read");
        trace.name(8, "virtio_blk_req_complete");
        trace.name(9, "virtio_blk_handle_write");
        trace.name(10, "virtio_blk_rw_complete");
        trace.event(7, 1_000, &[0xd1, 0xa, 64, 8]);
        trace.event(10, 1_900, &[0xd1, 0xa, 0]);
        trace.event(8, 2_000, &[0xd1, 0xa, 0]);
        trace.event(9, 2_500, &[0xd1, 0xa, 72, 16]);
        trace.event(8, 6_500, &[0xd1, 0xa, 1]);
        trace.event(8, 7_000, &[0xd2, 0xb, 0]);
        trace.event(0xffff_ffff_ffff_fffe, 8_000, &[5]);
        fs::write(&path, &trace.bytes).unwrap();
        let output = blockio(&path, &["--csv"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let said = text(&output.stdout);
        let found: Vec<String> = said
            .lines()
            .skip(1)
            .map(|line| line.split(',').take(3).collect::<Vec<_>>().join(" "))
            .collect();
        let expected = [
            "virtio-blk 0xd1 read 1",
            "virtio-blk 0xd1 write 1",
            "virtio-blk 0xd2 other 1",
        ];
        assert_eq!(found, expected, "{said}");
        assert!(said.contains(",1000,") && said.contains(",4000,"), "{said}");
        let warned = text(&output.stderr);
        assert!(warned.contains("5 events dropped by QEMU"), "{warned}");
        // Cut within a record: what is there counts, and the rest is said.
        fs::write(&path, &trace.bytes[..trace.bytes.len() - 3]).unwrap();
        let output = blockio(&path, &["--csv"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("that are no records"));
    }
    fs::write(&path, SimpleTrace::new(false, 3).bytes).unwrap();
    let said = text(&blockio(&path, &[]).stderr);
    assert!(said.contains("a trace of version 3"), "{said}");
}

/// Whatever the bytes are, there is an answer.
#[test]
fn damaged_traces_are_no_crashes() {
    let log = fs::read(testdata("virtio-blk.log")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace");
    for end in [0, 1, 50, 8191, log.len() - 5] {
        let mut bytes = log[..end].to_vec();
        for at in (0..end).step_by(97) {
            bytes[at] ^= 0x15;
        }
        fs::write(&path, bytes).unwrap();
        let code = blockio(&path, &[]).status.code();
        assert!(matches!(code, Some(0 | 2)), "{end}: {code:?}");
    }
}

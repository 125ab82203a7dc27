//! Counts of events, against perf's own counts and its own words about the same captures.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail with the test")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::shared::shared;
use vmflame::bytes::Little;
use vmflame::perf::abi::{PERF_SAMPLE_CPU, PERF_SAMPLE_PERIOD};
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
};
use vmflame::units::{Cpu, Pid, Tid, Timestamp};

fn stat(input: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.arg("stat").arg(input).args(more);
    command.env("HOME", "/nonexistent").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The rows of the CSV, each by the columns' keys.
fn rows(input: &Path, more: &[&str]) -> Vec<BTreeMap<String, String>> {
    let output = stat(input, &[more, &["--csv"]].concat());
    let csv = text(&output.stdout);
    let mut lines = csv.lines();
    let heads: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let rows = lines.map(|line| {
        let cells = heads.iter().zip(line.split(','));
        cells
            .map(|(head, cell)| ((*head).to_owned(), cell.to_owned()))
            .collect()
    });
    rows.collect()
}

/// All occurrences of each event.
fn totals(input: &Path, more: &[&str]) -> BTreeMap<String, u64> {
    let mut totals = BTreeMap::new();
    for row in rows(input, more) {
        *totals.entry(row["event"].clone()).or_default() += row["count"].parse::<u64>().unwrap();
    }
    totals
}

/// The samples of KVM's events, as `perf report --stats` counts them.
fn counted_by_perf(stats: &Path) -> BTreeMap<String, u64> {
    let said = fs::read_to_string(stats).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    let pairs = lines.windows(2).filter_map(|pair| {
        let event = pair[0].strip_suffix(" stats:")?.strip_prefix("kvm:")?;
        let samples = pair[1].trim().strip_prefix("SAMPLE events:")?;
        Some((event.to_owned(), samples.trim().parse().unwrap()))
    });
    pairs.collect()
}

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

/// Nothing is lost between the file and the table, however many threads read it.
#[test]
fn counts_are_those_of_perf() {
    let mut cases = vec![
        (
            testdata("svm-bad-tracepoints/perf.data"),
            testdata("svm-bad-tracepoints/expected/stats.txt"),
        ),
        (
            testdata("vmx-bad-tracepoints/perf.data"),
            testdata("vmx-bad-tracepoints/expected/stats.txt"),
        ),
    ];
    for (capture, stats) in [
        (
            "svm/two/two.kvmstat.data.zst",
            "svm/two/two.kvmstat.stats.txt",
        ),
        (
            "arm64/linuxarm/linuxarm.kvm.data",
            "arm64/linuxarm/linuxarm.kvm.stats.txt",
        ),
    ] {
        let capture = shared(&format!("captures/{capture}"));
        cases.extend(capture.zip(shared(&format!("captures/{stats}"))));
    }
    for (capture, stats) in cases {
        let expected = counted_by_perf(&stats);
        assert!(!expected.is_empty(), "{}", stats.display());
        for threads in ["1", "3"] {
            let counted = totals(&capture, &["--threads", threads, "--interval", "100ms"]);
            let counted: BTreeMap<_, _> = counted.into_iter().filter(|(_, n)| *n > 0).collect();
            let expected: BTreeMap<_, _> = expected
                .clone()
                .into_iter()
                .filter(|(_, n)| *n > 0)
                .collect();
            assert_eq!(counted, expected, "{}", capture.display());
        }
    }
}

/// Occurrences by second and event, counted in what `perf script` printed.
fn counted_in_text(said: &str) -> BTreeMap<(u64, String), u64> {
    let mut counts = BTreeMap::new();
    let mut first = None;
    for line in said.lines() {
        // task ids [cpu] seconds.micros: event: values
        let Some((head, rest)) = line.split_once(": ") else {
            continue;
        };
        let time = head.rsplit(' ').next().unwrap();
        let Some((seconds, micros)) = time.split_once('.') else {
            continue;
        };
        let time = seconds.parse::<u64>().unwrap() * 1_000_000 + micros.parse::<u64>().unwrap();
        let first = *first.get_or_insert(time);
        let event = rest.trim_start().split(": ").next().unwrap();
        let event = event.trim_end_matches(':').strip_prefix("kvm:").unwrap();
        let key = ((time - first) / 1_000_000, event.to_owned());
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// The same by the program, of whatever it is given.
fn counted_by_us(input: &Path) -> BTreeMap<(u64, String), u64> {
    let rows = rows(input, &["--interval", "1s"]);
    let from = |row: &BTreeMap<String, String>| row["from_ns"].parse::<u64>().unwrap();
    let first = rows.iter().map(from).min().unwrap();
    let mut counts = BTreeMap::new();
    for row in &rows {
        let key = ((from(row) - first) / 1_000_000_000, row["event"].clone());
        *counts.entry(key).or_default() += row["count"].parse::<u64>().unwrap();
    }
    counts
}

/// A capture and the text that perf prints of it have the same in each second.
#[test]
fn seconds_are_those_of_perf_script() {
    let of = |name: &str| shared(&format!("captures/svm/two/two.kvmstat.{name}"));
    let (Some(capture), Some(script)) = (of("data.zst"), of("script.txt.xz")) else {
        return;
    };
    let mut said = String::new();
    let packed = fs::File::open(&script).unwrap();
    let mut unpacked = liblzma::read::XzDecoder::new(packed);
    unpacked.read_to_string(&mut said).unwrap();
    let expected = counted_in_text(&said);
    assert_eq!(expected.len(), 4 * 5, "{expected:?}");
    assert_eq!(counted_by_us(&script), expected);
    assert_eq!(counted_by_us(&capture), expected);
}

/// A capture of one event, sampled as `event` says, with samples of these periods, one each 100 ms.
fn write(place: &Path, event: WrittenEvent, periods: &[u64]) {
    write_with(place, event, periods, &[]);
}

/// The same with other records behind the samples.
fn write_with(place: &Path, event: WrittenEvent, periods: &[u64], others: &[u8]) {
    let mut records = RecordWriter::<Little>::new();
    for (number, &period) in (0..).zip(periods) {
        let values = SampleValues {
            id: 1,
            pid: Pid::new(40),
            tid: Tid::new(41),
            time: Timestamp::from_nanos(5_000_000_000 + number * 100_000_000),
            cpu: Cpu(0),
            period,
            ..SampleValues::default()
        };
        records.sample(&event.attr, 1, &values);
    }
    let events = vec![WrittenEvent {
        ids: vec![1],
        ..event
    }];
    let description = Description {
        features: vec![FeatureSection::event_names(&events)],
        events,
    };
    let mut out = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    out.write(others).unwrap();
    fs::write(place, out.finish().unwrap().into_inner()).unwrap();
}

fn exits_with_period(period: u64, with_period: bool) -> WrittenEvent {
    let mut event = WrittenEvent::tracepoint("kvm:kvm_exit", 7);
    event.attr.frequency_or_period = period;
    event.attr.sample_type |= PERF_SAMPLE_CPU;
    event.attr.sample_type &= !PERF_SAMPLE_PERIOD;
    if with_period {
        event.attr.sample_type |= PERF_SAMPLE_PERIOD;
    }
    event
}

/// A sample counts as often as it says, or else as the event's period says; by hand.
#[test]
fn samples_weigh_what_they_stand_for() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("perf.data");
    write(&place, exits_with_period(1, true), &[1; 25]);
    assert_eq!(totals(&place, &[])["kvm_exit"], 25);
    let output = stat(&place, &[]);
    assert!(!text(&output.stdout).contains("warning"), "{output:?}");
    // 100 ms apart, from 5.0 s on: ten in each whole second, five in the half one at the end.
    let rows = rows(&place, &[]);
    let counts: Vec<&str> = rows.iter().map(|row| &*row["count"]).collect();
    assert_eq!(counts, ["10", "10", "5"]);
    let spans: Vec<&str> = rows.iter().map(|row| &*row["span_ns"]).collect();
    assert_eq!(spans, ["1000000000", "1000000000", "400000000"]);
    // Periods that samples tell.
    write(&place, exits_with_period(100, true), &[100, 7, 100]);
    assert_eq!(totals(&place, &[])["kvm_exit"], 207);
    let said = text(&stat(&place, &[]).stdout);
    assert!(said.contains("sums of the samples' periods"), "{said}");
    // A period that is the same for all, and that samples do not repeat.
    write(&place, exits_with_period(1000, false), &[0; 3]);
    assert_eq!(totals(&place, &[])["kvm_exit"], 3000);
}

/// Exits by why they happened add up to all exits, and are those of `perf kvm stat report`.
#[test]
fn reasons_add_up() {
    let capture = testdata("svm-bad-tracepoints/perf.data");
    let all = totals(&capture, &[]);
    let told = totals(&capture, &["--reasons"]);
    for event in ["kvm_exit", "kvm_userspace_exit"] {
        let parts = told
            .iter()
            .filter(|(name, _)| name.starts_with(&format!("{event}(")));
        assert_eq!(
            parts.map(|(_, count)| count).sum::<u64>(),
            all[event],
            "{told:?}"
        );
    }
    let report = fs::read_to_string(testdata("svm-bad-tracepoints/expected/kvmstat-vmexit.txt"));
    for line in report.unwrap().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [reason, samples, share, ..] = words[..]
            && share.ends_with('%')
            && let Ok(by_perf) = samples.parse::<u64>()
        {
            let counted = told[&format!("kvm_exit({reason})")];
            // perf leaves out an exit that no entry follows.
            assert!(
                counted - by_perf <= 1,
                "{reason}: {counted}, perf {by_perf}"
            );
        }
    }
}

/// An empty table says why, and what to record.
#[test]
fn an_empty_table_says_why() {
    let output = stat(&testdata("svm-bad/perf.data"), &[]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("its events are: "), "{said}");
    assert!(said.contains("perf record -a -e 'kvm:*'"), "{said}");
    let output = stat(&testdata("svm-bad-tracepoints/perf.data"), &["-p", "1"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("none passes the filters"), "{said}");
}

/// Counts of `perf stat record` are no zeros.
#[test]
fn records_of_perf_stat_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("perf.data");
    // id, CPU and thread, value, time enabled, time running: tools/lib/perf/include/perf/event.h,
    // Linux 6.12.
    let words = [1_u64, 0, 17, 5, 5];
    let mut record: Vec<u8> = vec![76, 0, 0, 0, 0, 0, 48, 0];
    record.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    write_with(&place, exits_with_period(1, true), &[], &record);
    let output = stat(&place, &[]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("1 count of perf stat record"), "{said}");
}

/// What the kernel lost is said: the counts are too small then.
#[test]
fn lost_samples_are_told() {
    let Some(capture) = shared("captures/svm/misc2/misc2.lost.data.zst") else {
        return;
    };
    let said = text(&stat(&capture, &[]).stdout);
    // Sums of `perf report --stats`: all LOST_SAMPLES.
    assert!(said.contains("35,770 samples lost by the kernel"), "{said}");
}

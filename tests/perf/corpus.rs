//! Every shared capture, against perf: its counts, and where it is installed its raw dump.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop and speak"
)]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use vmflame::bytes::{ByteOrder, Little, u64_at};
use vmflame::fold::{FoldRequest, fold};
use vmflame::input::Input;
use vmflame::perf::abi::{PERF_FORMAT_GROUP, PERF_RECORD_SAMPLE, PERF_SAMPLE_READ};
use vmflame::perf::{Anomaly, Capture, CaptureKind, Events, Record, Visitor};
use vmflame::space::Timeline;
use vmflame::units::{EventIx, Pid, RecordOrder, ThreadId, Tid, Timestamp};

use crate::common::perf_dump::{Raw, Shown, parse_dump, parse_script, perf};
use crate::common::shared::{shared, skipped};

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && path.extension().is_none_or(|ending| ending != "md"))
        .collect();
    files.sort();
    files
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn samples(capture: &Capture) -> Vec<(Raw, EventIx)> {
    let events = capture.events();
    let walked = capture.scan(2, &Samples { events });
    walked.gathered.into_iter().flatten().collect()
}

/// The visitor that decodes all samples.
struct Samples<'e> {
    events: &'e Events,
}

impl<'a> Visitor<'a> for Samples<'_> {
    type Gathered = Vec<(Raw, EventIx)>;

    fn begin(&self) -> Self::Gathered {
        Vec::new()
    }

    fn record<O: ByteOrder>(&self, found: &mut Self::Gathered, record: Record<'a>) {
        let events = self.events;
        if record.header.record_type != PERF_RECORD_SAMPLE {
            return;
        }
        let Some(ix) = events.of_sample::<O>(record.body) else {
            return;
        };
        let Some(head) = events.get(ix).unwrap().layout.head::<O>(record.body) else {
            return;
        };
        let words = head.chain.unwrap_or_default().chunks_exact(8);
        let raw = Raw {
            time: head.time.map_or(0, Timestamp::as_nanos),
            mode: record.header.misc & 7,
            pid: head.pid.as_i32(),
            tid: head.tid.as_i32(),
            ip: head.ip,
            period: head
                .period
                .unwrap_or_else(|| events.get(ix).unwrap().attr.fixed_period()),
            chain: words.map(|word| u64_at::<O>(word, 0).unwrap()).collect(),
        };
        found.push((raw, ix));
    }
}

fn timeline_of(capture: &Capture) -> Timeline {
    let folded = fold(capture, &FoldRequest::all_of(EventIx(0), 2));
    Timeline::build(folded.sideband, &hashbrown::HashMap::new())
}

/// Samples that perf shows: not those of guests.
fn shown(capture: &Capture, samples: &[(Raw, EventIx)]) -> Vec<Shown> {
    let timeline = timeline_of(capture);
    let of_host = samples.iter().filter(|(raw, _)| !matches!(raw.mode, 4 | 5));
    let in_words = of_host.map(|(raw, ix)| {
        let (pid, tid) = (Pid::new(raw.pid), Tid::new(raw.tid));
        let task_epoch = timeline.task_epoch(
            ThreadId { pid, tid },
            RecordOrder::of_time(Timestamp::from_nanos(raw.time)),
        );
        let comm = match (raw.tid, timeline.thread_name(tid, task_epoch)) {
            (0, _) => "swapper".to_owned(),
            (_, Some(name)) => name.to_owned(),
            (number, None) => format!(":{number}"),
        };
        let event = capture.events().get(*ix).unwrap().name.clone();
        (comm, raw.tid, raw.time, event)
    });
    in_words.collect()
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}

/// Items of one list that the other lacks, both sorted.
fn surplus<T: Ord + Clone>(of: &[T], over: &[T]) -> Vec<T> {
    let mut over = over.iter().peekable();
    let mut left = Vec::new();
    for item in of {
        while over.next_if(|other| *other < item).is_some() {}
        if over.next_if(|other| *other == item).is_none() {
            left.push(item.clone());
        }
    }
    left
}

/// Files that perf 6.1 reads in part or not at all, with the number of samples in them.
///
/// Sources: linux-perf-data 0.13 for what mstange recorded (their COMPRESSED2 is newer than perf
/// 6.1); a count of record headers by hand for `PerfFormatLost`, whose attributes are longer, and
/// for the damaged pipe, where the damage is one header of zero length; perf itself for the killed
/// recorder, after its header was completed (see the test for it).
const BETTER_THAN_PERF: [(&str, u64); 9] = [
    ("hotspot.perf.data.PerfFormatLost", 34),
    ("killed-recorder.data", 27_196),
    ("mstange.fibo.compressed2.pipe.data", 547),
    ("mstange.sleep.compressed.data", 8),
    ("mstange.sleep.compressed2.data", 7),
    ("mstange.sleep.compressed2.pipe.data", 7),
    ("mstange.sleep.data", 7),
    ("perf.data.piped.corrupted.zero_size_sample-3.2", 227),
    // A recorded instruction trace makes perf print samples that it decodes from the trace.
    ("perf.data.intel_pt-4.14", 15),
];

/// Samples that perf makes of a leader's for the other events of its group, by file: what
/// `perf script` prints above the number of records in `perf report -D`; of `PerfFormatLost`, which
/// perf 6.1 does not read, how often the other counter's value went up, read by hand.
const OF_MEMBERS: [(&str, u64); 2] = [
    ("group-read.data", 1),
    ("hotspot.perf.data.PerfFormatLost", 34),
];

/// perf's counts, from the table in the corpus's README: the raw dump's column.
fn counts_of_readme(folder: &Path) -> BTreeMap<String, u64> {
    let text = fs::read_to_string(folder.join("README.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let &[_, name, _, _, count, ..] = cells.as_slice() else {
            return None;
        };
        Some((name.to_owned(), count.parse().ok()?))
    });
    rows.collect()
}

/// A wrong count is a wrong graph: no file of any recorder may lose a sample.
#[test]
fn every_file_has_as_many_samples_as_perf_says() {
    let Some(folder) = shared("corpus") else {
        return;
    };
    let stated = counts_of_readme(&folder);
    assert!(stated.len() > 30, "the table was not understood");
    let better: HashMap<&str, u64> = BETTER_THAN_PERF.into_iter().collect();
    let of_members: HashMap<&str, u64> = OF_MEMBERS.into_iter().collect();
    for path in files_of(&folder) {
        let name = name_of(&path);
        if name == "zeroed-header.data" {
            continue;
        }
        let capture = Capture::open(&path).unwrap();
        let folded = fold(&capture, &FoldRequest::all_of(EventIx(0), 2));
        let expected = better.get(name.as_str()).unwrap_or(&stated[&name]);
        assert_eq!(folded.census.tally.read, *expected, "{name}");
        assert_eq!(folded.census.tally.skipped_total(), 0, "{name}");
        assert_eq!(folded.census.tally.unread_sideband, 0, "{name}");
        assert!(folded.census.tally.adds_up(), "{name}");
        let of_events: u64 = folded.census.samples.iter().sum();
        let made = of_members.get(name.as_str()).unwrap_or(&0);
        assert_eq!(of_events, *expected + made, "{name}");
        let with_damage =
            name.contains("corrupted") || name == "mstange.sleep.compressed2.pipe.data";
        assert_eq!(folded.census.tally.damaged_bytes > 0, with_damage, "{name}");
    }
}

/// Each sample's task, time, period, mode and raw chain must be what the kernel wrote.
#[test]
fn every_sample_is_that_of_perfs_raw_dump() {
    let Some(folder) = shared("corpus") else {
        return;
    };
    for path in files_of(&folder) {
        let Some(dump) = perf(&["script", "-D"], &path) else {
            return;
        };
        let theirs = sorted(parse_dump(&dump));
        if theirs.is_empty() {
            continue;
        }
        let capture = Capture::open(&path).unwrap();
        let ours = samples(&capture).into_iter().map(|(raw, _)| raw);
        let ours = sorted(ours.collect());
        compare(&ours, &theirs, &[], &name_of(&path));
    }
}

/// Names go by time: comm and event of each sample must be what perf shows.
#[test]
fn every_sample_has_the_comm_and_event_that_perf_shows() {
    let Some(folder) = shared("corpus") else {
        return;
    };
    for path in files_of(&folder) {
        let fields = ["script", "--ns", "-F", "comm,tid,time,event"];
        let Some(script) = perf(&fields, &path) else {
            return;
        };
        let theirs = sorted(parse_script(&script));
        if theirs.is_empty() || name_of(&path).contains("intel_pt") {
            continue;
        }
        let capture = Capture::open(&path).unwrap();
        let ours = sorted(shown(&capture, &samples(&capture)));
        // perf makes a sample of each member of a group from the leader's values.
        let is_group = capture.events().iter().any(|(_, event)| {
            event.attr.samples(PERF_SAMPLE_READ) && event.attr.read_format & PERF_FORMAT_GROUP != 0
        });
        let made_up: &[&str] = if is_group { &["page-faults"] } else { &[] };
        compare(&ours, &theirs, made_up, &name_of(&path));
    }
}

fn compare<T: Ord + Clone + std::fmt::Debug>(ours: &[T], theirs: &[T], extra: &[&str], name: &str) {
    let missing: Vec<String> = surplus(theirs, ours)
        .iter()
        .map(|item| format!("{item:?}"))
        .filter(|item| !extra.iter().any(|extra| item.contains(extra)))
        .collect();
    let unknown = surplus(ours, theirs);
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{name}: perf has {} of its {} samples that are not ours, as {:?}; we have {} of ours that \
         are not perf's, as {:?}",
        missing.len(),
        theirs.len(),
        missing.first(),
        unknown.len(),
        unknown.first()
    );
}

/// With the header completed by hand, perf reads the killed recorder's file: the same samples.
#[test]
fn a_killed_recorders_samples_are_those_of_a_completed_header() {
    let Some(folder) = shared("corpus") else {
        return;
    };
    let path = folder.join("killed-recorder.data");
    let capture = Capture::open(&path).unwrap();
    assert_eq!(capture.anomalies(), [Anomaly::Unfinished]);
    let ours = sorted(samples(&capture).into_iter().map(|(raw, _)| raw).collect());
    let mut bytes = fs::read(&path).unwrap();
    let start = u64_at::<Little>(&bytes, 40).unwrap();
    let data_len = bytes.len() as u64 - start;
    bytes[48..56].copy_from_slice(&data_len.to_le_bytes());
    let scratch = tempfile::NamedTempFile::new().unwrap();
    fs::write(scratch.path(), &bytes).unwrap();
    if let Some(dump) = perf(&["script", "-D"], scratch.path()) {
        compare(&ours, &sorted(parse_dump(&dump)), &[], "killed-recorder");
    }
}

/// A zeroed header must not be taken for an empty capture.
#[test]
fn a_zeroed_header_is_an_error_that_says_so() {
    let Some(folder) = shared("corpus") else {
        return;
    };
    let error = Capture::open(&folder.join("zeroed-header.data")).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("no events"), "{text}");
    assert!(error.hint().is_some_and(|hint| hint.contains("damaged")));
}

/// Number of samples that the texts beside a capture state: by `perf report --stats`, or by
/// record type.
fn stated_samples(data: &Path, stem: &str) -> Option<u64> {
    let folder = data.parent().unwrap();
    if let Ok(text) = fs::read_to_string(folder.join(format!("{stem}.stats.txt"))) {
        let line = text.lines().find(|line| line.contains("SAMPLE events:"))?;
        return line.split_whitespace().nth(2)?.parse().ok();
    }
    let text = fs::read_to_string(folder.join(format!("{stem}.records.txt"))).ok()?;
    let counts = text
        .lines()
        .filter(|line| line.contains("PERF_RECORD_SAMPLE"))
        .map(|line| -> u64 { line.split_whitespace().next().unwrap().parse().unwrap() });
    Some(counts.sum())
}

/// All captures beside which perf's own totals lie, in pipe mode, compressed, in directories, and
/// plain: every SAMPLE record is read, those of guests too.
#[test]
fn captures_have_the_totals_that_perf_stated_on_the_spot() {
    let Some(folder) = shared("captures") else {
        return;
    };
    let mut compared = 0;
    let mut folders: Vec<PathBuf> = Vec::new();
    for machine in ["svm", "vmx", "arm64"] {
        let tags = fs::read_dir(folder.join(machine)).unwrap();
        folders.extend(
            tags.map(|entry| entry.unwrap().path())
                .filter(|p| p.is_dir()),
        );
    }
    for path in folders.iter().flat_map(|folder| files_of(folder)) {
        let name = name_of(&path);
        let Some(stem) = name
            .strip_suffix(".data")
            .or(name.strip_suffix(".data.zst"))
        else {
            continue;
        };
        // perf gives nothing for a killed recorder.
        let Some(expected) = stated_samples(&path, stem).filter(|&count| count > 0) else {
            continue;
        };
        let capture = Capture::open(&path).unwrap();
        let folded = fold(&capture, &FoldRequest::all_of(EventIx(0), 2));
        assert_eq!(folded.census.tally.read, expected, "{name}");
        assert_eq!(folded.census.tally.skipped_total(), 0, "{name}");
        assert_eq!(folded.census.tally.unread_sideband, 0, "{name}");
        compared += 1;
    }
    assert!(compared > 80, "only {compared} captures were compared");
}

/// Directories, which perf's stats do not lie beside: its script shows all samples but guests'.
#[test]
fn directories_have_the_samples_of_perfs_script() {
    let Some(folder) = shared("captures/svm/badst-debian") else {
        return;
    };
    for (archive, script) in [
        ("threads.data.dir.tar", "threads.script.txt.xz"),
        ("kcore.data.dir.tar.zst", "kcore.script.txt.xz"),
    ] {
        let input = Input::resolve(&folder.join(format!("badst-debian.{archive}"))).unwrap();
        let capture = Capture::open(&input.data).unwrap();
        assert_eq!(capture.kind(), CaptureKind::Directory);
        let ours = samples(&capture);
        let of_host = ours.iter().filter(|(raw, _)| !matches!(raw.mode, 4 | 5));
        let text = Command::new("xz")
            .arg("-dc")
            .arg(folder.join(format!("badst-debian.{script}")))
            .output();
        let Ok(text) = text else {
            skipped("no xz");
            return;
        };
        let text = String::from_utf8_lossy(&text.stdout).into_owned();
        let heads = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('\t'));
        assert_eq!(of_host.count(), heads.count(), "{archive}");
    }
}

//! The table of `perf kvm stat report`, against perf's own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop, and says what it skips"
)]

use std::fs;
use std::io::Cursor as Memory;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::common::scratch::Scratch;
use crate::common::shared::{shared, skipped};
use vmflame::kvm::exit::like_perf::{LikePerfRequest, Measured, PerfRefusal, SortKey, like_perf};
use vmflame::perf::Capture;
use vmflame::perf::writer::{ExitLoad, Little};
use vmflame::report::like_perf::as_text;
use vmflame::units::Pid;

/// A text of perf, with the capture it is of and what perf was asked for.
struct Answer {
    text: PathBuf,
    data: PathBuf,
    request: LikePerfRequest,
}

/// The request that the end of a text's name stands for: `vmexit-vcpu0`.
fn request(name: &str) -> LikePerfRequest {
    let mut words = name.split('-');
    let event = words.next().unwrap();
    let (_, event) = Measured::ALL
        .into_iter()
        .find(|(name, _)| *name == event)
        .unwrap();
    let mut request = LikePerfRequest {
        event,
        ..LikePerfRequest::default()
    };
    for word in words {
        if word == "bytime" {
            request.key = SortKey::Time;
        } else if let Some(vcpu) = word.strip_prefix("vcpu") {
            request.vcpu = Some(vcpu.parse().unwrap());
        } else {
            let pid = word.strip_prefix("pid").unwrap();
            request.pids = vec![Pid::new(pid.parse().unwrap())];
        }
    }
    request
}

/// Whether a file is a table of perf, and the capture it is of: `bad-fp.kvm` of
/// `bad-fp.kvm.kvmstat-msr.txt`, `apicv0-bad.kvmstat` of `apicv0-bad.kvmstat.mmio.txt`.
fn answer(text: &Path) -> Option<Answer> {
    let name = text.file_name()?.to_str()?.strip_suffix(".txt")?;
    let is_event = |at: &usize| {
        let rest = &name[*at..];
        Measured::ALL
            .iter()
            .any(|(event, _)| rest.starts_with(event))
    };
    let (at, _) = name
        .match_indices(['-', '.'])
        .find(|(at, _)| is_event(&(at + 1)))?;
    let (capture, asked) = (&name[..at], &name[at + 1..]);
    let capture = if name[at..].starts_with('-') {
        capture.strip_suffix(".kvmstat")?
    } else {
        capture
    };
    let data = [".data", ".data.zst"].map(|end| text.with_file_name(format!("{capture}{end}")));
    Some(Answer {
        text: text.to_owned(),
        data: data.into_iter().find(|path| path.exists())?,
        request: request(asked),
    })
}

fn answers(folder: &Path) -> Vec<Answer> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(answers(&path));
        } else {
            found.extend(answer(&path));
        }
    }
    found
}

/// Every table that perf 6.1 made beside the shared captures, of AMD, Intel and ARM.
#[test]
fn tables_are_perf_s_own_byte_for_byte() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let answers = answers(&captures);
    assert!(answers.len() > 160, "{}", answers.len());
    let (first, second) = answers.split_at(answers.len() / 2);
    let differences = |answers: &[Answer]| answers.iter().filter_map(difference).collect();
    let wrong: Vec<String> = thread::scope(|scope| {
        let second = scope.spawn(|| differences(second));
        let first: Vec<String> = differences(first);
        first.into_iter().chain(second.join().unwrap()).collect()
    });
    assert_eq!(wrong, [""; 0], "of {}", answers.len());
}

fn found(path: &Path, request: &LikePerfRequest) -> String {
    let table = like_perf(&Capture::open(path).unwrap(), request);
    table.map_or_else(|refusal| refusal.to_string(), |table| as_text(&table))
}

fn difference(answer: &Answer) -> Option<String> {
    let found = found(&answer.data, &answer.request);
    let expected = fs::read_to_string(&answer.text).unwrap();
    let shown = answer.text.display();
    (found != expected).then(|| format!("{shown}:\n{found}\nand not\n{expected}"))
}

/// The same on what everybody has.
#[test]
fn tables_of_testdata_are_perf_s() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for case in ["svm-bad-tracepoints", "vmx-bad-tracepoints"] {
        for (event, measured) in Measured::ALL {
            let request = LikePerfRequest {
                event: measured,
                ..LikePerfRequest::default()
            };
            let folder = testdata.join(case);
            let expected = folder.join(format!("expected/kvmstat-{event}.txt"));
            let expected = fs::read_to_string(expected).unwrap();
            assert_eq!(found(&folder.join("perf.data"), &request), expected);
        }
    }
}

/// What cannot be a table of perf says why.
#[test]
fn captures_that_perf_refuses_are_refused() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let refused = |case: &str, event| {
        let capture = Capture::open(&testdata.join(case).join("perf.data")).unwrap();
        let request = LikePerfRequest {
            event,
            ..LikePerfRequest::default()
        };
        like_perf(&capture, &request).unwrap_err()
    };
    let none = refused("svm-bad", Measured::VmExit);
    assert_eq!(none, PerfRefusal::NoTracepoints);
}

/// What the installed perf prints; `None`, said once, when there is none of 6.1.
fn perf(path: &Path, arguments: &[&str]) -> Option<String> {
    let version = Command::new("perf").arg("version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    if !version.is_ok_and(|version| version.starts_with("perf version 6.1.")) {
        skipped("perf 6.1 is not installed");
        return None;
    }
    let mut command = Command::new("perf");
    command.args(["kvm", "--host", "-i"]).arg(path);
    command.args(["stat", "report"]).args(arguments);
    let output = command.output().unwrap();
    // perf prints its table as messages.
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What is asked of each capture: `--key` and `--vcpu` besides each event.
const ASKED: [(&str, SortKey, &str, Option<u32>); 3] = [
    ("sample", SortKey::Samples, "-1", None),
    ("time", SortKey::Time, "1", Some(1)),
    ("sample", SortKey::Samples, "77", Some(77)),
];

fn agrees_with_perf(path: &Path) {
    for (event, measured) in Measured::ALL {
        for (key, sorted, vcpu, chosen) in ASKED {
            let request = LikePerfRequest {
                event: measured,
                vcpu: chosen,
                key: sorted,
                pids: Vec::new(),
            };
            let arguments = ["--event", event, "--key", key, "--vcpu", vcpu];
            let Some(expected) = perf(path, &arguments) else {
                return;
            };
            assert_eq!(found(path, &request), expected, "{arguments:?}");
        }
    }
}

/// Many rows, of which most happened once or twice: their order is that of perf's hash table.
#[test]
fn tables_of_generated_captures_are_perf_s() {
    for spec in [
        "size=4M,cpus=3",
        "size=4M,vms=2,vcpus=3,cpus=2,amd=1,seed=3",
    ] {
        let load = ExitLoad::parse(spec).unwrap();
        let (bytes, _) = load.write::<Little, _>(Memory::new(Vec::new())).unwrap();
        let scratch = Scratch::new("like-perf", bytes.get_ref());
        agrees_with_perf(&scratch.0);
        let request = LikePerfRequest {
            pids: vec![Pid::new(11_000), Pid::new(4)],
            ..LikePerfRequest::default()
        };
        if let Some(expected) = perf(&scratch.0, &["-p", "11000,4"]) {
            assert_eq!(found(&scratch.0, &request), expected);
        }
    }
}

/// Positions in a sample of the generated captures, header included.
const TID: usize = 28;
const TIME: usize = 32;
const PAYLOAD: usize = 60;

/// Changes some records of a capture into what no sane host records: reasons with flags or of
/// another CPU, keys with all bits set, times of 0, of long ago or of the last record, exchanged
/// threads; and puts ends of rounds in the place of records.
fn make_odd(capture: &mut [u8], seed: u64) {
    let word = |bytes: &[u8], at: usize| u64::from_le_bytes(*bytes[at..].first_chunk().unwrap());
    let (start, len) = (word(capture, 40), word(capture, 48));
    let mut at = usize::try_from(start).unwrap();
    let end = at + usize::try_from(len).unwrap();
    let (mut random, mut last) = (seed, 0);
    while at < end {
        let len = usize::from(u16::from_le_bytes(
            *capture[at + 6..].first_chunk().unwrap(),
        ));
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let chosen = random >> 56;
        let record = &mut capture[at..at + len];
        match record[0] {
            // Rounds end where they did not.
            9 if random >> 54 == 1 => record[0] = 68,
            9 => {
                let time = word(record, TIME);
                let odd = [time, 0, time - 200_000_000, last, time - 4_000]
                    [usize::try_from(random % 5).unwrap()];
                match chosen {
                    0..4 => record[TIME..TIME + 8].copy_from_slice(&odd.to_le_bytes()),
                    4 => record[TID] ^= 1,
                    5 => record[PAYLOAD + 11] ^= 0x80,
                    6 => record[PAYLOAD + 8..PAYLOAD + 16].fill(0xff),
                    7 => record[PAYLOAD + 8] ^= 1,
                    8 => record[PAYLOAD + 12] ^= 4,
                    _ => {}
                }
                last = time;
            }
            _ => {}
        }
        at += len;
    }
}

/// What perf makes of it is no sense, but it is what perf says.
#[test]
fn tables_of_odd_captures_are_perf_s() {
    for seed in 1..4 {
        let spec = format!("size=1M,cpus=2,vcpus=4,seed={seed},amd={}", seed % 2);
        let load = ExitLoad::parse(&spec).unwrap();
        let (bytes, _) = load.write::<Little, _>(Memory::new(Vec::new())).unwrap();
        let mut bytes = bytes.into_inner();
        make_odd(&mut bytes, seed);
        let scratch = Scratch::new("like-perf-odd", &bytes);
        agrees_with_perf(&scratch.0);
        let shown = found(&scratch.0, &LikePerfRequest::default());
        assert!(
            shown.contains("out of order events") && shown.contains(" UNKNOWN "),
            "{shown}"
        );
    }
}

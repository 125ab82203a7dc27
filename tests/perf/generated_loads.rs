//! Generated captures hold what their generator says, by this program and by perf.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop, and says what it skips"
)]

use std::io::Cursor as Memory;
use std::path::Path;
use std::process::Command;

use crate::common::scratch::Scratch;
use crate::common::shared::skipped;
use vmflame::bytes::{Big, ByteOrder, Little, u64_at};
use vmflame::perf::abi::{PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER, PERF_RECORD_SAMPLE};
use vmflame::perf::writer::{Load, Written};
use vmflame::perf::{Capture, Damage, Events, Record, Visitor};

fn words<O: ByteOrder>(bytes: &[u8]) -> Vec<u64> {
    let words = bytes.chunks_exact(8);
    words.map(|word| u64_at::<O>(word, 0).unwrap()).collect()
}

/// The visitor that sums up what it decodes.
struct Summing<'e> {
    events: &'e Events,
}

impl<'a> Visitor<'a> for Summing<'_> {
    type Gathered = Written;

    fn begin(&self) -> Written {
        Written::default()
    }

    fn record<O: ByteOrder>(&self, found: &mut Written, record: Record<'a>) {
        found.records += 1;
        found.data_len += u64::from(record.header.len);
        if record.header.record_type != PERF_RECORD_SAMPLE {
            return;
        }
        let ix = self.events.of_sample::<O>(record.body).unwrap();
        let layout = &self.events.get(ix).unwrap().layout;
        if ix.0 > 0 {
            found.tracepoint_samples += 1;
            return;
        }
        let chain = words::<O>(layout.head::<O>(record.body).unwrap().chain.unwrap());
        found.samples += 1;
        found.guest_samples += u64::from(record.header.cpu_mode().is_guest());
        found.chain_entries += chain.len() as u64;
        let sum = |sum: u64, entry: u64| sum.wrapping_add(entry);
        found.address_sum = chain.into_iter().fold(found.address_sum, sum);
    }

    fn damage(&self, _: &mut Written, damage: Damage) {
        panic!("{damage:?} in a valid file");
    }
}

/// Sums up what a decoder finds, as [`Written`] states it.
fn read_load<O: ByteOrder>(path: &Path) -> Written {
    let capture = Capture::open(path).unwrap();
    let summing = Summing {
        events: capture.events(),
    };
    let mut found = capture.scan(1, &summing).gathered.pop().unwrap();
    let times = capture.features().sample_times::<O>().unwrap();
    found.times = (times.start, times.end);
    found
}

fn small_load(spec: &str) -> Load {
    Load::parse(&format!("size=512K,stacks=300,tracepoints=20,{spec}")).unwrap()
}

/// Benchmarks assert against these numbers: they have to be those of the file.
#[test]
fn a_load_holds_what_it_says() {
    for spec in [
        "",
        "late=1,cpus=3",
        "stacks=1,depth=2,guest=0",
        "stacks=5000,depth=40,seed=9",
    ] {
        let load = small_load(spec);
        let (little, written) = load.write::<Little, _>(Memory::new(Vec::new())).unwrap();
        let (big, of_big) = load.write::<Big, _>(Memory::new(Vec::new())).unwrap();
        assert_eq!(written, of_big);
        assert!(written.data_len >= load.size && written.data_len < load.size + (1 << 20));
        let stacks = written.stacks;
        for (name, bytes) in [("load-little", little), ("load-big", big)] {
            let scratch = Scratch::new(name, bytes.get_ref());
            let found = if name == "load-big" {
                read_load::<Big>(&scratch.0)
            } else {
                read_load::<Little>(&scratch.0)
            };
            assert_eq!(Written { stacks, ..found }, written, "{spec}");
        }
    }
}

/// Descriptions come from the command line.
#[test]
fn descriptions_that_make_no_sense_are_refused() {
    for text in [
        "size",
        "size=x",
        "stakcs=3",
        "depth=1",
        "cpus=0",
        "guest=101",
        "size=99999999999G",
    ] {
        assert!(Load::parse(text).is_err(), "{text}");
    }
    assert!(
        Load::parse("stacks=100000,depth=2")
            .unwrap_err()
            .contains("depth=3")
    );
    assert_eq!(Load::parse("size=2K").unwrap().size, 2048);
}

/// perf's answer; `None`, with a line that says so, when it is not installed.
fn perf(arguments: &[&str], path: &Path) -> Option<String> {
    let output = Command::new("perf")
        .args(arguments)
        .arg("-i")
        .arg(path)
        .output();
    match output {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(
                !text.is_empty(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            Some(text)
        }
        Err(error) => {
            skipped(&format!("perf cannot be run: {error}"));
            None
        }
    }
}

/// The number behind `name` in what `perf report --stats` prints first.
fn stat(stats: &str, name: &str) -> u64 {
    let line = stats
        .lines()
        .find(|line| line.trim_start().starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in {stats}"));
    let number = line.split(':').nth(1).unwrap().split_whitespace().next();
    number.unwrap().parse().unwrap()
}

fn perf_reads<O: ByteOrder>(name: &str, spec: &str) {
    let load = small_load(spec);
    let (bytes, written) = load.write::<O, _>(Memory::new(Vec::new())).unwrap();
    let scratch = Scratch::new(name, bytes.get_ref());
    let Some(stats) = perf(&["report", "--stats"], &scratch.0) else {
        return;
    };
    let samples = written.samples + written.tracepoint_samples;
    assert_eq!(stat(&stats, "SAMPLE events"), samples);
    assert_eq!(stat(&stats, "COMM events"), 16);
    assert_eq!(stat(&stats, "MMAP2 events"), 4);
    // The total leaves the rounds' ends out or counts them, as the version will have it.
    let total = stat(&stats, "TOTAL events");
    assert!(
        (samples + 21..=written.records).contains(&total),
        "{total} of {}",
        written.records
    );
    // perf prints the addresses of all samples but those of guests, whose chains hold none.
    let script = perf(&["script", "-F", "event,ip"], &scratch.0).unwrap();
    let (mut count, mut sum, mut of_clock) = (0, 0_u64, false);
    for line in script.lines() {
        if let Some(event) = line.trim().strip_suffix(':') {
            of_clock = event == "cpu-clock";
        } else if let Ok(address) = u64::from_str_radix(line.trim(), 16) {
            count += u64::from(of_clock);
            sum = sum.wrapping_add(if of_clock { address } else { 0 });
        }
    }
    assert_eq!(count, written.chain_entries - 2 * written.samples);
    let markers = PERF_CONTEXT_KERNEL.wrapping_add(PERF_CONTEXT_USER);
    let markers = markers.wrapping_mul(written.samples);
    assert_eq!(sum, written.address_sum.wrapping_sub(markers));
}

/// perf is the judge of whether a file is valid.
#[test]
fn perf_finds_the_samples_and_addresses_that_were_written() {
    perf_reads::<Little>("perf-little", "guest=0");
    perf_reads::<Little>("perf-late", "late=1,cpus=3,seed=5,guest=30");
    perf_reads::<Big>("perf-big", "guest=0");
}

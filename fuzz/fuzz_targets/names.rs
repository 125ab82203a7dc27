//! Hostile names of threads and files in the folded text: one stack a line, and the sum holds.
//! Hostile names of functions: whatever they are, what is shown stays bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmflame::bytes::Little;
use vmflame::perf::abi::PERF_CONTEXT_USER;
use vmflame::perf::writer::{RecordWriter, SampleValues, WrittenEvent, WrittenRecord};
use vmflame::units::{Avma, FileOffset, Pid, Tid, Timestamp};

/// Longest name that comes out longer than it went in.
const LONGEST: usize = (1 << 16) + "@plt".len();

fuzz_target!(|bytes: &[u8]| {
    for name in String::from_utf8_lossy(bytes).split('\n') {
        assert!(vmflame::symbol::demangle(name).len() <= name.len().max(LONGEST));
        let mangled = format!("_Z{name}");
        assert!(vmflame::symbol::demangle(&mangled).len() <= mangled.len().max(LONGEST));
    }
    let event = WrittenEvent::cpu_clock();
    let mut records = RecordWriter::<Little>::new();
    let mut samples = 0;
    for (number, name) in (1..).zip(bytes.split(|&byte| byte == 0xff).take(64)) {
        let (pid, tid) = (Pid::new(1), Tid::new(number));
        // The kernel writes zeros behind the end of a name; other bytes there are taken for damage,
        // and what looks like records in them is read.
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        let name = name.get(..1000).unwrap_or(name);
        let start = u64::from(number.cast_unsigned()) << 16;
        let values = SampleValues {
            pid,
            tid,
            time: Timestamp::from_nanos(1),
            chain: &[PERF_CONTEXT_USER, start],
            ..SampleValues::default()
        };
        let mapping = WrittenRecord::Mmap {
            pid,
            tid,
            start: Avma::new(start),
            len: 1 << 16,
            file_offset: FileOffset::new(0),
            name,
        };
        let trailer = Some((&event.attr, &values));
        records.entry(2, &WrittenRecord::Comm { pid, tid, name }, trailer);
        records.entry(2, &mapping, trailer);
        records.sample(&event.attr, 2, &values);
        samples += 1;
    }
    let file = vmflame_fuzz::file_of(vec![event], records.bytes());
    let capture = vmflame_fuzz::open(&file).expect("a sound capture");
    let profile = vmflame_fuzz::run(&capture).expect("samples");
    let mut sum = 0;
    for line in vmflame_fuzz::folded(&profile).lines() {
        let (stack, count) = line.rsplit_once(' ').expect("a stack and its count");
        assert!(!stack.is_empty() && !stack.contains(|c: char| c.is_control()));
        sum += count.parse::<u64>().expect("a count");
    }
    assert_eq!(sum, samples);
});

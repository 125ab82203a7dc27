//! From bytes to unique stacks.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput};
use linux_perf_data::linux_perf_event_reader::EventRecord;
use linux_perf_data::{PerfFileReader, PerfFileRecord};
use vmflame::analysis::{choose_event, count_records};
use vmflame::bytes::ByteOrder;
use vmflame::fold::{FoldRequest, fold};
use vmflame::perf::abi::PERF_RECORD_SAMPLE;
use vmflame::perf::{Capture, Events, Record, SampleAtHand, Visitor};
use vmflame::units::EventIx;

use super::captures;

/// The header walk alone: what everything else stands on.
pub(crate) fn header_walk(c: &mut Criterion) {
    let mut group = c.benchmark_group("header walk");
    for sample in captures::all("walk") {
        let capture = Capture::open(&sample.path).unwrap();
        let expected = count_records(&capture, 1);
        if let Some(written) = &sample.written {
            let records: u64 = expected.iter().map(|(_, count)| count).sum();
            assert_eq!(records, written.records);
        }
        group.throughput(Throughput::Bytes(capture.file_len()));
        for threads in [1, 2] {
            let id = BenchmarkId::new(sample.label, format!("{threads} threads"));
            group.bench_function(id, |b| {
                b.iter(|| assert_eq!(count_records(&capture, threads), expected));
            });
        }
    }
    group.finish();
}

/// What decoding every sample finds: their number, and the sum of all call chain entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Decoded {
    samples: u64,
    entry_sum: u64,
}

/// Decodes every sample on one thread, here and with linux-perf-data's reader.
pub(crate) fn sample_decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("sample decode, one thread");
    group.sample_size(10);
    for sample in captures::all("decode") {
        let expected = decode(&sample.path);
        if let Some(written) = &sample.written {
            assert_eq!(
                expected.samples,
                written.samples + written.tracepoint_samples
            );
        }
        group.throughput(Throughput::Elements(expected.samples));
        group.bench_function(BenchmarkId::new(sample.label, "vmflame"), |b| {
            b.iter(|| assert_eq!(decode(&sample.path), expected));
        });
        let id = BenchmarkId::new(sample.label, "linux-perf-data");
        match decode_with_linux_perf_data(&sample.path) {
            Some(found) => {
                assert_eq!(found, expected);
                group.bench_function(id, |b| {
                    b.iter(|| {
                        assert_eq!(decode_with_linux_perf_data(&sample.path), Some(expected))
                    });
                });
            }
            None => eprintln!(
                "skipped: linux-perf-data does not read {}",
                sample.path.display()
            ),
        }
    }
    group.finish();
}

fn decode(path: &Path) -> Decoded {
    let capture = Capture::open(path).unwrap();
    let decoding = Decoding {
        events: capture.events(),
    };
    capture.scan(1, &decoding).gathered[0]
}

/// The visitor that decodes samples.
struct Decoding<'e> {
    events: &'e Events,
}

impl<'a> Visitor<'a> for Decoding<'_> {
    type Gathered = Decoded;

    fn begin(&self) -> Decoded {
        Decoded::default()
    }

    /// Nothing is kept: linux-perf-data copies what it reads too.
    fn takes_copies(&self, _: &Decoded) -> bool {
        true
    }

    #[inline]
    fn record<O: ByteOrder>(&self, found: &mut Decoded, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE {
            let event = self.events.of_sample::<O>(record.body).unwrap();
            self.add::<O>(found, event, record.body);
        }
    }

    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        found: &mut Decoded,
        at_hand: SampleAtHand<'_>,
        _: impl FnOnce() -> Record<'a>,
    ) {
        self.add::<O>(found, at_hand.event, at_hand.body);
    }
}

impl Decoding<'_> {
    #[inline]
    fn add<O: ByteOrder>(&self, found: &mut Decoded, event: EventIx, body: &[u8]) {
        let event = self.events.get(event).unwrap();
        let head = event.layout.head::<O>(body).unwrap();
        found.samples += 1;
        for &word in head.chain.unwrap_or_default().as_chunks().0 {
            found.entry_sum = found.entry_sum.wrapping_add(O::u64(word));
        }
    }
}

/// `None` when the reader refuses the file.
fn decode_with_linux_perf_data(path: &Path) -> Option<Decoded> {
    let file = BufReader::new(File::open(path).unwrap());
    let reader = PerfFileReader::parse_file(file).ok()?;
    let (mut perf_file, mut records) = (reader.perf_file, reader.record_iter);
    let mut found = Decoded::default();
    while let Some(record) = records.next_record(&mut perf_file).ok()? {
        let PerfFileRecord::EventRecord { record, .. } = record else {
            continue;
        };
        let Ok(EventRecord::Sample(sample)) = record.parse() else {
            continue;
        };
        found.samples += 1;
        if let Some(chain) = sample.callchain {
            for at in 0..chain.len() {
                found.entry_sum = found.entry_sum.wrapping_add(chain.get(at)?);
            }
        }
    }
    Some(found)
}

/// From the file to unique stacks.
pub(crate) fn fold_samples(c: &mut Criterion) {
    let mut group = c.benchmark_group("fold");
    for sample in captures::all("fold") {
        let capture = Capture::open(&sample.path).unwrap();
        let event = choose_event(&capture, None).unwrap();
        let tally = fold(&capture, &FoldRequest::all_of(event, 1)).census.tally;
        assert!(tally.adds_up());
        if let Some(written) = &sample.written {
            assert_eq!(tally.folded, written.samples);
            assert_eq!(tally.other_events, written.tracepoint_samples);
        }
        group.throughput(Throughput::Elements(tally.read));
        for threads in [1, 2] {
            let id = BenchmarkId::new(sample.label, format!("{threads} threads"));
            group.bench_function(id, |b| {
                b.iter(|| {
                    let folded = fold(&capture, &FoldRequest::all_of(event, threads));
                    assert_eq!(folded.census.tally, tally);
                });
            });
        }
    }
    group.finish();
}

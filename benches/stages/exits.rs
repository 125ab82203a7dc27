//! From bytes to exits, paired and added up.

use std::fs::File;
use std::io::BufWriter;

use criterion::{BenchmarkId, Criterion, Throughput};
use vmflame::analysis::Request;
use vmflame::analysis::exits::{Dimension, ExitRequest, like_perf, recorded_exits};
use vmflame::bytes::Little;
use vmflame::perf::Capture;
use vmflame::perf::writer::ExitLoad;

/// The exits of a generated capture by reason and by register, and perf's table of the same.
pub(crate) fn pairing(c: &mut Criterion) {
    let name = format!("vmflame-bench-{}-exits.data", std::process::id());
    let path = std::env::temp_dir().join(name);
    let load = ExitLoad::parse("size=32M,cpus=4").unwrap();
    let file = BufWriter::new(File::create(&path).unwrap());
    let (_, written) = load.write::<Little, _>(file).unwrap();
    let capture = Capture::open(&path).unwrap();
    let mut group = c.benchmark_group("exits");
    group.throughput(Throughput::Elements(written.samples()));
    for threads in [1, 2] {
        let request = ExitRequest {
            filter: Request {
                threads,
                ..Request::default()
            },
            views: vec![vec![Dimension::Reason], vec![Dimension::Register]],
            slowest: 10,
            ..ExitRequest::default()
        };
        let id = BenchmarkId::new("pairing", format!("{threads} threads"));
        group.bench_function(id, |b| {
            b.iter(|| {
                let counts = recorded_exits(&capture, &request).unwrap().survey.counts();
                assert_eq!(
                    [counts.exits, counts.entries],
                    [written.exits, written.entries]
                );
            });
        });
    }
    let request = like_perf::LikePerfRequest::default();
    // perf knows a thread from its first entry on.
    let paired = written.entries - u64::from(load.vcpus);
    group.bench_function("like perf", |b| {
        b.iter(|| {
            let table = like_perf::like_perf(&capture, &request).unwrap();
            assert_eq!(table.samples, paired);
        });
    });
    group.finish();
    drop(std::fs::remove_file(&path));
}

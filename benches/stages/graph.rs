//! From named stacks to the picture.

use criterion::{BenchmarkId, Criterion, Throughput};
use vmflame::analysis::{Profile, Request, profile};
use vmflame::kvm::Tagger;
use vmflame::output::{Colors, DrawnPart, Picture, write_svg};
use vmflame::perf::Capture;
use vmflame::symbol::SymbolRequest;

use super::captures::{self, Sample};

/// A profile with the kernel's symbols, where they are known: tags depend on names.
fn profile_of(sample: &Sample) -> Profile {
    let capture = Capture::open(&sample.path).unwrap();
    let mut symbols = SymbolRequest::default();
    let text = sample.path.with_extension("kallsyms");
    if sample.written.is_some() {
        std::fs::write(&text, captures::load().kallsyms()).unwrap();
        symbols.kallsyms = Some(text.clone());
    } else {
        symbols.search.capture_dir = sample.path.parent().map(Into::into);
    }
    let request = Request {
        threads: 2,
        ..Request::default()
    };
    let profile = profile(&capture, &symbols, &request).unwrap();
    if sample.written.is_some() {
        std::fs::remove_file(text).unwrap();
    }
    profile
}

/// Tagging each unique stack.
pub(crate) fn tagging(c: &mut Criterion) {
    let mut group = c.benchmark_group("tagging");
    for sample in captures::all("tag") {
        let profile = profile_of(&sample);
        let stacks = &profile.stacks;
        let expected: Vec<_> = stacks.iter().map(|stack| stack.tag).collect();
        group.throughput(Throughput::Elements(expected.len() as u64));
        group.bench_function(sample.label, |b| {
            b.iter(|| {
                let mut tagger = Tagger::for_arch(Some("x86_64"));
                for (stack, &tag) in stacks.iter().zip(&expected) {
                    let view = stacks.view(stack, &profile.frames);
                    assert_eq!(tagger.tag(&view).tag, tag);
                }
            });
        });
    }
    group.finish();
}

/// The call tree of all stacks, drawn.
pub(crate) fn tree_and_svg(c: &mut Criterion) {
    let mut group = c.benchmark_group("tree and SVG");
    group.sample_size(10);
    for sample in captures::all("svg") {
        let profile = profile_of(&sample);
        let picture = Picture {
            title: "bench".to_owned(),
            subtitle: String::new(),
            unit: profile.unit.clone(),
            totals: profile.totals.clone(),
            colors: Colors::default(),
            extent: DrawnPart::default(),
        };
        let stacks = profile.stacks.iter().len() as u64;
        group.throughput(Throughput::Elements(stacks));
        group.bench_function(BenchmarkId::new(sample.label, "tree"), |b| {
            b.iter(|| assert_eq!(profile.tree().root().total, profile.total));
        });
        let tree = profile.tree();
        group.bench_function(BenchmarkId::new(sample.label, "SVG"), |b| {
            b.iter(|| {
                let mut svg = Vec::new();
                let boxes = write_svg(&tree, &profile.frames, &picture, &mut svg).unwrap();
                assert!(boxes > 1 && svg.ends_with(b"</svg>\n"), "{boxes} boxes");
            });
        });
    }
    group.finish();
}

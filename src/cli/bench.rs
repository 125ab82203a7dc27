//! `vmflame bench`: how long the stages take on a capture, and other programs on the same.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::generate::MadeUp;
use super::options::InputOptions;
use super::outcome::Outcome;
use super::write::Destination;
use crate::cli::options::also_k;
use crate::cli::{other_tools, this_machine};
use clap::Args;
use vmflame::analysis::{Request, Stage, Stopwatch, Timings, count_records, profile, subtitle};
use vmflame::error::{Error, Result};
use vmflame::input::{Input, UnpackLimit};
use vmflame::output::{Colors, DrawnPart, Picture, write_svg};
use vmflame::perf::{Capture, RecordCounts};
use vmflame::report::bench::{BenchReport, Race, as_json, as_text};
use vmflame::report::remarks;
use vmflame::symbol::SymbolRequest;

#[derive(Args, Debug)]
#[command(mut_arg("kallsyms", also_k))]
pub(super) struct BenchOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    /// How often to measure, after one run to warm up (default: 10, with --against 3).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    runs: Option<u16>,
    /// Measure other programs too, as far as they are installed: cat, perf report, perf script with
    /// inferno, samply; of captures of VM exits perf kvm stat report. They take turns with this
    /// program, whole processes each.
    #[arg(long)]
    against: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Write a made-up capture to the path, which must be given, instead of measuring one:
    /// size=8G,stacks=1000,depth=24,processes=4,threads=4,cpus=2,guest=10,tracepoints=0,late=0,seed=1
    /// or, of VM exits, exits,size=8G,vcpus=8,vms=1,cpus=4,amd=0,seed=1
    /// or, with the feature fleet, the dataset of a made-up fleet into a folder, and print what must be
    /// answered about it: fleet,hosts=100,hours=24,stacks=40,seed=1
    #[arg(long, value_name = "SPEC", value_parser = MadeUp::parse, requires = "input")]
    #[arg(conflicts_with_all = ["against", "runs", "kallsyms", "buildid_dir", "threads"])]
    generate: Option<MadeUp>,
    /// Let --generate replace a file.
    #[arg(long, requires = "generate")]
    force: bool,
}

/// What one run found, with its times.
struct Run {
    samples: u64,
    stacks: usize,
    bytes: u64,
    timings: Timings,
}

pub(super) fn run(options: &BenchOptions, quiet: bool) -> Result<Outcome> {
    if let Some(made_up) = &options.generate {
        return made_up.make(&options.input.input, options.force, options.json);
    }
    let destination = Destination::stdout(&this_machine::inputs(&options.input))?;
    let limit = options.input.max_unpacked.unwrap_or_default();
    let input = Input::resolve_within(&options.input.input, limit)?;
    if !quiet {
        for remark in remarks::of_archives(&input) {
            eprintln!("{remark}");
        }
    }
    // What is no capture is told before anything is measured.
    input.open(limit)?.capture()?;
    let symbols = this_machine::symbols(&options.input, &input);
    let threads = this_machine::threads(options.input.threads);
    let runs = options.runs.unwrap_or(if options.against { 3 } else { 10 });
    let mut report =
        measure(&input.data, &symbols, threads, runs).map_err(|error| input.shown.error(error))?;
    if options.against {
        let say = |line: &str| {
            if !quiet {
                eprintln!("{line}");
            }
        };
        report.race = other_tools::race(&input.data, &options.input, runs, &say)?;
    }
    let text = if options.json {
        format!("{:#}\n", as_json(&report))
    } else {
        as_text(&report)
    };
    destination.write(|out| out.write_all(text.as_bytes()))?;
    Ok(Outcome::Done)
}

/// Runs the pipeline in this process, once to warm up and so many times for its times.
fn measure(path: &Path, symbols: &SymbolRequest, threads: usize, runs: u16) -> Result<BenchReport> {
    // Watching the memory takes time, so it is done while nobody looks at the clock.
    let (first, peak_memory) = with_peak_memory(|| one_run(path, symbols, threads));
    let first = first?;
    let mut timings = Vec::new();
    for _ in 0..runs {
        timings.push(one_run(path, symbols, threads)?.timings);
    }
    Ok(BenchReport {
        path: path.display().to_string(),
        bytes: first.bytes,
        samples: first.samples,
        stacks: first.stacks,
        threads,
        runs: timings,
        peak_memory,
        race: Race::default(),
    })
}

/// From the file to an SVG that nobody reads.
fn one_run(path: &Path, symbols: &SymbolRequest, threads: usize) -> Result<Run> {
    let limit = symbols.search.limit;
    let (counts, index) = index(path, threads, limit)?;
    let mut watch = Stopwatch::start();
    let capture = Capture::open_within(path, limit)?;
    watch.lap(Stage::Open);
    watch.skip(&index);
    let request = Request {
        threads,
        ..Request::default()
    };
    let profile = profile(&capture, symbols, &request)?;
    watch.skip(&profile.timings);
    let tree = profile.tree();
    watch.lap(Stage::Tree);
    let picture = Picture {
        title: path.display().to_string(),
        subtitle: subtitle(&capture, &profile, &request),
        unit: profile.unit.clone(),
        totals: profile.totals.clone(),
        colors: Colors::default(),
        extent: DrawnPart::default(),
    };
    write_svg(&tree, &profile.frames, &picture, &mut std::io::sink())
        .map_err(|source| Error::io("draw", path, source))?;
    watch.lap(Stage::Draw);
    Ok(Run {
        samples: counts.samples(),
        stacks: profile.stacks.iter().len(),
        bytes: capture.file_len(),
        timings: watch.timings(),
    })
}

/// Walks over the headers only. The file is mapped for it alone: a walk over a mapping that was
/// walked before finds the page table filled, and is much faster than any first one.
fn index(path: &Path, threads: usize, limit: UnpackLimit) -> Result<(RecordCounts, Timings)> {
    let capture = Capture::open_within(path, limit)?;
    let mut watch = Stopwatch::start();
    let counts = count_records(&capture, threads);
    watch.lap(Stage::Index);
    Ok((counts, watch.timings()))
}

/// Runs `work` and tells the most memory that the process had filled meanwhile.
fn with_peak_memory<T>(work: impl FnOnce() -> T) -> (T, Option<u64>) {
    let (done, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    let result = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let memory = this_machine::anonymous_memory().unwrap_or(0);
                peak.fetch_max(memory, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(1));
            }
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        result
    });
    let peak = peak.into_inner();
    (result, (peak > 0).then_some(peak))
}

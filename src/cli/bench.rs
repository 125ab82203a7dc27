//! `vmflame bench`: how long the stages take on a capture, and other programs on the same.

use std::io::BufWriter;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::Outcome;
use super::args::InputOptions;
use super::inputs::Inputs;
use super::other_tools::Contest;
use super::write::Destination;
use crate::cli::{other_tools, this_machine};
use clap::Args;
use serde_json::{Value, json};
use vmflame::analysis::{Request, Stage, Stopwatch, Timings, count_records, profile, subtitle};
use vmflame::bytes::{Little, UnpackLimit};
use vmflame::error::{Error, Result};
use vmflame::input::Input;
use vmflame::output::{Picture, write_svg};
use vmflame::perf::writer::Load;
use vmflame::perf::{Capture, RecordCounts};
use vmflame::report::bench::{Figures, in_words, rate, three_digits};
use vmflame::report::remarks;
use vmflame::symbol::SymbolRequest;
use vmflame::text::{counted, grouped};

#[derive(Args, Debug)]
pub(super) struct BenchOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    /// How often to measure, after one run to warm up (default: 10, with --against 3).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    runs: Option<u16>,
    /// Measure other programs too, as far as they are installed: cat, perf report, perf script with
    /// inferno, samply. They take turns with this program, whole processes each.
    #[arg(long)]
    against: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Write a made-up capture to the path, which must be given, instead of measuring one:
    /// size=8G,stacks=1000,depth=24,processes=4,threads=4,cpus=2,guest=10,tracepoints=0,late=0,seed=1
    #[arg(long, value_name = "SPEC", value_parser = Load::parse, requires = "input")]
    #[arg(conflicts_with_all = ["against", "runs", "kallsyms", "buildid_dir", "threads"])]
    generate: Option<Load>,
    /// Let --generate replace a file.
    #[arg(long, requires = "generate")]
    force: bool,
}

/// What was measured in this process.
struct Measured {
    bytes: u64,
    samples: u64,
    stacks: usize,
    runs: Vec<Timings>,
    peak_memory: Option<u64>,
}

/// What one run found, with its times.
struct Run {
    samples: u64,
    stacks: usize,
    bytes: u64,
    timings: Timings,
}

pub(super) fn run(options: &BenchOptions, quiet: bool) -> Result<Outcome> {
    if let Some(load) = &options.generate {
        return generate(load, options);
    }
    let destination = Destination::stdout(&this_machine::inputs(&options.input))?;
    let limit = options.input.max_unpacked.unwrap_or_default();
    let input = Input::resolve_within(&options.input.input, limit)?;
    if !quiet {
        for remark in remarks::of_archives(&input) {
            eprintln!("{remark}");
        }
    }
    let symbols = this_machine::symbols(&options.input, &input);
    let threads = this_machine::threads(options.input.threads);
    let runs = options.runs.unwrap_or(if options.against { 3 } else { 10 });
    let measured =
        measure(&input.data, &symbols, threads, runs).map_err(|error| input.shown.error(error))?;
    let contest = if options.against {
        let say = |line: &str| {
            if !quiet {
                eprintln!("{line}");
            }
        };
        other_tools::compete(&input.data, &options.input, runs, &say)?
    } else {
        Contest::default()
    };
    let text = if options.json {
        let value = as_json(&input.data, &measured, &contest, threads);
        format!("{value:#}\n")
    } else {
        as_text(&input.data, &measured, &contest, threads)
    };
    destination.write(|out| out.write_all(text.as_bytes()))?;
    Ok(Outcome::Done)
}

/// Runs the pipeline in this process, once to warm up and so many times for its times.
fn measure(path: &Path, symbols: &SymbolRequest, threads: usize, runs: u16) -> Result<Measured> {
    // Watching the memory takes time, so it is done while nobody looks at the clock.
    let (first, peak_memory) = with_peak_memory(|| one_run(path, symbols, threads));
    let first = first?;
    let mut timings = Vec::new();
    for _ in 0..runs {
        timings.push(one_run(path, symbols, threads)?.timings);
    }
    Ok(Measured {
        bytes: first.bytes,
        samples: first.samples,
        stacks: first.stacks,
        runs: timings,
        peak_memory,
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
        subtitle: subtitle(&capture, &profile),
        unit: profile.unit.clone(),
        totals: profile.totals.clone(),
        min_width: None,
    };
    write_svg(&tree, &profile.frames, &picture, &mut std::io::sink())
        .map_err(|source| Error::io("draw", path, source))?;
    watch.lap(Stage::Draw);
    Ok(Run {
        samples: counts.of(vmflame::perf::abi::PERF_RECORD_SAMPLE),
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

fn generate(load: &Load, options: &BenchOptions) -> Result<Outcome> {
    let path = options.input.input.as_path();
    let mut written = None;
    Destination::of_capture(path, options.force)?.write_file(|file| {
        let (out, facts) = load.write::<Little, _>(BufWriter::with_capacity(1 << 20, file))?;
        written = Some(facts);
        out.into_inner()
            .map_err(std::io::IntoInnerError::into_error)
    })?;
    let facts = written.unwrap_or_default();
    let text = if options.json {
        let value = json!({
            "schema_version": 1,
            "records": facts.records,
            "samples": facts.samples,
            "guest_samples": facts.guest_samples,
            "tracepoint_samples": facts.tracepoint_samples,
            "stacks": facts.stacks,
            "data_bytes": facts.data_len,
        });
        format!("{value:#}\n")
    } else {
        format!(
            "{}: {} of records, {} of cpu-clock with {}, {} of kvm:kvm_exit\n",
            path.display(),
            counted(facts.data_len, "byte"),
            counted(facts.samples, "sample"),
            counted(facts.stacks, "different stack"),
            grouped(facts.tracepoint_samples),
        )
    };
    Destination::stdout(&Inputs::default())?.write(|out| out.write_all(text.as_bytes()))?;
    Ok(Outcome::Done)
}

/// The times of a stage over all runs; those of whole runs for `None`.
fn figures(measured: &Measured, stage: Option<Stage>) -> Option<Figures> {
    let of_run = |run: &Timings| stage.map_or_else(|| run.total(), |stage| run.of(stage));
    Figures::of(measured.runs.iter().map(of_run).collect())
}

/// The stages of one run as a table, for `--timings`.
pub(super) fn stage_table(timings: &Timings) -> String {
    let mut out = String::new();
    let total = timings.total();
    for stage in Stage::ALL
        .into_iter()
        .filter(|stage| stage.is_part_of_run())
    {
        let spent = timings.of(stage);
        let share = 100.0 * spent.as_secs_f64() / total.as_secs_f64().max(1e-9);
        out.push_str(&format!(
            "{:<8}{:>10}{share:>6.0} %\n",
            stage.as_str(),
            in_words(spent)
        ));
    }
    out.push_str(&format!("{:<8}{:>10}\n", "total", in_words(total)));
    out
}

fn as_text(path: &Path, measured: &Measured, contest: &Contest, threads: usize) -> String {
    let mut out = format!(
        "{}: {}, {}, {}; {}, {} after 1 to warm up\n\n",
        path.display(),
        counted(measured.bytes, "byte"),
        counted(measured.samples, "sample"),
        counted(measured.stacks as u64, "stack"),
        counted(threads as u64, "thread"),
        counted(measured.runs.len() as u64, "run"),
    );
    let header = ["stage", "min", "median", "max"];
    let [stage, min, median, max] = header;
    out.push_str(&format!("{stage:<8}{min:>10}{median:>10}{max:>10}\n"));
    let rows = Stage::ALL.into_iter().map(Some).chain([None]);
    for stage in rows {
        let Some(found) = figures(measured, stage) else {
            continue;
        };
        let [min, median, max] = [found.min(), found.median(), found.max()].map(in_words);
        let name = stage.map_or("total", Stage::as_str);
        out.push_str(&format!("{name:<8}{min:>10}{median:>10}{max:>10}"));
        let walks = matches!(stage, Some(Stage::Index | Stage::Fold) | None);
        if walks {
            let bytes = rate(measured.bytes, found.median(), "B/s");
            let samples = rate(measured.samples, found.median(), "samples/s");
            out.push_str(&format!("  {bytes:>10}  {samples:>16}"));
        }
        if stage == Some(Stage::Index) {
            out.push_str("  (the header walk alone; no part of the total)");
        }
        out.push('\n');
    }
    if let Some(peak) = measured.peak_memory {
        let mib = three_digits(f64::from(u32::try_from(peak >> 10).unwrap_or(u32::MAX)) / 1024.0);
        out.push_str(&format!("peak RssAnon {mib} MiB\n"));
    }
    let outliers = figures(measured, None).map_or(0, |found| found.outliers());
    if outliers > 0 {
        out.push_str(&format!(
            "warning: {outliers} of {} {} far from the others: is the machine busy?\n",
            counted(measured.runs.len() as u64, "run"),
            if outliers == 1 { "lies" } else { "lie" }
        ));
    }
    out.push_str(&contest.as_text());
    out
}

fn as_json(path: &Path, measured: &Measured, contest: &Contest, threads: usize) -> Value {
    let row = |stage: Option<Stage>| {
        let found = figures(measured, stage)?;
        Some(json!({
            "stage": stage.map_or("total", Stage::as_str),
            "min_seconds": found.min().as_secs_f64(),
            "median_seconds": found.median().as_secs_f64(),
            "max_seconds": found.max().as_secs_f64(),
            "outliers": found.outliers(),
        }))
    };
    let stages: Vec<Value> = Stage::ALL
        .into_iter()
        .map(Some)
        .chain([None])
        .filter_map(row)
        .collect();
    json!({
        "schema_version": 1,
        "capture": path.display().to_string(),
        "bytes": measured.bytes,
        "samples": measured.samples,
        "stacks": measured.stacks,
        "threads": threads,
        "runs": measured.runs.len(),
        "peak_rss_anon_bytes": measured.peak_memory,
        "stages": stages,
        "against": contest.as_json(),
    })
}

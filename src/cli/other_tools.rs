//! Other programs on the same capture, each as a whole process, taking turns with this one.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::args::InputOptions;
use serde_json::{Value, json};
use vmflame::error::{Error, Result};
use vmflame::report::bench::{Figures, in_words, ratio, three_digits};

/// A run that took longer to warm up than this is its own measurement.
const SLOW: Duration = Duration::from_secs(20);

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Contest {
    results: Vec<ResultOf>,
}

#[derive(Debug)]
struct ResultOf {
    name: &'static str,
    commands: Vec<String>,
    figures: Option<Figures>,
    /// Why there are no times, or fewer.
    remark: Option<String>,
}

/// A pipeline of programs.
struct Contestant {
    name: &'static str,
    commands: Vec<Vec<OsString>>,
}

/// Names of this program's own ways, which the others are compared with.
const OURS: [&str; 2] = ["vmflame to SVG", "vmflame to folded text"];

/// Lets all take turns: one round to warm up, then `runs` rounds.
pub(crate) fn compete(
    data: &Path,
    options: &InputOptions,
    runs: u16,
    say: &dyn Fn(&str),
) -> Result<Contest> {
    let scratch =
        std::env::temp_dir().join(format!("vmflame-bench-{}.json.gz", std::process::id()));
    let contestants = contestants(data, options, &scratch)?;
    let mut results: Vec<ResultOf> = contestants.iter().map(ResultOf::none_yet).collect();
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); contestants.len()];
    for round in 0..=runs {
        for ((contestant, result), times) in contestants.iter().zip(&mut results).zip(&mut times) {
            if result.remark.is_some() {
                continue;
            }
            match time(contestant) {
                Ok(spent) if round > 0 => times.push(spent),
                Ok(spent) if spent > SLOW => {
                    say(&format!("{}: {}", contestant.name, in_words(spent)));
                    times.push(spent);
                    let slow = in_words(SLOW);
                    result.remark = Some(format!("took over {slow}: measured once, not warmed up"));
                }
                Ok(_) => {}
                Err(why) => result.remark = Some(why),
            }
        }
    }
    // samply leaves it; others do not.
    drop(std::fs::remove_file(&scratch));
    for (result, times) in results.iter_mut().zip(times) {
        result.figures = Figures::of(times);
    }
    Ok(Contest { results })
}

fn contestants(data: &Path, options: &InputOptions, scratch: &Path) -> Result<Vec<Contestant>> {
    let own = std::env::current_exe()
        .map_err(|source| Error::io("find", Path::new("vmflame"), source))?;
    let file = data.as_os_str();
    let ours = |format: &str| {
        let mut command = words(&["--quiet", "convert", "-o", "/dev/null", "--format", format]);
        command.insert(0, own.clone().into_os_string());
        command.push(options.input.clone().into_os_string());
        if let Some(kallsyms) = &options.kallsyms {
            command.extend(["--kallsyms".into(), kallsyms.clone().into_os_string()]);
        }
        for dir in &options.buildid_dir {
            command.extend(["--buildid-dir".into(), dir.clone().into_os_string()]);
        }
        if let Some(threads) = options.threads {
            command.extend(["--threads".into(), threads.to_string().into()]);
        }
        command
    };
    let mut of_perf: Vec<OsString> = vec!["-i".into(), file.into()];
    if let Some(kallsyms) = &options.kallsyms {
        of_perf.extend(["--kallsyms".into(), kallsyms.clone().into_os_string()]);
    }
    let with_input = |start: &[&str]| [words(start), of_perf.clone()].concat();
    let mut samply = words(&["samply", "import", "--save-only", "-o"]);
    samply.extend([scratch.as_os_str().into(), file.into()]);
    let list = [
        (OURS[0], vec![ours("svg")]),
        (OURS[1], vec![ours("folded")]),
        ("cat", vec![vec!["cat".into(), file.into()]]),
        (
            "perf report -g folded",
            vec![with_input(&[
                "perf",
                "report",
                "-f",
                "-g",
                "folded",
                "--no-children",
                "--stdio",
            ])],
        ),
        ("samply import", vec![samply]),
        (
            "perf script | inferno",
            vec![
                with_input(&["perf", "script", "-f"]),
                words(&["inferno-collapse-perf"]),
                words(&["inferno-flamegraph"]),
            ],
        ),
    ];
    let contestant = |(name, commands)| Contestant { name, commands };
    Ok(list.into_iter().map(contestant).collect())
}

fn words(list: &[&str]) -> Vec<OsString> {
    list.iter().map(|&word| word.into()).collect()
}

/// Runs a pipeline to its end with nobody reading its output.
fn time(contestant: &Contestant) -> std::result::Result<Duration, String> {
    let start = Instant::now();
    let mut children: Vec<Child> = Vec::new();
    let last = contestant.commands.len() - 1;
    for (at, words) in contestant.commands.iter().enumerate() {
        let Some((program, arguments)) = words.split_first() else {
            continue;
        };
        let input = children.last_mut().and_then(|child| child.stdout.take());
        let output = if at == last {
            Stdio::null()
        } else {
            Stdio::piped()
        };
        let spawned = Command::new(program)
            .args(arguments)
            .stdin(input.map_or_else(Stdio::null, Stdio::from))
            .stdout(output)
            .stderr(Stdio::null())
            .spawn();
        match spawned {
            Ok(child) => children.push(child),
            Err(error) => {
                end(&mut children);
                let program = program.to_string_lossy();
                return Err(if error.kind() == std::io::ErrorKind::NotFound {
                    format!("{program} is not installed")
                } else {
                    format!("{program} cannot be run: {error}")
                });
            }
        }
    }
    let mut failed = None;
    for (child, words) in children.iter_mut().zip(&contestant.commands) {
        let status = child.wait().map_err(|error| error.to_string())?;
        if !status.success() && failed.is_none() {
            let program = words.first().map(|word| word.to_string_lossy());
            failed = Some(format!("{}: {status}", program.unwrap_or_default()));
        }
    }
    failed.map_or_else(|| Ok(start.elapsed()), Err)
}

/// Stops what was started of a pipeline that lacks a program.
fn end(children: &mut [Child]) {
    for child in children {
        // One that has ended by itself cannot be stopped, and need not be.
        drop(child.kill());
        drop(child.wait());
    }
}

impl ResultOf {
    fn none_yet(contestant: &Contestant) -> Self {
        let shown = |words: &Vec<OsString>| {
            let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            words.join(" ")
        };
        Self {
            name: contestant.name,
            commands: contestant.commands.iter().map(shown).collect(),
            figures: None,
            remark: None,
        }
    }
}

impl Contest {
    /// This program's own medians, in order of [`OURS`].
    fn bases(&self) -> [Option<Duration>; 2] {
        OURS.map(|name| {
            let own = self.results.iter().find(|result| result.name == name)?;
            own.figures.as_ref().map(Figures::median)
        })
    }

    pub(crate) fn as_text(&self) -> String {
        if self.results.is_empty() {
            return String::new();
        }
        let header = [
            "whole processes",
            "runs",
            "min",
            "median",
            "max",
            "/ SVG",
            "/ folded",
        ];
        let [name, runs, min, median, max, svg, folded] = header;
        let mut out =
            format!("\n{name:<24}{runs:>5}{min:>10}{median:>10}{max:>10}{svg:>10}{folded:>10}\n");
        let bases = self.bases();
        let mut outliers = 0;
        for result in &self.results {
            let name = result.name;
            out.push_str(&format!("{name:<24}"));
            if let Some(found) = &result.figures {
                let [min, median, max] = [found.min(), found.median(), found.max()].map(in_words);
                let runs = found.runs();
                out.push_str(&format!("{runs:>5}{min:>10}{median:>10}{max:>10}"));
                for base in bases.iter().flatten() {
                    let ratio = three_digits(ratio(found.median(), *base));
                    out.push_str(&format!("{ratio:>8} x"));
                }
                outliers += found.outliers();
            }
            if let Some(remark) = &result.remark {
                out.push_str(&format!("  {remark}"));
            }
            out.push('\n');
        }
        if outliers > 0 {
            out.push_str(&format!(
                "warning: {} far from others of the same program: is the machine busy?\n",
                if outliers == 1 {
                    "1 time lies".to_owned()
                } else {
                    format!("{outliers} times lie")
                }
            ));
        }
        out
    }

    pub(crate) fn as_json(&self) -> Value {
        let bases = self.bases();
        let row = |result: &ResultOf| {
            let found = result.figures.as_ref();
            let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
            let against = |base: Option<Duration>| Some(ratio(found?.median(), base?));
            json!({
                "name": result.name,
                "commands": result.commands,
                "runs": found.map_or(0, Figures::runs),
                "min_seconds": seconds(found.map(Figures::min)),
                "median_seconds": seconds(found.map(Figures::median)),
                "max_seconds": seconds(found.map(Figures::max)),
                "ratio_to_svg": against(bases[0]),
                "ratio_to_folded": against(bases[1]),
                "remark": result.remark,
            })
        };
        self.results.iter().map(row).collect()
    }
}

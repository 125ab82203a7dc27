//! Other programs on the same capture, each as a whole process, taking turns with this one.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::options::InputOptions;
use vmflame::error::{Error, Result};
use vmflame::perf::Capture;
use vmflame::report::bench::{Figures, OURS, Race, RaceResult, in_words};

/// A run that took longer to warm up than this is its own measurement.
const SLOW: Duration = Duration::from_secs(20);

/// A pipeline of programs.
struct Racer {
    name: &'static str,
    commands: Vec<Vec<OsString>>,
}

/// Lets all take turns: one round to warm up, then `runs` rounds.
pub(crate) fn race(
    data: &Path,
    options: &InputOptions,
    runs: u16,
    say: &dyn Fn(&str),
) -> Result<Race> {
    let scratch =
        std::env::temp_dir().join(format!("vmflame-bench-{}.json.gz", std::process::id()));
    let racers = racers(data, options, &scratch)?;
    let mut results: Vec<RaceResult> = racers.iter().map(Racer::no_result_yet).collect();
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); racers.len()];
    for round in 0..=runs {
        for ((racer, result), times) in racers.iter().zip(&mut results).zip(&mut times) {
            if result.remark.is_some() {
                continue;
            }
            match time(racer) {
                Ok(spent) if round > 0 => times.push(spent),
                Ok(spent) if spent > SLOW => {
                    say(&format!("{}: {}", racer.name, in_words(spent)));
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
    Ok(Race { results })
}

/// The options that say where symbols are, as our own command line takes them.
fn symbol_options(options: &InputOptions) -> impl Iterator<Item = OsString> {
    let kallsyms = options.kallsyms.iter().map(|file| ("--kallsyms", file));
    let caches = options.buildid_dir.iter().map(|dir| ("--buildid-dir", dir));
    let roots = options.symfs.iter().map(|dir| ("--symfs", dir));
    let given = kallsyms.chain(caches).chain(roots);
    given.flat_map(|(option, path)| [option.into(), path.clone().into_os_string()])
}

fn racers(data: &Path, options: &InputOptions, scratch: &Path) -> Result<Vec<Racer>> {
    let capture = Capture::open_within(data, options.max_unpacked.unwrap_or_default())?;
    let mut events = capture.events().iter();
    let has_exits = events.any(|(_, event)| event.name == "kvm:kvm_exit");
    let own = std::env::current_exe()
        .map_err(|source| Error::io("find", Path::new("vmflame"), source))?;
    let file = data.as_os_str();
    let ours = |format: &str| {
        let mut command = words(&["--quiet", "convert", "-o", "/dev/null", "--format", format]);
        command.insert(0, own.clone().into_os_string());
        command.push(options.input.clone().into_os_string());
        command.extend(symbol_options(options));
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
    let racer = |(name, commands)| Racer { name, commands };
    let mut racers: Vec<Racer> = list.into_iter().map(racer).collect();
    if has_exits {
        racers.extend(exit_racers(own.into_os_string(), file, options));
    }
    Ok(racers)
}

/// Programs that tell a capture's VM exits.
fn exit_racers(own: OsString, file: &OsStr, options: &InputOptions) -> [Racer; 2] {
    let mut exits = words(&["--quiet", "exits", "-o", "/dev/null"]);
    exits.insert(0, own);
    exits.push(options.input.clone().into_os_string());
    let mut kvm_stat = words(&["perf", "kvm", "--host", "-i"]);
    kvm_stat.push(file.into());
    kvm_stat.extend(words(&["stat", "report"]));
    let named = [(OURS[2], exits), ("perf kvm stat report", kvm_stat)];
    named.map(|(name, command)| Racer {
        name,
        commands: vec![command],
    })
}

fn words(list: &[&str]) -> Vec<OsString> {
    list.iter().map(|&word| word.into()).collect()
}

/// Runs a pipeline to its end with nobody reading its output.
fn time(racer: &Racer) -> std::result::Result<Duration, String> {
    let start = Instant::now();
    let mut children: Vec<Child> = Vec::new();
    let last = racer.commands.len() - 1;
    for (at, words) in racer.commands.iter().enumerate() {
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
    for (child, words) in children.iter_mut().zip(&racer.commands) {
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

impl Racer {
    /// Its result before it has run.
    fn no_result_yet(&self) -> RaceResult {
        let shown = |words: &Vec<OsString>| {
            let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            words.join(" ")
        };
        RaceResult {
            name: self.name,
            commands: self.commands.iter().map(shown).collect(),
            figures: None,
            remark: None,
        }
    }
}

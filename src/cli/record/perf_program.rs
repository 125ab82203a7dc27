//! The installed `perf`: where it is, which version, and which options it has.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::not_recorded::NotRecorded;
use super::package::perf_package;

/// The installed `perf`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct PerfProgram {
    /// What is run.
    pub(super) program: OsString,
    /// What it calls its version, as in `6.1.192`.
    pub(super) version: String,
    /// The options of its `perf record`, short and long, with their dashes.
    pub(super) options: BTreeSet<String>,
}

impl PerfProgram {
    /// Asks the `perf` of the user's path, or the one that is named, what it is.
    ///
    /// # Errors
    /// When there is none, or it does not work.
    pub(super) fn find(named: Option<&Path>) -> Result<Self, NotRecorded> {
        let program = named.map_or_else(|| OsString::from("perf"), Into::into);
        let ask = |words: &[&str]| ask(&program, words);
        let told = ask(&["--version"])?;
        let said = text_of(&told);
        let version = said.lines().find_map(|line| {
            let version = line.trim().strip_prefix("perf version ")?;
            Some(version.to_owned())
        });
        let Some(version) = version.filter(|_| told.status.success()) else {
            return Err(NotRecorded::PerfFails {
                said,
                package: perf_package(),
            });
        };
        let options = options_of(&text_of(&ask(&["record", "-h"])?));
        Ok(Self {
            program,
            version,
            options,
        })
    }

    /// Whether its `perf record` has an option.
    pub(super) fn has(&self, option: &str) -> bool {
        self.options.contains(option)
    }
}

/// Runs `perf` to its end, with nobody at its input.
fn ask(program: &OsString, words: &[&str]) -> Result<Output, NotRecorded> {
    let mut command = Command::new(program);
    command.args(words).env("LC_ALL", "C").stdin(Stdio::null());
    command.output().map_err(|source| {
        if source.kind() == ErrorKind::NotFound {
            NotRecorded::NoPerf {
                program: program.clone(),
                package: perf_package(),
            }
        } else {
            NotRecorded::PerfFails {
                said: format!("{}: {source}", program.to_string_lossy()),
                package: perf_package(),
            }
        }
    })
}

fn text_of(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}{err}")
}

/// The options in what `perf record -h` prints. What it has no code for is listed too, with
/// `(not built-in because …)` below.
fn options_of(help: &str) -> BTreeSet<String> {
    let mut options = BTreeSet::new();
    let mut last: Vec<String> = Vec::new();
    for line in help.lines().map(str::trim) {
        if line.starts_with('-') {
            // As in `-z, --compression-level[=<n>]   Compress records`.
            let words = line.split(", ").map_while(|word| {
                let end = word.find([' ', '[', '=', '<']).unwrap_or(word.len());
                word.get(..end).filter(|word| word.starts_with('-'))
            });
            last = words.map(str::to_owned).collect();
            options.extend(last.iter().cloned());
        }
        if line.contains("(not built-in") {
            options.retain(|option| !last.contains(option));
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of perf 6.1.192.
    #[test]
    fn options_are_those_that_are_built_in() {
        let help = "\n Usage: perf record [<options>] [<command>]\n    or: perf record -- x\n\n    \
            -a, --all-cpus        system-wide collection from all CPUs\n    \
            -z, --compression-level[=<n>]\n                          Compress records\n        \
            --max-size <size>\n                          Limit the maximum size of the file\n        \
            --off-cpu         Enable off-cpu analysis\n                          \
            (not built-in because NO_BPF_SKEL=1)\n    \
            -m, --mmap-pages <pages[,pages]>\n                          number of pages\n";
        let options: Vec<String> = options_of(help).into_iter().collect();
        assert_eq!(
            options,
            [
                "--all-cpus",
                "--compression-level",
                "--max-size",
                "--mmap-pages",
                "-a",
                "-m",
                "-z"
            ]
        );
    }
}

//! The engine that answers: `DuckDB`, by its program or its Python module.
//!
//! To build an engine in takes 40 minutes of a core; this one is installed in seconds.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use vmflame::error::{Error, Problem, Result};

/// Runs what comes on standard input. That the module is missing is status 3.
const PYTHON: &str = "
import sys
try:
    import duckdb
except ImportError:
    sys.exit(3)
try:
    duckdb.connect().execute(sys.stdin.read())
except duckdb.Error as problem:
    sys.exit(str(problem))
";

/// Who answers.
enum Engine {
    /// The program of `DuckDB`.
    Program,
    /// An interpreter of Python, with the module.
    Python,
}

impl Engine {
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        match self {
            // No file of the user's changes what is printed.
            Self::Program => command.args(["-batch", "-bail", "-init", "/dev/null", ":memory:"]),
            Self::Python => command.args(["-c", PYTHON]),
        };
        command
    }

    /// Who a program is, by its name.
    fn of(program: &Path) -> Self {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("python") {
            Self::Python
        } else {
            Self::Program
        }
    }
}

/// What the engine prints that is asked for, or the first that there is.
///
/// # Errors
/// When there is none, or it refuses the script.
pub(in crate::cli) fn answer(asked: Option<&Path>, script: &str) -> Result<String> {
    let usual = [Path::new("duckdb"), Path::new("python3")];
    let programs = asked.map_or(usual.to_vec(), |program| vec![program]);
    for program in programs {
        let done = match run(program, script) {
            Ok(done) => done,
            Err(source) if source.kind() == ErrorKind::NotFound => continue,
            Err(source) => return Err(Error::io("run", program, source)),
        };
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
        }
        if done.status.code() != Some(3) {
            return Err(refused(&done));
        }
    }
    let what = "no engine is there that answers SQL".to_owned();
    Err(Error::from(Problem::Arguments(what)).with_hint(
        "install DuckDB: pip install duckdb, or its program from your distribution; --engine names a \
         duckdb or a python3 that is not in PATH. Any other engine can read the files of dataset.json",
    ))
}

fn run(program: &Path, script: &str) -> std::io::Result<Output> {
    let mut child = Engine::of(program)
        .command(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends early says why. It prints nothing before it has read all: no pipe fills up.
        match stdin.write_all(script.as_bytes()) {
            Err(source) if source.kind() != ErrorKind::BrokenPipe => return Err(source),
            Ok(()) | Err(_) => {}
        }
    }
    child.wait_with_output()
}

/// Why the engine did not answer, in its own words.
fn refused(done: &Output) -> Error {
    let told = String::from_utf8_lossy(&done.stderr);
    let told = told.trim();
    let mut lines = told.lines();
    let first = lines.next().unwrap_or("it says nothing");
    let rest = lines.collect::<Vec<_>>().join("\n");
    let error = Error::from(Problem::Arguments(format!(
        "the engine refuses the question: {first}"
    )));
    if rest.trim().is_empty() {
        error
    } else {
        error.with_hint(rest)
    }
}

//! The engine that answers: `DuckDB`, by its program or its Python module.
//!
//! To build an engine in takes 40 minutes of a core; this one is installed in seconds.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use vmflame::error::{Error, Problem};

/// Runs what comes on standard input. That the module is missing is status 3. A wheel of `PyPI` holds the
/// extension of its version, which is loaded before one that was installed.
const PYTHON: &str = "
import os, sys
try:
    import duckdb
except ImportError:
    sys.exit(3)
def load(base, name):
    try:
        packed = os.path.dirname(__import__('duckdb_extension_' + name).__file__)
    except ImportError:
        packed = ''
    path = f'{packed}/extensions/v{duckdb.__version__}/{name}.duckdb_extension'
    base.load_extension(path if os.path.exists(path) else name)
try:
    base = duckdb.connect()
    for name in sys.argv[1:]:
        load(base, name)
    base.execute(sys.stdin.read())
except duckdb.Error as problem:
    sys.exit(str(problem))
";

/// The part of `DuckDB` that reads S3, which is installed apart.
const S3_EXTENSION: &str = "httpfs";

/// Who answers.
enum Engine {
    /// The program of `DuckDB`.
    Program,
    /// An interpreter of Python, with the module.
    Python,
}

impl Engine {
    fn command(&self, program: &Path, asked: EngineQuestion<'_>) -> Command {
        let mut command = Command::new(program);
        match self {
            // No file of the user's changes what is printed, and no statement prints but those that
            // copy to standard output.
            Self::Program => {
                command.args(["-batch", "-bail", "-init", "/dev/null"]);
                command.args(["-cmd", ".output /dev/null"]);
                if asked.is_of_s3 {
                    command.args(["-cmd", &format!("LOAD {S3_EXTENSION};")]);
                }
                command.arg(":memory:")
            }
            Self::Python if asked.is_of_s3 => command.args(["-c", PYTHON, S3_EXTENSION]),
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

/// What an engine is asked.
#[derive(Clone, Copy)]
pub(super) struct EngineQuestion<'s> {
    /// It goes to the engine's standard input, where no other user sees it.
    pub(super) script: &'s str,
    pub(super) is_of_s3: bool,
}

/// Why an engine did not answer.
#[derive(Debug)]
pub(super) enum EngineFault {
    /// There is none.
    NotThere,
    /// It has no extension for S3; in its own words.
    NoExtension(String),
    /// It refuses the script; in its own words.
    Refuses(String),
    /// It cannot be run.
    Broken(Error),
}

/// What the engine prints that is asked for, or the first that there is.
///
/// # Errors
/// When there is none, or it refuses the script.
pub(super) fn answer(
    program: Option<&Path>,
    asked: EngineQuestion<'_>,
) -> Result<String, EngineFault> {
    let usual = [Path::new("duckdb"), Path::new("python3")];
    let programs = program.map_or(usual.to_vec(), |program| vec![program]);
    let mut fault = EngineFault::NotThere;
    for program in programs {
        let done = match run(program, asked) {
            Ok(done) => done,
            Err(source) if source.kind() == ErrorKind::NotFound => continue,
            Err(source) => return Err(EngineFault::Broken(Error::io("run", program, source))),
        };
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
        }
        let told = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        if asked.is_of_s3 && told.contains("httpfs.duckdb_extension") {
            // Another one may have it.
            fault = EngineFault::NoExtension(told);
        } else if done.status.code() != Some(3) {
            return Err(EngineFault::Refuses(told));
        }
    }
    Err(fault)
}

fn run(program: &Path, asked: EngineQuestion<'_>) -> std::io::Result<Output> {
    let mut child = Engine::of(program)
        .command(program, asked)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends early says why. It prints nothing before it has read all: no pipe fills up.
        match stdin.write_all(asked.script.as_bytes()) {
            Err(source) if source.kind() != ErrorKind::BrokenPipe => return Err(source),
            Ok(()) | Err(_) => {}
        }
    }
    child.wait_with_output()
}

impl From<EngineFault> for Error {
    fn from(fault: EngineFault) -> Self {
        match fault {
            EngineFault::NotThere => {
                let what = "no engine is there that answers SQL".to_owned();
                Self::from(Problem::Arguments(what)).with_hint(
                    "install DuckDB: pip install duckdb, or its program from your distribution; --engine \
                     names a duckdb or a python3 that is not in PATH. Any other engine can read the files \
                     of dataset.json",
                )
            }
            EngineFault::NoExtension(told) => {
                let first = told.lines().next().unwrap_or_default();
                let what = format!("the engine cannot read S3: {first}");
                Self::from(Problem::Arguments(what)).with_hint(
                    "DuckDB reads S3 by its extension httpfs, which is installed once: duckdb -c 'INSTALL \
                     httpfs', or python3 -c \"import duckdb; duckdb.sql('INSTALL httpfs')\"; from PyPI: pip \
                     install duckdb-extension-httpfs, with the duckdb of the same version",
                )
            }
            EngineFault::Refuses(told) => {
                let (first, rest) = told.split_once('\n').unwrap_or((&told, ""));
                let first = if first.is_empty() {
                    "it says nothing"
                } else {
                    first
                };
                let what = format!("the engine refuses the question: {first}");
                let error = Self::from(Problem::Arguments(what));
                // An empty line lies between what is wrong and where. Spaces in front place the mark below.
                match rest.trim_matches('\n').trim_end() {
                    "" => error,
                    place => error.with_hint(place.to_owned()),
                }
            }
            EngineFault::Broken(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `DuckDB` 1.5 names the place below an empty line: the mark stays below what it marks.
    #[test]
    fn the_place_of_a_fault_is_the_hint() {
        let told = "Parser Error: syntax error at or near \"x\"\n\nLINE 1: select * frm x\n                      ^\n";
        let error = Error::from(EngineFault::Refuses(told.to_owned()));
        let hint = error.hint().unwrap_or_default();
        assert_eq!(hint, "LINE 1: select * frm x\n                      ^");
        let error = Error::from(EngineFault::Refuses("IO Error: no\n\n".to_owned()));
        assert_eq!(error.hint(), None);
    }
}

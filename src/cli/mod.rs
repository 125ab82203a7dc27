//! The command line: clap types, one file per verb, and the only code that prints.

#![expect(clippy::print_stderr, reason = "this is the layer that prints")]

mod args;
mod bench;
mod convert;
mod diff;
mod diff_args;
mod diff_side;
mod endings;
mod help;
mod info;
mod inputs;
mod other_tools;
mod refusal;
mod settle;
mod signals;
mod standard_input;
mod this_machine;
mod unused;
mod write;

use std::io::ErrorKind;
use std::process::ExitCode;

use self::args::{Arguments, Command};
use clap::Parser;
use vmflame::error::{Error, Problem};

/// How a command ended, when it did not fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// Done.
    Done,
    /// Done, but the input is damaged: output was made from what could be read.
    Damaged,
    /// Done, and the answer is negative: a condition of the user's holds.
    Negative,
    /// Done, but there is no answer: a condition of the user's is about what was not measured.
    Unjudged,
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse_from(settle::joined(std::env::args_os()));
    if let Err(problem) = signals::watch() {
        eprintln!("warning: signals cannot be watched ({problem}): temporary files may stay");
    }
    let outcome = arguments.settled().and_then(|arguments| {
        let quiet = arguments.quiet;
        match &arguments.command {
            Command::Convert(options) => convert::run(options, quiet),
            Command::Bench(options) => bench::run(options, quiet),
            Command::Info(options) => info::run(options, quiet),
            Command::Diff(options) => diff::run(options, quiet),
        }
    });
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Damaged | Outcome::Unjudged) => ExitCode::from(2),
        Ok(Outcome::Negative) => ExitCode::from(1),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::from(if matches!(error.problem(), Problem::NoMatch(_)) {
                1
            } else {
                2
            })
        }
    }
}

/// Whether a reader of our output had enough of it.
fn is_closed_pipe(error: &Error) -> bool {
    matches!(error.problem(), Problem::Io { source, .. } if source.kind() == ErrorKind::BrokenPipe)
}

/// Prints an error with its causes and advice.
fn report(error: &Error) {
    eprintln!("error: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        eprintln!("caused by: {source}");
        cause = source.source();
    }
    if let Some(hint) = error.hint() {
        eprintln!("hint: {hint}");
    }
}

//! The command line: the only code that prints, and that looks at this machine.
//!
//! What comes in is the arguments; what goes out is the exit status. A new verb is a file that is
//! called as the verb is, with its options, and a variant in `command`.
//!
//! | file | what is in it |
//! |---|---|
//! | `command` | the verbs, and arguments as they are meant |
//! | `convert` `info` `threads` `exits` `stat` `blockio` `diff` `advise` `bench` | one verb each |
//! | `report/` | all of it as one page |
//! | `view/` | the same page in a browser |
//! | `host_evidence` | for `advise` and `report`: what lies beside a capture, or still runs |
//! | `dataset/` | captures of many hosts, as tables (feature `fleet`) |
//! | `cohort/` | datasets as inputs of verbs (feature `fleet`) |
//! | `fleet/` | questions to those tables (feature `fleet`) |
//! | `pack/` | a capture with all that names it, as one file |
//! | `record/` | a capture made by perf, and packed |
//! | `libvirt` | VMs of libvirt, asked through virsh |
//! | `shell` | completions of shells, and pages for `man` |
//! | `convert_args` `diff_args` | the options of the verbs that have many |
//! | `converted` | for `convert`: what was made of a capture, and what is said beside its stacks |
//! | `recording` | for `convert`: samples with their threads, and exits, for viewers of others |
//! | `exits_like_perf` | the table of perf, for `exits` |
//! | `diff_side` `diff_exits` `read_side` | reading what is compared |
//! | `read_case` | a case as `advise` sees it |
//! | `generate` `other_tools` | for `bench`: captures that are made up, other programs on the same capture |
//! | `live/` | for `stat`: running VMs |
//! | `debuginfod/` | files that a debuginfod server has |
//! | `devices` `qmp` | which devices a VM has, and its running QEMU |
//! | `vms` | VMs by their names |
//! | `vmm_processes` | which process a VM is, and what it is called |
//! | `options/` | options that verbs share |
//! | `wrong_arguments` | what is refused, each with its hint |
//! | `unused` | options that change nothing of what is asked for |
//! | `help` | what `--help` says below the options |
//! | `inputs` | the files that a verb reads: no output may take the place of one |
//! | `top` | functions as tables, for `info` |
//! | `table_output` | tables in the form that is asked for |
//! | `write` `endings` | output files, and what the endings of their names say |
//! | `room` | when an output has to be on the disk before it takes its place |
//! | `standard_input` | captures and texts, also through a pipe |
//! | `this_machine` | its environment, kernel and terminal |
//! | `shown_name` | what an input is called in titles |
//! | `told_error` | an error, as it is printed |
//! | `signals` | what is done before a signal ends the program |
//! | `outcome` | how a command ended |

/// Writes on standard error as the macro of the standard library does; that nobody reads there any
/// more is no failure, and no panic.
macro_rules! eprint {
    ($($said:tt)*) => {{
        use std::io::Write as _;
        drop(write!(std::io::stderr(), $($said)*));
    }};
}

/// The same, as a line.
macro_rules! eprintln {
    ($($said:tt)*) => {{
        use std::io::Write as _;
        drop(writeln!(std::io::stderr(), $($said)*));
    }};
}

mod advise;
mod bench;
mod blockio;
#[cfg(feature = "fleet")]
mod cohort;
mod command;
mod convert;
mod convert_args;
mod converted;
#[cfg(feature = "fleet")]
mod dataset;
mod debuginfod;
mod devices;
mod diff;
mod diff_args;
mod diff_exits;
mod diff_side;
mod endings;
mod exit_graph;
mod exits;
mod exits_like_perf;
#[cfg(feature = "fleet")]
mod fleet;
mod generate;
mod help;
mod host_evidence;
mod info;
mod input_told;
mod inputs;
mod libvirt;
mod live;
mod options;
mod other_tools;
mod outcome;
mod own_clock;
mod pack;
mod qmp;
mod read_case;
mod read_side;
mod record;
mod recording;
mod report;
mod room;
mod shell;
mod shown_name;
mod signals;
mod standard_input;
mod stat;
mod table_output;
mod this_machine;
mod threads;
mod told_error;
mod top;
mod unused;
mod view;
mod vmm_processes;
mod vms;
mod write;
mod wrong_arguments;

use std::io::ErrorKind;
use std::process::ExitCode;

use self::command::{Arguments, Command};
use self::outcome::Outcome;
use clap::{CommandFactory, Parser};
use vmflame::error::{Error, Problem};

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    let arguments = match Arguments::try_parse_from(command::joined(std::env::args_os())) {
        Ok(arguments) => arguments,
        Err(instead) => return print_instead(&instead),
    };
    if let Err(problem) = signals::watch() {
        eprintln!("warning: signals cannot be watched ({problem}): temporary files may stay");
    }
    let outcome = arguments.settled().and_then(|arguments| {
        let quiet = arguments.quiet;
        #[cfg(feature = "fleet")]
        if let Some(outcome) = cohort::run(&arguments.command, quiet)? {
            return Ok(outcome);
        }
        match &arguments.command {
            Command::Convert(options) => convert::run(options, quiet),
            Command::Bench(options) => bench::run(options, quiet),
            #[cfg(feature = "fleet")]
            Command::Dataset(verb) => dataset::run(verb, quiet),
            #[cfg(feature = "fleet")]
            Command::Fleet(options) => fleet::run(options),
            Command::Info(options) => info::run(options, quiet),
            Command::Threads(options) => threads::run(options, quiet),
            Command::Exits(options) => exits::run(options, quiet),
            Command::Stat(options) => stat::run(options, quiet),
            Command::Blockio(options) => blockio::run(options, quiet),
            Command::Diff(options) => diff::run(options, quiet),
            Command::Advise(options) => advise::run(options, quiet),
            Command::Report(options) => report::run(options, quiet),
            Command::View(options) => view::run(options, quiet),
            Command::Pack(options) => pack::run(options, quiet),
            Command::Record(options) => record::run(options, quiet),
            Command::Completions(options) => shell::completions(options, Arguments::command()),
            Command::Man(options) => shell::man(options, Arguments::command()),
        }
    });
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Damaged | Outcome::Unjudged) => ExitCode::from(2),
        Ok(Outcome::Negative) => ExitCode::from(1),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            told_error::tell(&error);
            ExitCode::from(if matches!(error.problem(), Problem::NoMatch(_)) {
                1
            } else {
                2
            })
        }
    }
}

/// Prints what is asked for in place of a command, such as help, or what is wrong with the arguments.
fn print_instead(instead: &clap::Error) -> ExitCode {
    match instead.print() {
        Ok(()) => {}
        Err(source) if source.kind() == ErrorKind::BrokenPipe => {}
        Err(source) => {
            eprintln!("error: cannot write standard output: {source}");
            return ExitCode::from(2);
        }
    }
    ExitCode::from(if instead.use_stderr() { 2 } else { 0 })
}

/// Whether a reader of our output had enough of it.
fn is_closed_pipe(error: &Error) -> bool {
    let is_closed = |source: &std::io::Error| source.kind() == ErrorKind::BrokenPipe;
    error.system().is_some_and(is_closed)
}

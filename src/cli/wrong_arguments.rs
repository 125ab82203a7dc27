//! What the command line refuses: arguments that make no sense together, and outputs that would do
//! harm. Each has its line and its hint here.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use vmflame::error::{Error, Problem};

/// Why a command is not run.
#[derive(Debug)]
pub(super) enum WrongArguments {
    /// The output is one of the inputs.
    IsInput { output: String, input: PathBuf },
    /// The output is a file that nobody wants to lose.
    Precious { output: PathBuf, what: &'static str },
    /// A made-up capture is to go through a pipe.
    CaptureToPipe,
    /// A capture that comes through a pipe is to be packed.
    PackFromPipe,
    /// A made-up capture is to be compressed.
    CompressedCapture { output: PathBuf },
    /// A made-up capture is to replace a file.
    ThereAlready { output: PathBuf },
    /// The output is a terminal, and nothing that can be read there.
    ToTerminal {
        what: &'static str,
        instead: &'static str,
    },
    /// The output must not be written.
    ReadOnly { output: PathBuf },
    /// The output's ending names no format.
    UnknownEnding {
        output: PathBuf,
        ending: String,
        known: Vec<String>,
    },
    /// `--annotate=tag` with `--no-tag`.
    AnnotatedUntagged,
    /// A format shows when something was, and that is not told.
    WithoutTimes {
        wrong: String,
        instead: &'static str,
    },
    /// More than two inputs of a comparison.
    ThreeInputs,
    /// One input of a comparison, and no parts of it.
    OneInput,
    /// `--kallsyms` is a directory.
    KallsymsDirectory { path: PathBuf },
    /// Downloads are asked for, and no server is known.
    NoServer,
    /// perf's filter by function.
    ByFunction,
    /// perf's filter by object file.
    ByObject,
    /// Both sides of a comparison are standard input.
    StandardInputTwice,
    /// An option that says something of captures, and both sides are folded text.
    OptionOfCaptures { option: &'static str },
    /// A filter, and the side is folded text.
    FilteredText { path: PathBuf, option: &'static str },
    /// A filter of one side that is none.
    WrongFilter(String),
    /// A condition of `--fail-if` that is none.
    WrongCondition(String),
    /// Several memory maps that are of no VM.
    SeveralMaps,
    /// A name that no VM of the capture has, or several.
    WhichVm { wrong: String, known: Vec<String> },
    /// A normalisation that there is not.
    NoNormalisation(String),
    /// A rule of `--explain` that there is not.
    NoSuchRule { name: String },
}

impl WrongArguments {
    /// What the user can do about it.
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match self {
            Self::IsInput { .. } | Self::Precious { .. } => "name another output",
            Self::CaptureToPipe => "its header is written last, which a pipe does not allow",
            Self::PackFromPipe => "let perf record write it to a file",
            Self::CompressedCapture { .. } => "compress it when it is there",
            Self::ThereAlready { .. } => "--force replaces it",
            Self::ToTerminal { instead, .. } | Self::WithoutTimes { instead, .. } => instead,
            Self::UnknownEnding { known, .. } => {
                return Some(Cow::Owned(format!(
                    "endings are {}, each also with .gz or .zst behind it, and .svgz; or name the \
                     format with --format",
                    known.join(", ")
                )));
            }
            Self::AnnotatedUntagged => "leave one of them out",
            Self::OneInput => {
                "name two, or compare parts of it: --before-filter time=0%-50% \
                 --after-filter time=50%-100%"
            }
            Self::KallsymsDirectory { .. } => {
                "name the file in it; or name a capture's folder as the input, which may hold \
                 kallsyms"
            }
            Self::NoServer => {
                "name it: --debuginfod=https://debuginfod.debian.net, or DEBUGINFOD_URLS"
            }
            Self::ByFunction => {
                "search the picture for it, or take its stacks from the text: \
                 vmflame convert --format folded | grep -F NAME"
            }
            Self::ByObject => {
                "--kernel-only and --user-only show one side; -p, -t and --comm choose programs; \
                 perf report -d lists the functions of one object"
            }
            Self::StandardInputTwice => "keep it in a file to compare parts of it",
            Self::OptionOfCaptures { .. } => {
                "apply it where the text is made, with vmflame convert"
            }
            Self::FilteredText { .. } => {
                "filter the captures when the text is made: vmflame convert has the same options"
            }
            Self::WhichVm { known, .. } if known.is_empty() => {
                "no thread of it is called as a vCPU's (QEMU needs -name …,debug-threads=on): -p PID \
                 takes a process"
            }
            Self::WhichVm { known, .. } => {
                return Some(Cow::Owned(format!("its VMs: {}", known.join(", "))));
            }
            Self::WrongFilter(_) => {
                "a filter is event=, vm=, pid=, tid=, comm=, cgroup=, cpu= or time=, several separated \
                 by ;"
            }
            Self::WrongCondition(_) => {
                "a condition is QUANTITY > AMOUNT; quantities are total, exits, a tag, frame:NAME, \
                 self:NAME, event:NAME and event:NAME/s"
            }
            Self::NoNormalisation(_) => "share, cpu-time, wall, guest, event:NAME or none",
            Self::NoSuchRule { .. } => "vmflame advise --explain lists the rules",
            Self::ReadOnly { .. } | Self::ThreeInputs | Self::SeveralMaps => return None,
        }))
    }
}

impl WrongArguments {
    /// What is said of those that hold nothing; nothing of others.
    const fn plain(&self) -> &'static str {
        match self {
            Self::SeveralMaps => "several --mtree are of no VM: write --mtree PID=FILE",
            Self::CaptureToPipe => "a capture is written to a file",
            Self::PackFromPipe => "a capture is packed from a file",
            Self::AnnotatedUntagged => "--annotate=tag has no tags with --no-tag",
            Self::ThreeInputs => "a comparison is of two inputs, -i names more",
            Self::OneInput => "one capture has nothing to be compared with",
            Self::NoServer => "--debuginfod: no server is known, or no place to keep files",
            Self::ByFunction => "-S: samples are not filtered by function",
            Self::ByObject => "-d: samples are not filtered by object file",
            Self::StandardInputTwice => "standard input can be read once only",
            Self::IsInput { .. }
            | Self::Precious { .. }
            | Self::CompressedCapture { .. }
            | Self::ThereAlready { .. }
            | Self::ToTerminal { .. }
            | Self::ReadOnly { .. }
            | Self::UnknownEnding { .. }
            | Self::KallsymsDirectory { .. }
            | Self::OptionOfCaptures { .. }
            | Self::FilteredText { .. }
            | Self::WithoutTimes { .. }
            | Self::WrongFilter { .. }
            | Self::WrongCondition { .. }
            | Self::WhichVm { .. }
            | Self::NoNormalisation { .. }
            | Self::NoSuchRule { .. } => "",
        }
    }
}

impl fmt::Display for WrongArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IsInput { output, input } => {
                let input = input.display();
                write!(
                    f,
                    "{output} is an input ({input}): it would be lost and is not written"
                )
            }
            Self::Precious { output, what } => {
                let output = output.display();
                write!(
                    f,
                    "{output} is {what} and would be lost, so it is not replaced"
                )
            }
            Self::CompressedCapture { output } => {
                write!(f, "{}: a capture is written uncompressed", output.display())
            }
            Self::ThereAlready { output } => write!(f, "{} is there already", output.display()),
            Self::ToTerminal { what, .. } => write!(f, "{what} is nothing to read on a terminal"),
            Self::ReadOnly { output } => {
                let output = output.display();
                write!(f, "{output} is read-only, so it is not replaced")
            }
            Self::UnknownEnding { output, ending, .. } => {
                let output = output.display();
                write!(f, "{output}: there is no format for the ending .{ending}")
            }
            Self::KallsymsDirectory { path } => {
                let path = path.display();
                write!(f, "--kallsyms: {path} is a directory, no text")
            }
            Self::OptionOfCaptures { option } => write!(
                f,
                "{option} needs a capture: folded text tells neither events nor modes"
            ),
            Self::FilteredText { path, option } => write!(
                f,
                "{}: folded text cannot be filtered: {option} needs a capture",
                path.display()
            ),
            Self::WrongFilter(wrong)
            | Self::WrongCondition(wrong)
            | Self::WhichVm { wrong, .. }
            | Self::WithoutTimes { wrong, .. } => f.write_str(wrong),
            Self::NoNormalisation(name) => write!(f, "there is no normalisation {name:?}"),
            Self::NoSuchRule { name } => write!(f, "there is no rule {name:?}"),
            Self::CaptureToPipe
            | Self::PackFromPipe
            | Self::AnnotatedUntagged
            | Self::ThreeInputs
            | Self::OneInput
            | Self::ByFunction
            | Self::ByObject
            | Self::NoServer
            | Self::SeveralMaps
            | Self::StandardInputTwice => f.write_str(self.plain()),
        }
    }
}

impl From<WrongArguments> for Error {
    fn from(wrong_arguments: WrongArguments) -> Self {
        let error = Self::from(Problem::Arguments(wrong_arguments.to_string()));
        match wrong_arguments.hint() {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

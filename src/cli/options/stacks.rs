//! What stacks look like, and what a sample weighs.

use std::path::{Path, PathBuf};

use super::headings::STACKS;
use clap::{Args, ValueEnum};
use vmflame::analysis::{FrameDetail, FrameScope, Grouping, Request, WeightKind};
use vmflame::error::{Error, Result};
use vmflame::report::exits::ExitWidth;

// How stacks are cut and names are shown.
#[derive(Args, Clone, Debug)]
pub(crate) struct NameOptions {
    /// Show at most so many frames of a call chain, those nearest to the leaf, as perf's option of
    /// this name does. Tags are those of the whole stack.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    #[arg(help_heading = STACKS)]
    pub(crate) max_stack: Option<u16>,
    /// Show C++ and Rust names as the object files hold them: mangled.
    #[arg(long, help_heading = STACKS)]
    pub(crate) no_demangle: bool,
    /// Show functions that the compiler inlined as frames of their own, below the function that holds
    /// their code: the default. It takes debug information (`gcc -g`, `debug = "line-tables-only"`
    /// of cargo), in the object itself or in a debug file; objects without it are shown by their
    /// symbols alone.
    #[arg(long, overrides_with = "no_inline", help_heading = STACKS)]
    pub(crate) inline: bool,
    /// Show by what holds their code alone, as without debug information.
    #[arg(long, overrides_with = "inline", help_heading = STACKS)]
    pub(crate) no_inline: bool,
    /// Show the source file and line of each frame, where debug information tells: behind the name
    /// in folded text, in the details of a picture. It is the line that runs in innermost frames and
    /// that of the call in the others; frames of other lines are kept apart.
    #[arg(long, help_heading = STACKS)]
    pub(crate) lines: bool,
    /// Shorten names: `Vec<…>::push` for `alloc::vec::Vec<u8, A>::push`, and the paths of --lines to
    /// the file's name.
    #[arg(long, conflicts_with = "no_demangle", help_heading = STACKS)]
    pub(crate) short_names: bool,
    /// Of a capture of `perf record --call-graph lbr`, whose stacks reach no further than the CPU has last
    /// branches (8 to 32): join each with what the sample before of the thread tells of the calls
    /// above it, as perf does. Code that leaves functions without returning (longjmp, exceptions,
    /// coroutines) may get callers that have long returned.
    #[arg(long, help_heading = STACKS)]
    pub(crate) stitch_lbr: bool,
    /// Show whatever frame pointers lead to. Without it a stack ends with `[no caller]` where a return
    /// address of user space has no call before it in an object file that is at hand: code without frame
    /// pointers leads to such addresses, and perf shows the functions that they happen to lie in.
    #[arg(long, help_heading = STACKS)]
    pub(crate) keep_garbage: bool,
}

impl NameOptions {
    /// What is asked for, with stacks cut and shown as these options have it.
    pub(crate) fn over(&self, request: Request) -> Request {
        Request {
            max_stack: self.max_stack.map(usize::from),
            detail: self.detail(),
            keep_garbage: self.keep_garbage,
            stitches_calls: self.stitch_lbr,
            ..request
        }
    }

    /// What frames show of functions.
    pub(crate) const fn detail(&self) -> FrameDetail {
        FrameDetail {
            raw_names: self.no_demangle,
            short_names: self.short_names,
            inlined: !self.no_inline,
            lines: self.lines,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Weight {
    /// Samples: each counts 1.
    Samples,
    /// Samples: each counts the occurrences of the event that it stands for.
    Period,
    /// VM exits instead of samples: the time from each exit to the entry that follows, by VM, vCPU, reason,
    /// device register and where it went.
    ExitTime,
    /// The same by the number of exits.
    ExitCount,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Group {
    /// The thread's name.
    Comm,
    /// The process, then the thread where its name differs.
    Process,
    /// The process with its pid, then the thread with its tid.
    Thread,
    /// The host CPU, then the process and the thread.
    Cpu,
    /// The cgroup, then the process and the thread (perf record --all-cgroups).
    Cgroup,
    /// Nothing.
    None,
}

impl Weight {
    /// The weight that an option asks for.
    pub(crate) fn kind(wanted: Option<Self>) -> WeightKind {
        match wanted {
            None | Some(Self::ExitTime | Self::ExitCount) => WeightKind::ByEvent,
            Some(Self::Samples) => WeightKind::Samples,
            Some(Self::Period) => WeightKind::Period,
        }
    }

    /// What the width of exits stands for; `None` where samples are asked for.
    pub(crate) const fn exit_width(wanted: Option<Self>) -> Option<ExitWidth> {
        match wanted {
            Some(Self::ExitTime) => Some(ExitWidth::Time),
            Some(Self::ExitCount) => Some(ExitWidth::Count),
            Some(Self::Samples | Self::Period) | None => None,
        }
    }
}

impl From<Group> for Grouping {
    fn from(group: Group) -> Self {
        match group {
            Group::Comm => Self::Comm,
            Group::Process => Self::Process,
            Group::Thread => Self::Thread,
            Group::Cpu => Self::Cpu,
            Group::Cgroup => Self::Cgroup,
            Group::None => Self::None,
        }
    }
}

/// Which frames `--kernel-only` and `--user-only` leave.
pub(crate) const fn scope_of(kernel_only: bool, user_only: bool) -> FrameScope {
    match (kernel_only, user_only) {
        (true, _) => FrameScope::Kernel,
        (false, true) => FrameScope::User,
        (false, false) => FrameScope::All,
    }
}

/// The rows of a file of rules, with its name.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn read_rules(path: Option<&Path>) -> Result<Option<(String, PathBuf)>> {
    let read = |path: &Path| match std::fs::read_to_string(path) {
        Ok(text) => Ok((text, path.to_owned())),
        Err(source) => Err(Error::io("read", path, source)),
    };
    path.map(read).transpose()
}

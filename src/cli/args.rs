//! The options, as clap reads them.

use std::path::PathBuf;

use super::bench::BenchOptions;
use super::diff_args::DiffOptions;
use super::help::{OUTPUT, SAMPLES, STACKS, SYMBOLS};
use crate::cli::help;
use clap::{Args, Parser, Subcommand, ValueEnum};
use vmflame::analysis::{TimeRequest, parse_times};
use vmflame::bytes::UnpackLimit;
use vmflame::fold::WeightKind;
use vmflame::locate::FrameScope;
use vmflame::name::Grouping;
use vmflame::output::Annotate;

/// From a Linux perf.data to the cause of a slow virtual machine.
///
/// Reads what `perf record -g` wrote on a KVM host (or any other Linux machine), tags each stack
/// with what it is doing (guest code, handling a VM exit of some category, halted, VMM, I/O), and
/// draws interactive flame graphs of it.
#[derive(Parser, Debug)]
#[command(name = "vmflame", version, max_term_width = 100, after_help = help::ALL)]
pub(super) struct Arguments {
    /// Print errors only: no warnings, hints, accounts or progress.
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Draw a capture as an interactive, annotated flame graph, or write it as folded text.
    #[command(after_help = help::CONVERT)]
    Convert(Box<ConvertOptions>),
    /// Say what is in a capture: machine, events, records, and which symbols there will be.
    #[command(after_help = help::INFO)]
    Info(InfoOptions),
    /// Say what changed between two captures, and whether it is more than noise.
    #[command(after_help = help::DIFF)]
    Diff(Box<DiffOptions>),
    /// Measure how long the stages take on a capture, and other programs on the same.
    #[command(after_help = help::BENCH)]
    Bench(BenchOptions),
}

/// Where the capture and its symbols are.
#[derive(Args, Clone, Debug)]
pub(super) struct InputOptions {
    /// A perf.data file, or a capture directory: a folder with `perf.data` and beside it any of
    /// `kallsyms`, `modules`, `buildid/` (as `perf archive` packs `~/.debug`) and `symbols/`.
    #[arg(default_value = "perf.data")]
    pub(super) input: PathBuf,
    /// The same, as perf takes it.
    #[arg(
        short = 'i',
        long = "input",
        value_name = "INPUT",
        conflicts_with = "input"
    )]
    pub(super) named: Option<PathBuf>,
    /// Take the kernel's symbols from this copy of /proc/kallsyms, which may be compressed.
    #[arg(long, value_name = "FILE", help_heading = SYMBOLS)]
    pub(super) kallsyms: Option<PathBuf>,
    /// Look for object files in this build-id cache too (default: ~/.debug).
    #[arg(long, value_name = "DIR", help_heading = SYMBOLS)]
    pub(super) buildid_dir: Vec<PathBuf>,
    /// What an archive or a compressed file may unpack to (default: 16G,100000, and less where the
    /// packed file is small). SIZE takes K, M, G and T; FILES counts folders too.
    #[arg(long, value_name = "SIZE[,FILES]", value_parser = UnpackLimit::parse)]
    pub(super) max_unpacked: Option<UnpackLimit>,
    /// Worker threads (default: one for each CPU). The result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
}

#[derive(Args, Debug)]
pub(super) struct InfoOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ConvertOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    #[command(flatten)]
    pub(super) filter: FilterOptions,
    #[command(flatten)]
    pub(super) names: NameOptions,
    #[command(flatten)]
    pub(super) refused: RefusedOptions,
    /// Write to this file, `-` for standard output. The file appears whole or not at all, and never
    /// in the place of an input. A name that ends in .gz, .zst or .svgz is compressed.
    #[arg(short, long, value_name = "FILE", default_value = "-", help_heading = OUTPUT)]
    pub(super) output: PathBuf,
    /// What to write (default: by the ending of the output file, .svg or .folded; svg without one).
    #[arg(long, value_enum, help_heading = OUTPUT)]
    pub(super) format: Option<Format>,
    /// What a sample weighs (default: samples; period for an event that was counted and not sampled,
    /// as all but the first of perf record -e '{a,b}:S').
    #[arg(long, value_enum, help_heading = STACKS)]
    pub(super) weight: Option<Weight>,
    /// The frames above the call chain. By default the process, then the thread where its name
    /// differs; VMs of one name are told apart by their pid.
    #[arg(long, value_enum, default_value_t = Group::Process, help_heading = STACKS)]
    pub(super) group: Group,
    /// Show host kernel frames only; samples without any are left out.
    #[arg(long, conflicts_with = "user_only", help_heading = STACKS)]
    pub(super) kernel_only: bool,
    /// Show host user frames only; samples without any are left out.
    #[arg(long, help_heading = STACKS)]
    pub(super) user_only: bool,
    /// Leave stacks untagged: a plain flame graph.
    #[arg(long, help_heading = STACKS)]
    pub(super) no_tag: bool,
    /// Leave out the idle loops of host CPUs.
    #[arg(long, conflicts_with = "no_tag", help_heading = STACKS)]
    pub(super) no_idle: bool,
    /// Tag functions by the rows of this file first: PATTERN<TAB>TAG, where one `*` in the pattern
    /// stands for anything, as in `my_pio_*<TAB>exit:pio`.
    #[arg(long, value_name = "FILE", conflicts_with = "no_tag", help_heading = STACKS)]
    pub(super) rules: Option<PathBuf>,
    /// The picture's title (default: the input's name).
    #[arg(long, value_name = "TEXT", help_heading = OUTPUT)]
    pub(super) title: Option<String>,
    /// Leave out boxes narrower than so many pixels of a picture 1200 pixels wide (default: 0.1).
    #[arg(long, value_name = "PIXELS", value_parser = parse_width, help_heading = OUTPUT)]
    pub(super) min_width: Option<f64>,
    /// Print on standard error how long each stage took.
    #[arg(long, help_heading = OUTPUT)]
    pub(super) timings: bool,
    /// Append to each frame of folded text what it is; `perf` when no kind is given.
    #[arg(long, value_enum, value_name = "KIND", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "perf", help_heading = OUTPUT)]
    pub(super) annotate: Option<Suffix>,
}

/// How stacks are cut and names are shown.
#[derive(Args, Clone, Debug)]
pub(super) struct NameOptions {
    /// Show at most so many frames of a call chain, those nearest to the leaf, as perf's option of
    /// this name does. Tags are those of the whole stack.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    #[arg(help_heading = STACKS)]
    pub(super) max_stack: Option<u16>,
    /// Show C++ and Rust names as the object files hold them: mangled.
    #[arg(long, help_heading = STACKS)]
    pub(super) no_demangle: bool,
}

/// Filters of perf's that are not taken: they are refused with what does the same.
#[derive(Args, Clone, Debug)]
pub(super) struct RefusedOptions {
    #[arg(short = 'S', long, alias = "symbol", num_args = 0..=1, default_missing_value = "")]
    #[arg(hide = true)]
    pub(super) symbols: Option<String>,
    #[arg(short = 'd', long, alias = "dso", num_args = 0..=1, default_missing_value = "")]
    #[arg(hide = true)]
    pub(super) dsos: Option<String>,
}

/// Which samples are wanted.
#[derive(Args, Clone, Debug)]
pub(super) struct FilterOptions {
    /// The event to show (default: one with samples; a clock or cycles before other events, those
    /// before tracepoints, and with call chains before without).
    #[arg(help_heading = SAMPLES, short, long)]
    pub(super) event: Option<String>,
    /// Only these processes: pids, separated by commas.
    #[arg(help_heading = SAMPLES, short, long, value_delimiter = ',', value_name = "PID")]
    pub(super) pid: Vec<i32>,
    /// Only these threads: tids, separated by commas.
    #[arg(help_heading = SAMPLES, short, long, value_delimiter = ',', value_name = "TID")]
    pub(super) tid: Vec<i32>,
    /// Only threads of these names, separated by commas: `CPU 0/KVM,CPU 1/KVM`.
    #[arg(help_heading = SAMPLES, long, value_delimiter = ',', value_name = "NAME")]
    pub(super) comm: Vec<String>,
    /// Only these host CPUs: `0,2-5`.
    #[arg(help_heading = SAMPLES, short = 'C', long, value_name = "CPUS", value_parser = parse_cpus)]
    pub(super) cpu: Option<CpuList>,
    /// Only these cgroups: paths, separated by commas (perf record --all-cgroups).
    #[arg(help_heading = SAMPLES, long, value_delimiter = ',', value_name = "PATH")]
    pub(super) cgroup: Vec<String>,
    /// Only these times: START,END in seconds as perf prints them (either may be left out), or
    /// parts of the whole such as 10%-20% or 10%/2.
    #[arg(help_heading = SAMPLES, long, value_name = "RANGE", value_parser = parse_time_list)]
    pub(super) time: Option<TimeList>,
}

/// Host CPUs, as `-C` takes them.
#[derive(Clone, Debug)]
pub(super) struct CpuList(pub(super) Vec<u32>);

/// Times, as `--time` takes them.
#[derive(Clone, Debug)]
pub(super) struct TimeList(pub(super) Vec<TimeRequest>);

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Format {
    /// Interactive flame graph.
    Svg,
    /// `root;…;leaf WEIGHT` lines.
    Folded,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Weight {
    /// Each counts 1.
    Samples,
    /// Each counts the occurrences of the event that it stands for.
    Period,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Group {
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

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Suffix {
    /// `_[k]` for kernel frames, as stackcollapse-perf.pl does.
    Perf,
    /// The tag of the frame, as in `_[exit:pio]`.
    Tag,
}

impl Weight {
    /// The weight that an option asks for.
    pub(super) fn kind(wanted: Option<Self>) -> WeightKind {
        match wanted {
            None => WeightKind::ByEvent,
            Some(Self::Samples) => WeightKind::Samples,
            Some(Self::Period) => WeightKind::Period,
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

impl ConvertOptions {
    pub(super) fn scope(&self) -> FrameScope {
        scope_of(self.kernel_only, self.user_only)
    }

    pub(super) fn annotation(&self) -> Annotate {
        match self.annotate {
            None => Annotate::None,
            Some(Suffix::Perf) => Annotate::Perf,
            Some(Suffix::Tag) => Annotate::Tag,
        }
    }
}

/// Which frames `--kernel-only` and `--user-only` leave.
pub(super) const fn scope_of(kernel_only: bool, user_only: bool) -> FrameScope {
    match (kernel_only, user_only) {
        (true, _) => FrameScope::Kernel,
        (false, true) => FrameScope::User,
        (false, false) => FrameScope::All,
    }
}

pub(super) fn parse_cpus(text: &str) -> Result<CpuList, String> {
    let wrong = || format!("{text:?} is no list of CPUs such as 0,2-5");
    let mut cpus = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
        let (first, last) = (number(first)?, number(last)?);
        // More CPUs than Linux can have are a slip of the keyboard.
        if first > last || last >= 8192 {
            return Err(wrong());
        }
        cpus.extend(first..=last);
    }
    Ok(CpuList(cpus))
}

fn parse_time_list(text: &str) -> Result<TimeList, String> {
    parse_times(text).map(TimeList)
}

pub(super) fn parse_width(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(width) if (0.0..=1200.0).contains(&width) => Ok(width),
        Ok(_) | Err(_) => Err(format!("{text:?} is no width from 0 to 1200 pixels")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// clap checks its declarations only when a program runs in debug mode.
    #[test]
    fn the_declarations_are_sound() {
        Arguments::command().debug_assert();
    }

    /// `-C` takes what perf's does.
    #[test]
    fn cpu_lists_hold_numbers_and_ranges() {
        assert_eq!(parse_cpus("0,2-4").map(|list| list.0), Ok(vec![0, 2, 3, 4]));
        for text in ["", "x", "4-2", "1-", "0-99999999"] {
            assert!(parse_cpus(text).is_err(), "{text}");
        }
    }
}

//! The options of `vmflame convert`.

use std::path::PathBuf;

#[cfg(feature = "fleet")]
use super::options::CohortOptions;
use super::options::headings::{OUTPUT, STACKS};
use super::options::{
    DebuginfodOptions, DeviceOptions, FilterOptions, Group, InputOptions, NameOptions,
    PictureOptions, RefusedOptions, Weight, scope_of,
};
use super::wrong_arguments::WrongArguments;
use crate::cli::options::also_k;
use clap::{Args, ValueEnum};
use vmflame::analysis::FrameScope;
use vmflame::error::Result;
use vmflame::output::{Annotate, Colors};
use vmflame::report::exits::ExitGraphRequest;

#[derive(Args, Debug)]
#[command(mut_arg("kallsyms", also_k))]
pub(super) struct ConvertOptions {
    #[command(flatten)]
    pub(super) input: InputOptions,
    #[command(flatten)]
    pub(super) debuginfod: DebuginfodOptions,
    #[command(flatten)]
    pub(super) filter: FilterOptions,
    #[command(flatten)]
    pub(super) names: NameOptions,
    #[command(flatten)]
    pub(super) refused: RefusedOptions,
    #[cfg(feature = "fleet")]
    #[command(flatten)]
    pub(super) cohort: CohortOptions,
    #[command(flatten)]
    pub(super) devices: DeviceOptions,
    /// Write to this file, `-` for standard output. The file appears whole or not at all, and never
    /// in the place of an input. A name that ends in .gz, .zst or .svgz is compressed.
    #[arg(short, long, value_name = "FILE", default_value = "-", help_heading = OUTPUT)]
    pub(super) output: PathBuf,
    /// What to write (default: by the ending of the output file; svg without one).
    #[arg(long, value_enum, help_heading = OUTPUT)]
    pub(super) format: Option<Format>,
    /// What the width of a box stands for (default: samples; period for an event that was counted and
    /// not sampled, as all but the first of perf record -e '{a,b}:S').
    #[arg(long, value_enum, help_heading = STACKS)]
    pub(super) weight: Option<Weight>,
    /// With --weight exit-time or exit-count: end stacks with the guest's instruction pointer.
    #[arg(long, help_heading = STACKS)]
    pub(super) guest_leaf: bool,
    /// The frames above the call chain. By default the process, then the thread where its name
    /// differs. Of several VMs each has the name that its VMM gives it, where a case or the running
    /// process tells that: `qemu-system-x86 (win10)`; others of one name are told apart by their pid. Without
    /// a frame of the process, `comm` and `none`, guest time tells the VM: `[guest kernel of win10]`.
    #[arg(long, value_enum, default_value_t = Group::Process, help_heading = STACKS)]
    pub(super) group: Group,
    /// Show host kernel frames only; samples without any are left out. All frames tell the tag.
    #[arg(long, conflicts_with = "user_only", help_heading = STACKS)]
    pub(super) kernel_only: bool,
    /// Show host user frames only; samples without any are left out. All frames tell the tag.
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
    /// The picture's title (default: the names of the input and of the host).
    #[arg(long, value_name = "TEXT", help_heading = OUTPUT)]
    pub(super) title: Option<String>,
    #[command(flatten)]
    pub(super) picture: PictureOptions,
    /// What the colours of the picture's boxes tell.
    #[arg(long, value_enum, default_value_t = ColorsBy::Tag, help_heading = OUTPUT)]
    pub(super) colors: ColorsBy,
    /// Turn stacks round: at the root what was running, above it the callers.
    #[arg(long, help_heading = STACKS)]
    pub(super) reverse: bool,
    /// Print on standard error how long each stage took.
    #[arg(long, help_heading = OUTPUT)]
    pub(super) timings: bool,
    /// Append to each frame of folded text what it is; `perf` when no kind is given.
    #[arg(long, value_enum, value_name = "KIND", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "perf", help_heading = OUTPUT)]
    pub(super) annotate: Option<Suffix>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Format {
    /// Interactive flame graph.
    Svg,
    /// `root;…;leaf WEIGHT` lines.
    Folded,
    /// pprof's protocol buffers, for `go tool pprof` and Pyroscope; labels tell VM, vCPU, thread, tag,
    /// and of what lies in an exit its reason and device.
    Pprof,
    /// For profiler.firefox.com: threads over time, tags as categories, exits as markers.
    Firefox,
    /// For speedscope.app: a profile for each thread.
    Speedscope,
    /// Chrome's trace events: exits on the tracks of vCPUs, and samples.
    Chrome,
    /// Perfetto's protocol buffers, for ui.perfetto.dev: the same.
    Perfetto,
    /// OpenTelemetry's profiles with the labels of pprof's. Their format, v1development, is not settled
    /// yet.
    Otlp,
    /// The call tree as JSON.
    Json,
    /// The call tree as CSV, a row for each node.
    Csv,
    /// Parquet tables into a folder, for SQL: the rows that `dataset add` makes of one capture, a file
    /// for each table.
    #[cfg(feature = "fleet")]
    Parquet,
}

/// A format with threads and times, which a viewer of others reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Viewer {
    Pprof,
    Firefox,
    Speedscope,
    Chrome,
    Perfetto,
    Otlp,
}

impl Viewer {
    /// The name of the format, where it shows when something was.
    pub(super) const fn needing_times(self) -> Option<&'static str> {
        match self {
            Self::Firefox => Some("firefox"),
            Self::Chrome => Some("chrome"),
            Self::Perfetto => Some("perfetto"),
            Self::Pprof | Self::Speedscope | Self::Otlp => None,
        }
    }
}

impl Format {
    /// Whose it is, where it has threads and times.
    pub(super) const fn viewer(self) -> Option<Viewer> {
        match self {
            Self::Pprof => Some(Viewer::Pprof),
            Self::Firefox => Some(Viewer::Firefox),
            Self::Speedscope => Some(Viewer::Speedscope),
            Self::Chrome => Some(Viewer::Chrome),
            Self::Perfetto => Some(Viewer::Perfetto),
            Self::Otlp => Some(Viewer::Otlp),
            Self::Svg | Self::Folded | Self::Json | Self::Csv => None,
            #[cfg(feature = "fleet")]
            Self::Parquet => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum ColorsBy {
    /// What the CPU does for a guest; of the host's own work, the kind of code.
    Tag,
    /// The kind of code: kernel, program, library, runtime.
    Object,
    /// Nothing: warm colours by the name.
    Name,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Suffix {
    /// `_[k]` for kernel frames, as stackcollapse-perf.pl does.
    Perf,
    /// The tag of the frame, as in `_[exit:pio]`.
    Tag,
}

impl ConvertOptions {
    pub(super) fn scope(&self) -> FrameScope {
        scope_of(self.kernel_only, self.user_only)
    }

    pub(super) const fn colors(&self) -> Colors {
        match self.colors {
            ColorsBy::Tag => Colors::Tag,
            ColorsBy::Object => Colors::Object,
            ColorsBy::Name => Colors::Name,
        }
    }

    /// What is drawn of exits; `None` when samples are drawn.
    pub(super) fn exit_graph(&self) -> Option<ExitGraphRequest> {
        Weight::exit_width(self.weight).map(|width| ExitGraphRequest {
            width,
            has_guest_leaf: self.guest_leaf,
            has_kernel_stacks: true,
            slices: None,
        })
    }

    pub(super) fn annotation(&self) -> Annotate {
        match self.annotate {
            None => Annotate::None,
            Some(Suffix::Perf) => Annotate::Perf,
            Some(Suffix::Tag) => Annotate::Tag,
        }
    }

    /// The options with the input in one place.
    ///
    /// # Errors
    /// When an option is refused, or a place that was named is not there.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.refused.refuse()?;
        if self.no_tag && self.annotate == Some(Suffix::Tag) {
            return Err(WrongArguments::AnnotatedUntagged.into());
        }
        self.input.settle()
    }
}

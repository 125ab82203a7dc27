//! The options of `vmflame diff`.

use std::path::PathBuf;

#[cfg(feature = "fleet")]
use super::options::CohortSides;
use super::options::headings::{COMPARISON, OUTPUT, SAMPLES, STACKS, SYMBOLS};
use super::options::{
    DebuginfodOptions, DeviceOptions, FilterOptions, Group, GuestOptions, NameOptions,
    PictureOptions, RefusedOptions, Weight, check_caches, check_debug_folders, check_kallsyms,
    check_roots, scope_of,
};
use super::wrong_arguments::WrongArguments;
use clap::{Arg, Args, ValueEnum};
use vmflame::analysis::FrameScope;
use vmflame::diff::LeftOut;
use vmflame::error;
use vmflame::input::UnpackLimit;

/// A guest's kernel lies elsewhere in each of its boots.
fn of_one_boot(kallsyms: Arg) -> Arg {
    kallsyms.long_help(
        "Name addresses in guests' kernels by this copy of a guest's /proc/kallsyms, read as root in the \
         boot of it that both sides recorded. Of different boots each side's capture directory holds its \
         own, guest/PID/kallsyms, by the pid of the VMM",
    )
}

#[derive(Args, Debug)]
#[command(mut_arg("guestkallsyms", of_one_boot))]
pub(super) struct DiffOptions {
    /// What was before: a capture (perf.data or a capture directory), folded text, or of VM exits a
    /// trace.dat or the text of a trace; `-` for standard input.
    #[arg(default_value = "perf.data")]
    pub(super) before: PathBuf,
    /// What came after. Left out, parts of one capture are compared; see --before-filter.
    pub(super) after: Option<PathBuf>,
    /// The same as perf takes inputs: once for before, once more for after.
    #[arg(
        short = 'i',
        long = "input",
        value_name = "INPUT",
        conflicts_with = "before"
    )]
    pub(super) named: Vec<PathBuf>,
    /// Write to this file, by its ending an svg picture, folded text, json, or text
    /// (.txt); .gz, .zst and .svgz are compressed. With a picture or folded text the table goes to
    /// standard output.
    #[arg(short, long, value_name = "FILE", help_heading = OUTPUT)]
    pub(super) output: Option<PathBuf>,
    /// What to write (default: by the ending of the output file, else text).
    #[arg(long, value_enum, help_heading = OUTPUT)]
    pub(super) format: Option<DiffFormat>,
    /// Print JSON instead of the table.
    #[arg(long, help_heading = OUTPUT)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) filter: FilterOptions,
    #[command(flatten)]
    pub(super) names: NameOptions,
    #[command(flatten)]
    pub(super) refused: RefusedOptions,
    #[cfg(feature = "fleet")]
    #[command(flatten)]
    pub(super) cohorts: CohortSides,
    /// Only these samples of the before side: event=, vm=, pid=, tid=, comm=, cgroup=, cpu= or
    /// time=, several separated by `;`. Takes the place of the option of that name.
    #[arg(long, value_name = "FILTER", help_heading = SAMPLES)]
    pub(super) before_filter: Vec<String>,
    /// The same for the after side.
    #[arg(long, value_name = "FILTER", help_heading = SAMPLES)]
    pub(super) after_filter: Vec<String>,
    /// What both sides are divided by: share (all samples), cpu-time (samples that are not idle),
    /// wall (duration), guest (samples of guest code), event:NAME (its occurrences), none
    /// (default: share, without idle where the sides sampled idle CPUs unevenly).
    #[arg(long, value_name = "BY", help_heading = COMPARISON)]
    pub(super) normalise: Option<String>,
    /// Divide by the occurrences of this event, as --normalise event:NAME does.
    #[arg(long, value_name = "EVENT", conflicts_with = "normalise")]
    #[arg(help_heading = COMPARISON)]
    pub(super) per: Option<String>,
    /// Probability of no false finding at all among everything that is marked.
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.99)]
    #[arg(value_parser = parse_confidence, help_heading = COMPARISON)]
    pub(super) confidence: f64,
    /// Smaller changes are not marked: percent of the whole. Two recordings of the same load differ
    /// by less than the default. --fail-if asks for its own size instead.
    #[arg(long, default_value_t = 0.5, value_name = "PERCENT", value_parser = parse_percent)]
    #[arg(help_heading = COMPARISON)]
    pub(super) min_change: f64,
    /// How frames are matched (default: loose; exact where folded text is made of folded text, as
    /// difffolded.pl does).
    #[arg(long = "match", value_enum, value_name = "HOW", help_heading = COMPARISON)]
    pub(super) matching: Option<Match>,
    /// Exit with status 1 when this holds: `exit:pio > +2pt`, `event:kvm:kvm_exit/s > +10%`,
    /// `frame:NAME > +1pt`. Changes within the noise do not count.
    ///
    /// A condition is QUANTITY > AMOUNT (or >=, <, <=). Quantities: total, exits (all of them), a
    /// tag, frame:NAME (a function with what it calls), self:NAME (by itself), event:NAME
    /// (occurrences), event:NAME/s; of VM exits exit-reason:NAME, port:0x608, mmio:, apic:, msr:,
    /// cpuid:, hypercall: (exits), the same with /s, and of the same exit-p50:, exit-p90:,
    /// exit-p99:, exit-p99.9:, exit-max: (microseconds), exit-time: (milliseconds for each second),
    /// as in exit-p99:HLT or exit-p99:port:0x608; of vCPUs ready-time (the percentage, of the time in
    /// which they wanted to run, that they waited for a CPU: the guest's steal), of those of one
    /// number ready-time:vcpu0, of a VM ready-time:PID or ready-time:PID/0. Amounts: +2pt (change), +10% (change in percent of before),
    /// 5% (value after). NAME is as any tool shows it: a frame of that very name is taken first,
    /// else those that differ in suffixes, versions or pids; several are added up.
    ///
    /// What was recorded and does not occur is 0. What was not measured on a side (an event that
    /// was not recorded, tags of folded text, a name that neither side has) cannot be judged:
    /// status 2, said also with --quiet, whatever becomes of other conditions.
    #[arg(long, value_name = "CONDITION", help_heading = COMPARISON)]
    pub(super) fail_if: Vec<String>,
    /// Let conditions of --fail-if pass that cannot be judged, with a warning.
    #[arg(long, requires = "fail_if", help_heading = COMPARISON)]
    pub(super) allow_absent: bool,
    /// Let changes within the noise count for --fail-if.
    #[arg(long, requires = "fail_if", help_heading = COMPARISON)]
    pub(super) any_change: bool,
    /// Functions that the table shows (default: 25).
    #[arg(long, value_name = "N", help_heading = OUTPUT)]
    pub(super) top: Option<usize>,
    /// Which side the widths of the picture's boxes are of (default: larger).
    #[arg(long, value_enum, value_name = "SIDE", help_heading = OUTPUT)]
    pub(super) width: Option<Width>,
    /// The picture's title (default: the names of both sides).
    #[arg(long, value_name = "TEXT", help_heading = OUTPUT)]
    pub(super) title: Option<String>,
    #[command(flatten)]
    pub(super) picture: PictureOptions,
    /// What is compared (default: samples; period for an event that was counted and not sampled, as all
    /// but the first of perf record -e '{a,b}:S').
    #[arg(long, value_enum, help_heading = STACKS)]
    pub(super) weight: Option<Weight>,
    /// The frames above the call chain (default: process).
    #[arg(long, value_enum, help_heading = STACKS)]
    pub(super) group: Option<Group>,
    /// Show host kernel frames only; samples without any are left out.
    #[arg(long, conflicts_with = "user_only", help_heading = STACKS)]
    pub(super) kernel_only: bool,
    /// Show host user frames only; samples without any are left out.
    #[arg(long, help_heading = STACKS)]
    pub(super) user_only: bool,
    /// Leave stacks untagged.
    #[arg(long, help_heading = STACKS)]
    pub(super) no_tag: bool,
    /// Leave out the idle loops of host CPUs.
    #[arg(long, conflicts_with = "no_tag", help_heading = STACKS)]
    pub(super) no_idle: bool,
    /// Tag functions by the rows of this file first: PATTERN<TAB>TAG, where one `*` in the pattern
    /// stands for anything, as in `my_pio_*<TAB>exit:pio`.
    #[arg(long, value_name = "FILE", conflicts_with = "no_tag", help_heading = STACKS)]
    pub(super) rules: Option<PathBuf>,
    /// Take the kernel's symbols from this copy of /proc/kallsyms, or from the recorded kernel's vmlinux.
    #[arg(long, value_name = "FILE", help_heading = SYMBOLS)]
    #[arg(visible_alias = "vmlinux", visible_short_alias = 'k')]
    pub(super) kallsyms: Option<PathBuf>,
    /// The same for the before side only.
    #[arg(long, value_name = "FILE", help_heading = SYMBOLS)]
    pub(super) before_kallsyms: Option<PathBuf>,
    /// The same for the after side only: another boot has other addresses.
    #[arg(long, value_name = "FILE", help_heading = SYMBOLS)]
    pub(super) after_kallsyms: Option<PathBuf>,
    /// Look for object files in this build-id cache too (default: ~/.debug).
    #[arg(long, value_name = "DIR", help_heading = SYMBOLS)]
    pub(super) buildid_dir: Vec<PathBuf>,
    /// Look for debug files in this directory too, which is laid out as /usr/lib/debug is.
    #[arg(long, value_name = "DIR", help_heading = SYMBOLS)]
    pub(super) debug_dir: Vec<PathBuf>,
    /// Look for object files of both sides below DIR, as `convert --symfs` does.
    #[arg(long, value_name = "DIR", help_heading = SYMBOLS)]
    pub(super) symfs: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) guests: GuestOptions,
    #[command(flatten)]
    pub(super) debuginfod: DebuginfodOptions,
    #[command(flatten)]
    pub(super) devices: DeviceOptions,
    /// What an archive or a compressed file may unpack to (default: 16G,100000, and less where the
    /// packed file is small). SIZE takes K, M, G and T; FILES counts folders too.
    #[arg(long, value_name = "SIZE[,FILES]", value_parser = UnpackLimit::parse)]
    pub(super) max_unpacked: Option<UnpackLimit>,
    /// Worker threads (default: one for each CPU). The result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum DiffFormat {
    /// Interactive picture of both sides.
    Svg,
    /// `root;…;leaf BEFORE AFTER` lines, as difffolded.pl writes them.
    Folded,
    /// JSON.
    Json,
    /// Table.
    Text,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Match {
    /// Names, objects and modes must be equal.
    Exact,
    /// Also when only suffixes, hashes, versions, pids, addresses or inlining differ.
    Loose,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Width {
    /// Before.
    Before,
    /// After.
    After,
    /// The larger of both.
    Larger,
}

impl DiffOptions {
    /// The options with the inputs in one place, whichever way they were named.
    ///
    /// # Errors
    /// When an option is refused, or a place that was named is not there.
    pub(super) fn settle(&mut self) -> error::Result<()> {
        self.refused.refuse()?;
        let mut named = std::mem::take(&mut self.named).into_iter();
        if let Some(before) = named.next() {
            self.before = before;
            self.after = named.next();
        }
        if named.next().is_some() {
            return Err(WrongArguments::ThreeInputs.into());
        }
        #[cfg(feature = "fleet")]
        if self.cohorts.before.is_some() {
            return Ok(());
        }
        let is_whole = self.before_filter.is_empty() && self.after_filter.is_empty();
        if self.after.is_none() && is_whole {
            return Err(WrongArguments::OneInput.into());
        }
        let of_sides = [&self.before_kallsyms, &self.after_kallsyms];
        for kallsyms in of_sides.into_iter().chain([&self.kallsyms]).flatten() {
            check_kallsyms(kallsyms)?;
        }
        check_debug_folders(&self.debug_dir)?;
        check_roots(&self.symfs)?;
        self.guests.check()?;
        check_caches(&self.buildid_dir)
    }

    pub(super) fn scope(&self) -> FrameScope {
        scope_of(self.kernel_only, self.user_only)
    }

    pub(super) fn left_out(&self) -> LeftOut {
        LeftOut {
            idle: self.no_idle,
            scope: self.scope(),
            outer_frames: self.names.max_stack.is_some(),
        }
    }

    /// The first of the options that say something of captures alone and filter nothing: filters of
    /// folded text are refused.
    pub(super) fn of_captures(&self) -> Option<&'static str> {
        let options = [
            (self.filter.event.is_some(), "--event"),
            (self.rules.is_some(), "--rules"),
        ];
        let given = options.into_iter().find(|(is_given, _)| *is_given);
        given.map(|(_, name)| name)
    }
}

fn parse_percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=100.0).contains(&value) => Ok(value),
        Ok(_) | Err(_) => Err(format!("{text:?} is no percentage between 0 and 100")),
    }
}

fn parse_confidence(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value < 1.0 => Ok(value),
        Ok(_) | Err(_) => Err(format!("{text:?} is no probability between 0 and 1")),
    }
}

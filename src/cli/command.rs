//! The command line as a whole: its verbs, and arguments as they are meant.

use std::ffi::OsString;

use super::advise::AdviseOptions;
use super::bench::BenchOptions;
use super::blockio::BlockioOptions;
use super::convert_args::ConvertOptions;
#[cfg(feature = "fleet")]
use super::dataset::{self, DatasetVerb};
use super::diff_args::DiffOptions;
use super::exits::ExitsOptions;
#[cfg(feature = "fleet")]
use super::fleet::{self, FleetOptions};
use super::help;
use super::info::InfoOptions;
use super::pack::PackOptions;
use super::record::RecordOptions;
use super::report::ReportOptions;
use super::shell::{CompletionsOptions, ManOptions};
use super::stat::StatOptions;
use super::threads::ThreadsOptions;
use super::view::ViewOptions;
use clap::{Parser, Subcommand};
use vmflame::error::Result;

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

// The options of a verb are declared when it is the one that is meant: those of all take a quarter of a
// millisecond. What structs of options say of themselves stands in comments that clap does not read: it
// would show the last one as what the verb is about.
#[derive(Subcommand, Debug)]
#[command(defer = true)]
pub(super) enum Command {
    /// Record a KVM host with perf, and pack the capture with all that is needed to read it anywhere.
    #[command(after_help = help::RECORD)]
    Record(Box<RecordOptions>),
    /// Draw a capture as an interactive, annotated flame graph, or write it as folded text.
    #[command(after_help = help::CONVERT)]
    Convert(Box<ConvertOptions>),
    /// Say what is in a capture: machine, events, records, and which symbols there will be.
    #[command(after_help = help::INFO)]
    Info(InfoOptions),
    /// Say how long threads ran, and on what: vCPUs, emulator, I/O threads, vhost, the host.
    #[command(after_help = help::THREADS)]
    Threads(Box<ThreadsOptions>),
    /// Say why guests stopped, what they reached, and how long it took.
    #[command(after_help = help::EXITS)]
    Exits(Box<ExitsOptions>),
    /// Say how often events of KVM occurred, by VM and over time.
    #[command(after_help = help::STAT)]
    Stat(Box<StatOptions>),
    /// Say how long QEMU took for requests to disks, by its own trace.
    #[command(after_help = help::BLOCKIO)]
    Blockio(BlockioOptions),
    /// Say what changed between two captures, and whether it is more than noise.
    #[command(after_help = help::DIFF)]
    Diff(Box<DiffOptions>),
    /// Say what makes VMs slow, why, and what helps: QEMU's options, libvirt's XML, host and guest.
    #[command(after_help = help::ADVISE)]
    Advise(Box<AdviseOptions>),
    /// Write all of it as one page of HTML, to be sent: findings, advice, graphs and tables.
    #[command(after_help = help::REPORT)]
    Report(Box<ReportOptions>),
    /// Show the same page in a browser: it is served on this machine alone, until Ctrl-C.
    #[command(after_help = help::VIEW)]
    View(Box<ViewOptions>),
    /// Pack a capture with all that is needed to name it on another machine, in one file.
    #[command(after_help = help::PACK)]
    Pack(PackOptions),
    /// Measure how long the stages take on a capture, and other programs on the same.
    #[command(after_help = help::BENCH)]
    Bench(BenchOptions),
    /// Gather captures of many hosts as tables: a dataset of Parquet files.
    #[cfg(feature = "fleet")]
    #[command(subcommand, after_help = dataset::HELP)]
    Dataset(DatasetVerb),
    /// Ask a dataset: which exits cost most, which hosts are worst, what is new, or any SQL.
    #[cfg(feature = "fleet")]
    #[command(after_help = fleet::HELP)]
    Fleet(Box<FleetOptions>),
    /// Print what a shell needs to complete the arguments of vmflame.
    #[command(after_help = help::COMPLETIONS)]
    Completions(CompletionsOptions),
    /// Print a page for `man`: of vmflame, or of one verb.
    #[command(after_help = help::MAN)]
    Man(ManOptions),
}

impl Arguments {
    /// The arguments with inputs in one place, whichever way they were named.
    ///
    /// # Errors
    /// When an option is refused, or a place that was named is not there.
    pub(super) fn settled(mut self) -> Result<Self> {
        match &mut self.command {
            Command::Convert(options) => options.settle()?,
            Command::Info(options) => options.input.settle()?,
            Command::Threads(options) => options.input.settle()?,
            Command::Exits(options) => options.input.settle()?,
            Command::Blockio(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Record(_) => {}
            Command::Stat(options) => options.input.settle()?,
            Command::Diff(options) => options.settle()?,
            Command::Advise(options) => options.settle()?,
            Command::Report(options) => options.page.input.settle()?,
            Command::View(options) => options.page.input.settle()?,
            #[cfg(feature = "fleet")]
            Command::Dataset(verb) => verb.settle()?,
            #[cfg(feature = "fleet")]
            Command::Fleet(_) => {}
            Command::Pack(options) => options.input.settle()?,
            Command::Bench(options) => options.input.settle()?,
        }
        Ok(self)
    }
}

/// Joins `--annotate` and a kind that follows it with `=`. Only a kind is its value: a file that
/// follows it is the input.
pub(super) fn joined(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut are_options = true;
    for argument in arguments {
        are_options = are_options && argument != "--";
        let is_kind = argument == "perf" || argument == "tag";
        match joined.last_mut() {
            Some(last) if are_options && is_kind && last == "--annotate" => {
                last.push("=");
                last.push(argument);
            }
            Some(_) | None => joined.push(argument),
        }
    }
    joined
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

    /// Would break if the doc comment of a struct of options took the place of the verb's.
    #[test]
    fn verbs_are_about_what_their_list_says() {
        let listed = Arguments::command();
        let mut built = listed.clone();
        built.build();
        for verb in listed.get_subcommands() {
            let found = built.find_subcommand(verb.get_name()).unwrap();
            let [shown, said] = [found, verb].map(|verb| {
                let texts = [verb.get_about(), verb.get_long_about()];
                texts.map(|text| text.map(ToString::to_string))
            });
            assert_eq!(shown, said);
        }
    }

    /// A file that is called as a kind is can still be given, as ./tag or behind `--`.
    #[test]
    fn only_a_kind_is_the_value_of_annotate() {
        let joined = |text: &str| {
            let words = joined(text.split(' ').map(OsString::from));
            let words: Vec<String> = words
                .into_iter()
                .filter_map(|w| w.into_string().ok())
                .collect();
            words.join(" ")
        };
        assert_eq!(
            joined("convert --annotate tag x"),
            "convert --annotate=tag x"
        );
        assert_eq!(joined("convert --annotate perf"), "convert --annotate=perf");
        for same in [
            "convert --annotate perf.data",
            "convert --annotate ./tag",
            "convert --annotate=tag perf",
            "convert --annotate -- tag",
            "convert -- --annotate tag",
            "info tag",
        ] {
            assert_eq!(joined(same), same);
        }
    }
}

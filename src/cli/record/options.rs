//! What can be asked of a recording.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::not_recorded::NotRecorded;
use super::request::{ChainKind, RecordProfile, RecordRequest};
use super::targets::{LiveVmm, target};
use clap::Args;

/// How long is recorded where nothing else is said.
const USUAL: Duration = Duration::from_secs(20);

#[derive(Args, Debug)]
pub(in crate::cli) struct RecordOptions {
    /// Record these processes, all their threads.
    #[arg(short, long, value_name = "PID", value_delimiter = ',', value_parser = clap::value_parser!(i32).range(1..))]
    pid: Vec<i32>,
    /// Record the VM of this name, as its VMM was given it, or of this pid; may be given several
    /// times. Kernel threads that serve it alone (vhost's) are recorded too.
    #[arg(long, value_name = "NAME")]
    vm: Vec<String>,
    /// Record all of the host, which is done anyway where no process is named.
    #[arg(short, long, conflicts_with_all = ["pid", "vm"])]
    all_cpus: bool,
    /// End after so long (default: 20 without CMD); Ctrl-C ends it before, and what was recorded
    /// until then is packed.
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    seconds: Option<Duration>,
    /// What is recorded.
    #[arg(long, value_enum, default_value_t = RecordProfile::Both)]
    profile: RecordProfile,
    /// The case: a tarball, compressed where its name ends in .zst or .gz.
    #[arg(
        short,
        long,
        value_name = "CASE.tar.zst",
        required_unless_present = "dry_run"
    )]
    pub(super) output: Option<PathBuf>,
    /// Samples of the clock in a second of each CPU. 99 is not in step with what recurs 100 times.
    #[arg(short = 'F', long, value_name = "HERTZ", default_value_t = 99, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    freq: u32,
    /// How call chains are recorded.
    #[arg(long, value_enum, value_name = "KIND", default_value_t = ChainKind::Fp)]
    call_graph: ChainKind,
    /// Record call chains with tracepoints too: which code of the kernel handled an exit. Each then
    /// takes 1 µs and not 0.2.
    #[arg(long)]
    stacks: bool,
    /// Sample by the kernel's clock where CPUs could count cycles: samples then are times.
    #[arg(long)]
    cpu_clock: bool,
    /// Leave this tracepoint out, as `kvm_msr`; may be given several times.
    #[arg(long, value_name = "EVENT", value_delimiter = ',')]
    leave_out: Vec<String>,
    /// Bytes of the buffer of each CPU to begin with; halved until the user may lock so much.
    #[arg(short = 'm', long, value_name = "SIZE", value_parser = parse_size)]
    pub(super) buffer: Option<u64>,
    /// Stop when the capture is as long as this, in K, M or G.
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = parse_size)]
    max_size: u64,
    /// Refuse to record where it would take more than so many percent of the time of any CPU, or of
    /// any thread of the named processes.
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    pub(super) limit: f64,
    /// Record although it takes more than --limit.
    #[arg(long)]
    pub(super) force: bool,
    /// Replace a case that is there already.
    #[arg(long)]
    pub(super) replace: bool,
    /// Pack names in the place of files: no program leaves the host.
    #[arg(long)]
    pub(super) names_only: bool,
    /// Leave out what this machine and its VMMs tell: CPUs, parameters of KVM, command lines, memory
    /// maps.
    #[arg(long)]
    pub(super) no_host: bool,
    /// Ask this QEMU too, by the socket of its -qmp; those whose command line names one are asked
    /// anyway, those of libvirt through virsh.
    #[arg(long, value_name = "SOCKET", conflicts_with = "no_host")]
    pub(super) qmp: Vec<PathBuf>,
    /// The recorder (default: perf, by PATH).
    #[arg(long, value_name = "PATH")]
    pub(super) perf: Option<PathBuf>,
    /// Print the commands that would be run, and run none of them but what asks perf for its version
    /// and options.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print JSON: how it was recorded, event by event.
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) json: bool,
    /// Run this command, and record until it ends.
    #[arg(last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl RecordOptions {
    /// What is to be recorded.
    ///
    /// # Errors
    /// When a VM or a process that is named is not there.
    pub(super) fn request(&self, running: &[LiveVmm]) -> Result<RecordRequest, NotRecorded> {
        let usual = self.command.is_empty().then_some(USUAL);
        Ok(RecordRequest {
            target: target(&self.pid, &self.vm, running)?,
            profile: self.profile,
            frequency: self.freq,
            chains: self.call_graph,
            has_tracepoint_chains: self.stacks,
            asks_for_clock: self.cpu_clock,
            left_out: self.leave_out.clone(),
            duration: self.seconds.or(usual),
            max_bytes: self.max_size,
            command: self.command.clone(),
        })
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix('s').unwrap_or(text);
    let seconds: f64 = seconds.parse().map_err(|_| "it is no number".to_owned())?;
    let parsed = Duration::try_from_secs_f64(seconds).map_err(|problem| problem.to_string())?;
    let is_sensible = (0.1..=86_400.0).contains(&seconds);
    is_sensible
        .then_some(parsed)
        .ok_or_else(|| "between 0.1 and 86400 (a day)".to_owned())
}

/// A size as perf takes it, of whole kibibytes.
fn parse_size(text: &str) -> Result<u64, String> {
    let shift = match text.chars().last().map(|last| last.to_ascii_uppercase()) {
        Some('K') => 10,
        Some('M') => 20,
        Some('G') => 30,
        _ => return Err("a number and K, M or G".to_owned()),
    };
    let number = text.get(..text.len() - 1).unwrap_or_default();
    let number: u64 = number
        .parse()
        .map_err(|_| "a number and K, M or G".to_owned())?;
    let bytes = number.checked_mul(1 << shift).filter(|&bytes| bytes > 0);
    bytes.ok_or_else(|| "it is too much, or nothing".to_owned())
}

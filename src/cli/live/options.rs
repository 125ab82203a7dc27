//! What is asked of a running host.

use std::path::PathBuf;

use clap::Args;

// What is asked of a running host.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "A running host")]
pub(in crate::cli) struct LiveOptions {
    /// Watch the VMs of this host, as top does its processes: what KVM's counters go up by in each
    /// --interval. Ends with Ctrl-C, with the terminal, or with the last VM.
    #[arg(long, conflicts_with_all = ["input", "named", "output"])]
    pub(in crate::cli) live: bool,
    /// End after so many intervals.
    #[arg(long, value_name = "N", requires = "live", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,
    /// Ask the QEMU at this socket of its -qmp for its VM's counters; may be given several times.
    /// The right to write to the socket is enough. QEMU 7.1 and later have them; each answer
    /// interrupts each vCPU once.
    #[arg(long, value_name = "SOCKET", requires = "live")]
    pub(super) qmp: Vec<PathBuf>,
    /// Count tracepoints of KVM in the VMs' threads with counters of this program's own, -e chooses
    /// which. Needs root or `CAP_PERFMON`; each costs the VM a little every time that it is hit.
    #[arg(long, requires = "live", conflicts_with_all = ["qmp", "debugfs"])]
    pub(super) tracepoints: bool,
    /// Where the kernel's debugfs is mounted.
    #[arg(
        long,
        value_name = "DIR",
        requires = "live",
        conflicts_with = "qmp",
        default_value = "/sys/kernel/debug"
    )]
    pub(super) debugfs: PathBuf,
}

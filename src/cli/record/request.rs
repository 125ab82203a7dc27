//! What is to be recorded.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::Duration;

use clap::ValueEnum;
use vmflame::units::Pid;

/// What of a host is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum RecordProfile {
    /// Where CPUs spend their time: call chains, at the beat of a clock.
    Cpu,
    /// Each VM exit and what it reaches: tracepoints of KVM.
    Exits,
    /// Both in one capture.
    Both,
    /// Who had the CPUs: switches and wakeups of all threads.
    Sched,
}

impl RecordProfile {
    /// Whether a clock is recorded.
    pub(super) const fn has_clock(self) -> bool {
        matches!(self, Self::Cpu | Self::Both)
    }
}

/// How call chains are recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum ChainKind {
    /// By frame pointers.
    Fp,
    /// By the last branches that CPUs of Intel keep.
    Lbr,
    /// By copies of stacks, which are unwound later: 8 KiB a sample.
    Dwarf,
}

impl ChainKind {
    /// As `perf record --call-graph` takes it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Fp => "fp",
            Self::Lbr => "lbr",
            Self::Dwarf => "dwarf",
        }
    }
}

/// Which threads are recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum RecordTarget {
    /// All of the host.
    Host,
    /// Those of these processes, in the order of their pids.
    Processes(BTreeSet<Pid>),
}

/// What is to be recorded.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct RecordRequest {
    /// Which threads.
    pub(super) target: RecordTarget,
    /// What of them.
    pub(super) profile: RecordProfile,
    /// Samples of the clock in a second of each CPU.
    pub(super) frequency: u32,
    /// How call chains are recorded.
    pub(super) chains: ChainKind,
    /// Whether tracepoints are recorded with call chains too.
    pub(super) has_tracepoint_chains: bool,
    /// Whether the kernel's clock is taken where CPUs count cycles.
    pub(super) asks_for_clock: bool,
    /// Tracepoints that are left out, as `kvm:kvm_msr` or `kvm_msr`.
    pub(super) left_out: Vec<String>,
    /// How long it lasts; with a command, at most. `None` for as long as the command runs.
    pub(super) duration: Option<Duration>,
    /// Bytes that the recorder writes at most.
    pub(super) max_bytes: u64,
    /// The command that runs meanwhile; empty for none.
    pub(super) command: Vec<OsString>,
}
